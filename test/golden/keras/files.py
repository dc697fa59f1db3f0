"""The files that Keras 3 and Keras 2 write of a model."""
import io
import json
import re
import zipfile

import h5py


def snake(name):
    """keras/src/utils/naming.py, to_snake_case."""
    name = re.sub(r'(.)([A-Z][a-z]+)', r'\1_\2', name)
    return re.sub(r'([a-z])([A-Z])', r'\1_\2', name).lower()


def counted(kinds):
    used = {}
    for kind in kinds:
        name = snake(kind)
        used[name] = used.get(name, -1) + 1
        yield f'{name}_{used[name]}' if used[name] else name


# Configs

DEFAULTS = {
    'LSTM': {'activation': 'tanh', 'recurrent_activation': 'sigmoid', 'use_bias': True,
             'unit_forget_bias': True, 'return_state': False, 'go_backwards': False,
             'stateful': False, 'unroll': False, 'dropout': 0.0},
    'GRU': {'activation': 'tanh', 'recurrent_activation': 'sigmoid', 'use_bias': True,
            'reset_after': True, 'return_state': False, 'go_backwards': False, 'stateful': False},
    'SimpleRNN': {'activation': 'tanh', 'use_bias': True, 'go_backwards': False},
    'Conv1D': {'strides': [1], 'data_format': 'channels_last', 'dilation_rate': [1], 'groups': 1,
               'activation': 'linear', 'use_bias': True},
    'LayerNormalization': {'axis': -1, 'epsilon': 0.001, 'center': True, 'scale': True},
    'BatchNormalization': {'axis': -1, 'momentum': 0.99, 'epsilon': 0.001, 'center': True, 'scale': True},
    'MaxPooling1D': {'strides': [2], 'padding': 'valid', 'data_format': 'channels_last'},
    'Embedding': {'mask_zero': False, 'input_length': None},
}
OF_LAYERS = ['return_state', 'go_backwards', 'stateful', 'unroll']
for kind in ['LSTM', 'GRU']:
    own = {name: value for name, value in DEFAULTS[kind].items() if name not in OF_LAYERS}
    DEFAULTS[f'{kind}Cell'] = own
DEFAULTS['DepthwiseConv1D'] = DEFAULTS['Conv1D']


def config_of(layer, name, new):
    config = {'name': name, 'trainable': True, 'dtype': dtype(new), **DEFAULTS.get(layer.kind, {})}
    # hard_sigmoid has one name and two meanings.
    config.update({k: 'hard_sigmoid' if v == 'hard_sigmoid_2' else v for k, v in layer.config.items()})
    parts = layer.parts
    if layer.kind == 'Bidirectional':
        # Keras 2 names the layer within as it was; both say which goes backwards.
        inner = snake(parts[0].kind)
        config['layer'] = object_of(parts[0], f'forward_{inner}' if new else inner, new)
        if new:
            config['backward_layer'] = object_of(parts[1], f'backward_{inner}', new)
    if layer.kind == 'TimeDistributed':
        config['layer'] = object_of(parts[0], snake(parts[0].kind), new)
    if layer.kind == 'RNN':
        names = counted([part.kind for part in parts])
        cells = [object_of(part, part_name, new) for part, part_name in zip(parts, names)]
        config['cell'] = wrap('StackedRNNCells', {'name': 'stacked_rnn_cells', 'cells': cells}, new)
    return config


def dtype(new):
    policy = {'module': 'keras', 'class_name': 'DTypePolicy', 'config': {'name': 'float32'}}
    return {**policy, 'registered_name': None} if new else 'float32'


def wrap(kind, config, new, module='keras.layers'):
    found = {'class_name': kind, 'config': config}
    return {'module': module, **found, 'registered_name': None} if new else found


def object_of(layer, name, new):
    return wrap(layer.kind, config_of(layer, name, new), new)


def tensor(output):
    return {'class_name': '__keras_tensor__', 'config': {'keras_history': output}}


def output_of(place, names):
    """A layer's place, or its place and that of its output."""
    layer, output = place if isinstance(place, tuple) else (place, 0)
    return [names[layer], 0, output]


def inbound(layer, names, new):
    sources = [output_of(place, names) for place in layer.inputs]
    if not new:
        return [[[*source, {}] for source in sources]]
    tensors = [tensor(source) for source in sources]
    return [{'args': [tensors] if len(tensors) > 1 else tensors, 'kwargs': {}}]


