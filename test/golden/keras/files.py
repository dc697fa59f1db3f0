"""The files that Keras 3 and Keras 2 write of a model."""
import io
import json
import re
import zipfile

import h5py
import numpy as np


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
    if layer.given:
        config['batch_shape' if new else 'batch_input_shape'] = [None, *layer.given]
    if layer.kind == 'Sequential':
        names = parts_of(layer, name, new)
        config = {'name': name, 'layers': [object_of(part, own, new) for part, own in zip(parts, names)]}
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


def parts_of(layer, name, new):
    """Names of the layers within a model: in Keras 2 no two layers of a program had one name."""
    own = counted([part.kind for part in layer.parts])
    return own if new else (f'{name}_{part}' for part in own)


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
    name, call = names[layer] if isinstance(names[layer], tuple) else (names[layer], 0)
    return [name, call, output]


def inbound(layer, names, new):
    sources = [output_of(place, names) for place in layer.inputs]
    if not new:
        return [[*source, {}] for source in sources]
    tensors = [tensor(source) for source in sources]
    return {'args': [tensors] if len(tensors) > 1 else tensors, 'kwargs': {}}


def named(layers):
    """The layers of a model, without those that call another again, and their names."""
    own = [layer for layer in layers if layer.kind != 'Call']
    return list(zip(own, counted([layer.kind for layer in own])))


def calls(layers):
    """How others call each layer: by its name, and by the number of the call."""
    names = {id(layer): name for layer, name in named(layers)}
    count = {}
    for layer in layers:
        name = names[id(layers[layer.of] if layer.kind == 'Call' else layer)]
        count[name] = count.get(name, -1) + 1
        yield (name, count[name])


def model_config(model, layers, new):
    shapes = [[None, *shape] for shape in model.get('shapes', [model['input']])]
    if layers[0].kind == 'Embedding':
        shapes = [shape[:2] for shape in shapes]
    inputs = [f'input_{i + 1}' for i in range(len(shapes))]
    own = named(layers)
    field = 'batch_shape' if new else 'batch_input_shape'
    objects = [wrap('InputLayer', {field: [model.get('batch'), *shape[1:]], 'dtype': 'float32', 'name': name}, new)
               for shape, name in zip(shapes, inputs)]
    objects += [object_of(layer, name, new) for layer, name in own]
    if not model['graph']:
        if model.get('shapeless'):
            objects = objects[1:]
        config = {'name': 'sequential', 'layers': objects}
        built = new and not model.get('shapeless')
        found = wrap('Sequential', {**config, 'build_input_shape': shapes[0]} if built else config, new, 'keras')
        # A model that was built when it was called tells its shape beside its config.
        alone = new and model.get('shapeless')
        return {**found, 'build_config': {'input_shape': shapes[0]}} if alone else found
    names = [*inputs, *calls(layers)]
    for found, name in zip(objects, [*inputs, *[name for _, name in own]]):
        found['name'] = name
        found['inbound_nodes'] = []
    by_name = {found['name']: found for found in objects}
    for layer, name in zip(layers, names[len(inputs):]):
        called = name[0] if isinstance(name, tuple) else name
        by_name[called]['inbound_nodes'].append(inbound(layer, names, new))
    outputs = [output_of(place, names) for place in model['outputs']]
    ends = {'input_layers': [[name, 0, 0] for name in inputs], 'output_layers': outputs}
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
    if layer.kind == 'Sequential':
        file.create_group(path).create_group('vars')
        for part, name in zip(layer.parts, counted([part.kind for part in layer.parts])):
            save_layer(file, f'{path}/layers/{name}', part)
        return
    if layer.kind == 'TimeDistributed':
        variables(file, path, Bare)
        save_layer(file, f'{path}/layer', layer.parts[0])
        return
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
        for layer, name in named(layers):
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
        part = layer.parts[0]
        yield from paths(part, 'sequential' if part.kind == 'Sequential' else name)
        return
    if layer.kind == 'Sequential':
        for part, own in zip(layer.parts, parts_of(layer, name, False)):
            yield from paths(part, own)
        return
    if layer.kind == 'RNN':
        for part, own in zip(layer.parts, counted([part.kind for part in layer.parts])):
            yield from ((f'{name}/{own}/{path.split("/", 1)[1]}', v) for path, v in paths(part, own))
        return
    cell = f'{name}/{name}_cell' if layer.kind in ('LSTM', 'GRU', 'SimpleRNN') else name
    for weight, values in layer.weights.items():
        yield f'{cell}/{weight}:0', values


def write_keras2(path, model, layers):
    with h5py.File(path, 'w') as file:
        file.attrs['keras_version'] = b'2.15.0'
        file.attrs['backend'] = b'tensorflow'
        file.attrs['model_config'] = json.dumps(model_config(model, layers, False)).encode()
        weights_into(file.create_group('model_weights'), layers)


def write_keras2_weights(path, model, layers):
    """save_weights, beside which to_json() makes the config."""
    with h5py.File(path, 'w') as file:
        weights_into(file, layers)
    return model_config(model, layers, False)


def weights_into(group, layers):
    group.attrs['layer_names'] = [name.encode() for _, name in named(layers)]
    for layer, name in sorted(named(layers), key=lambda pair: pair[1]):
        own = group.create_group(name)
        found = list(paths(layer, name))
        own.attrs['weight_names'] = [weight.encode() for weight, _ in found]
        for weight, values in found:
            own.create_dataset(weight, np.shape(values), dtype=values.dtype)[...] = values
    group.create_group('top_level_model_weights').attrs['weight_names'] = []


# tensorflowjs_converter: the config of Keras 2, and all weights in one shard.

def tfjs(model, layers):
    found = [pair for layer, name in named(layers) for pair in paths(layer, name)]
    weights = [{'name': name[:-2], 'shape': list(np.shape(values)),
                'dtype': 'float32' if values.dtype == np.float32 else 'int32'} for name, values in found]
    kinds = {'float32': '<f4', 'int32': '<i4'}
    shard = b''.join(np.asarray(values, kinds[weight['dtype']]).tobytes()
                     for weight, (_, values) in zip(weights, found))
    topology = {'keras_version': '2.15.0', 'backend': 'tensorflow',
                'model_config': model_config(model, layers, False)}
    manifest = [{'paths': ['group1-shard1of1.bin'], 'weights': weights}]
    return {'format': 'layers-model', 'generatedBy': 'keras v2.15.0', 'convertedBy':
            'TensorFlow.js Converter v4.22.0', 'modelTopology': topology, 'weightsManifest': manifest}, shard
