"""Models: their layers, each with the places of its inputs (0: the model's), config and weights."""

GATES = {'LSTM': 4, 'GRU': 3, 'SimpleRNN': 1, 'LSTMCell': 4, 'GRUCell': 3}
SEQUENCES = {'return_sequences': True}


def recurrent(kind, size, units, inputs=None, **config):
    width = GATES[kind] * units
    after = kind.startswith('GRU') and config.get('reset_after', True)
    weights = {
        'kernel': (size, width),
        'recurrent_kernel': (units, width),
        'bias': (2, width) if after else (width,),
    }
    return {'class': kind, 'inputs': inputs, 'config': {'units': units, **config}, 'weights': weights}


def dense(size, units, inputs=None, activation='linear'):
    weights = {'kernel': (size, units), 'bias': (units,)}
    config = {'units': units, 'activation': activation}
    return {'class': 'Dense', 'inputs': inputs, 'config': config, 'weights': weights}


def vectors(kind, size, *names, inputs=None):
    return {'class': kind, 'inputs': inputs, 'weights': {name: (size,) for name in names}}


def plain(kind, inputs=None, **config):
    return {'class': kind, 'inputs': inputs, 'config': config}


def conv(kind, length, size, out, inputs=None, **config):
    deep = kind == 'DepthwiseConv1D'
    weights = {'kernel': (length, size, out // size if deep else out), 'bias': (out,)}
    sizes = {'depth_multiplier': out // size} if deep else {'filters': out}
    config = {'kernel_size': [length], **sizes, **config}
    return {'class': kind, 'inputs': inputs, 'config': config, 'weights': weights}


def both(kind, size, units, merge, **config):
    parts = [recurrent(kind, size, units, go_backwards=back, **config) for back in [False, True]]
    return {'class': 'Bidirectional', 'inputs': None, 'config': {'merge_mode': merge}, 'parts': parts}


def stack(size, *cells, **config):
    parts = []
    for kind, units in cells:
        parts.append(recurrent(kind, size, units))
        size = units
    return {'class': 'RNN', 'inputs': None, 'config': config, 'parts': parts}


def model(file, input, *layers, outputs=None):
    """A row of layers, unless they say what their inputs are."""
    graph = any(layer['inputs'] is not None for layer in layers)
    for i, layer in enumerate(layers):
        if layer['inputs'] is None:
            layer['inputs'] = [i]
    found = {'file': file, 'input': input, 'layers': list(layers), 'graph': graph}
    return {**found, 'outputs': outputs or [len(layers)]}


MODELS = {
    'LSTM and Dense': model(
        'lstm.keras', (7, 3),
        recurrent('LSTM', 3, 4, **SEQUENCES), plain('Dropout', rate=0.5), dense(4, 2, activation='sigmoid'),
    ),
    'two GRUs, reset after, the last step': model(
        'gru.keras', (6, 2),
        recurrent('GRU', 2, 4, **SEQUENCES),
        vectors('LayerNormalization', 4, 'gamma', 'beta'),
        recurrent('GRU', 4, 3, recurrent_activation='hard_sigmoid'),
        dense(3, 2, activation='softmax'),
    ),
    'Bidirectional': model(
        'bidirectional.keras', (6, 2),
        both('LSTM', 2, 3, 'concat', **SEQUENCES), both('GRU', 6, 2, 'mul'), dense(2, 2),
    ),
    'convolutions, causal': model(
        'causal.keras', (9, 2),
        conv('Conv1D', 3, 2, 4, padding='causal', dilation_rate=[2], activation='silu'),
        conv('DepthwiseConv1D', 2, 4, 8, padding='causal'),
        {'class': 'PReLU', 'inputs': None, 'config': {'shared_axes': [1]}, 'weights': {'alpha': (1, 8)}},
        recurrent('SimpleRNN', 8, 3, **SEQUENCES),
    ),
    'convolutions and a pool, flattened': model(
        'flat.keras', (9, 2),
        conv('Conv1D', 3, 2, 4, padding='same', activation='relu'), plain('MaxPooling1D', pool_size=[2]),
        plain('Flatten'), dense(16, 2),
    ),
    'a graph': model(
        'graph.keras', (5, 3),
        recurrent('LSTM', 3, 4, [0], **SEQUENCES), dense(3, 4, [0]), plain('Add', [1, 2]),
        plain('Concatenate', [0, 3], axis=-1), dense(7, 4, [4], activation='sigmoid'),
        plain('Multiply', [5, 1]),
    ),
    'a stack of cells': model(
        'cells.keras', (5, 2), stack(2, ('LSTMCell', 3), ('GRUCell', 2), ('LSTMCell', 2), **SEQUENCES),
    ),
    'Keras 2: Embedding, GRU reset before, BatchNormalization': model(
        'embedding.h5', (6, 1),
        {'class': 'Embedding', 'inputs': None, 'config': {'input_dim': 5, 'output_dim': 3},
         'weights': {'embeddings': (5, 3)}},
        recurrent('GRU', 3, 4, reset_after=False, recurrent_activation='hard_sigmoid_2', **SEQUENCES),
        vectors('BatchNormalization', 4, 'gamma', 'beta', 'moving_mean', 'moving_variance'),
        {'class': 'TimeDistributed', 'inputs': None, 'parts': [dense(4, 2)]},
    ),
    'Keras 2: a graph with Bidirectional': model(
        'graph.h5', (5, 3),
        {**both('LSTM', 3, 2, 'ave', **SEQUENCES), 'inputs': [0]},
        dense(3, 2, [0]), plain('Concatenate', [1, 2], axis=-1), plain('GlobalMaxPooling1D', [3]),
    ),
    'weights in float64, big-endian': model(
        'double.weights.h5', (4, 2), recurrent('SimpleRNN', 2, 3, **SEQUENCES), dense(3, 2),
    ),
    'weights alone': model(
        'gru.weights.h5', (6, 2),
        recurrent('GRU', 2, 3, **SEQUENCES), recurrent('LSTM', 3, 3, **SEQUENCES), dense(3, 2),
        dense(2, 1),
    ),
    'states: of an LSTM into a Dense, beside the output and the state of a GRU': model(
        'states.keras', (6, 2),
        recurrent('LSTM', 2, 4, [0], return_state=True, **SEQUENCES), dense(4, 3, [(1, 1)]),
        recurrent('GRU', 4, 3, [1], return_state=True), plain('Add', [2, (3, 1)]),
        outputs=[4, (3, 0), (3, 1)],
    ),
    'Keras 2: the state of a SimpleRNN': model(
        'states.h5', (4, 2), recurrent('SimpleRNN', 2, 3, [0], return_state=True, **SEQUENCES),
        outputs=[(1, 1)],
    ),
}