def model_config(model, layers, new):
    names = ['input_1', *counted([layer.kind for layer in layers])]
    steps, size = model['input']
    shape = [None, steps] if layers[0].kind == 'Embedding' else [None, steps, size]
    first = {'batch_shape' if new else 'batch_input_shape': shape, 'dtype': 'float32', 'name': names[0]}
    objects = [wrap('InputLayer', first, new)]
    objects += [object_of(layer, name, new) for layer, name in zip(layers, names[1:])]
    if not model['graph']:
        config = {'name': 'sequential', 'layers': objects}
        return wrap('Sequential', {**config, 'build_input_shape': shape} if new else config, new, 'keras')
    for found, name in zip(objects, names):
        found['name'] = name
        found['inbound_nodes'] = []
    for found, layer in zip(objects[1:], layers):
        found['inbound_nodes'] = inbound(layer, names, new)
    outputs = [output_of(place, names) for place in model['outputs']]
    ends = {'input_layers': [[names[0], 0, 0]], 'output_layers': outputs}
    module = 'keras.src.models.functional'
    return wrap('Functional', {'name': 'functional', 'layers': objects, **ends}, new, module)


# Keras 3: saving_lib.H5IOStore. Groups are by class and not by name, weights by number.

def variables(file, path, layer):
    group = file.create_group(path).create_group('vars')
    group.attrs['name'] = path.rsplit('/', 1)[-1]
    for i, values in enumerate(layer.weights.values()):
        group[str(i)] = values.astype('>f8') if 'double' in str(file.filename) else values


class Bare:
    weights = {}


def save_layer(file, path, layer):
    if layer.kind in ('LSTM', 'GRU', 'SimpleRNN'):
        variables(file, path, Bare)
        variables(file, f'{path}/cell', layer)
        return
    variables(file, path, layer)
    if layer.kind == 'Dropout':
        file.create_group(f'{path}/seed_generator').create_group('vars')['0'] = [1, 2]
    if layer.kind == 'Bidirectional':
        for part, side in zip(layer.parts, ['forward_layer', 'backward_layer']):
            save_layer(file, f'{path}/{side}', part)
    if layer.kind == 'RNN':
        variables(file, f'{path}/cell', Bare)
        for part, name in zip(layer.parts, counted([part.kind for part in layer.parts])):
            variables(file, f'{path}/cell/cells/{name}', part)


def write_weights(path, model, layers):
    with h5py.File(path, 'w') as file:
        file.create_group('vars')
        for layer, name in zip(layers, counted([layer.kind for layer in layers])):
            save_layer(file, f'layers/{name}', layer)
        file.create_group('optimizer').create_group('vars')['0'] = 7
    return model_config(model, layers, True)


def write_keras3(path, model, layers):
    weights = io.BytesIO()
    config = write_weights(weights, model, layers)
    date = (1980, 1, 1, 0, 0, 0)
    with zipfile.ZipFile(path, 'w') as archive:
        info = {'keras_version': '3.5.0', 'date_saved': '1980-01-01@00:00:00'}
        for name, text in [('metadata.json', info), ('config.json', config)]:
            archive.writestr(zipfile.ZipInfo(name, date), json.dumps(text))
        archive.writestr(zipfile.ZipInfo('model.weights.h5', date), weights.getvalue())


# Keras 2: legacy_h5_format.py. Groups are by name, and within, weights by their paths.

def paths(layer, name):
    if layer.kind == 'Bidirectional':
        inner = snake(layer.parts[0].kind)
        for part, side in zip(layer.parts, ['forward', 'backward']):
            yield from ((f'{name}/{path}', v) for path, v in paths(part, f'{side}_{inner}'))
        return
    if layer.kind == 'TimeDistributed':
        yield from paths(layer.parts[0], name)
        return
    cell = f'{name}/{name}_cell' if layer.kind in ('LSTM', 'GRU', 'SimpleRNN') else name
    for weight, values in layer.weights.items():
        yield f'{cell}/{weight}:0', values


def write_keras2(path, model, layers):
    names = list(counted([layer.kind for layer in layers]))
    with h5py.File(path, 'w') as file:
        file.attrs['keras_version'] = b'2.15.0'
        file.attrs['backend'] = b'tensorflow'
        file.attrs['model_config'] = json.dumps(model_config(model, layers, False)).encode()
        group = file.create_group('model_weights')
        group.attrs['layer_names'] = [name.encode() for name in names]
        for layer, name in sorted(zip(layers, names), key=lambda pair: pair[1]):
            own = group.create_group(name)
            found = list(paths(layer, name))
            own.attrs['weight_names'] = [weight.encode() for weight, _ in found]
            for weight, values in found:
                own.create_dataset(weight, values.shape, dtype=values.dtype)[...] = values
        group.create_group('top_level_model_weights').attrs['weight_names'] = []
