"""The nets of the matrix: the forms that people really have, each written by several exporters."""
from models import SEQUENCES, both, conv, dense, model, plain, recurrent, stack, vectors

KERAS3, KERAS2 = 'Keras 3', 'Keras 2'


def of(layer, *inputs, shape=None):
    """A layer of a graph; or one that tells the shape of the model's input."""
    return {**layer, 'inputs': list(inputs) or None, 'shape': shape}


def net(input, *layers, forms=(KERAS3, KERAS2), outputs=None, **more):
    return {**model('', input, *layers, outputs=outputs), 'forms': forms, **more}


def call(layer, *inputs):
    """A layer that is there, called again."""
    return {'class': 'Call', 'of': layer, 'inputs': list(inputs)}


def cudnn(kind, size, units, **config):
    gates = {'CuDNNLSTM': 4, 'CuDNNGRU': 3}[kind]
    weights = {
        'kernel': (size, gates * units),
        'recurrent_kernel': (units, gates * units),
        'bias': (2 * gates * units,),
    }
    return {'class': kind, 'inputs': None, 'config': {'units': units, **config}, 'weights': weights}


def each(layer):
    return {'class': 'TimeDistributed', 'inputs': None, 'parts': [layer]}


def within(*parts):
    return {'class': 'Sequential', 'inputs': None, 'parts': list(parts)}


def embedding(count, size):
    config = {'input_dim': count, 'output_dim': size}
    return {'class': 'Embedding', 'inputs': None, 'config': config, 'weights': {'embeddings': (count, size)}}


def transposed(length, size, out, **config):
    weights = {'kernel': (length, out, size), 'bias': (out,)}
    config = {'filters': out, 'kernel_size': [length], **config}
    return {'class': 'Conv1DTranspose', 'inputs': None, 'config': config, 'weights': weights}


def batch_norm(size, *inputs):
    names = ['gamma', 'beta', 'moving_mean', 'moving_variance']
    return of(vectors('BatchNormalization', size, *names), *inputs)


def normalization(size):
    layer = vectors('Normalization', size, 'mean', 'variance')
    return {**layer, 'config': {'axis': [-1], 'invert': False, 'mean': None, 'variance': None}}


def reversing(kind, size, units, merge, **config):
    """Bidirectional, within which alone the shape is told."""
    layer = both(kind, size, units, merge, **config)
    layer['parts'][0]['shape'] = (6, size)
    return layer


TCN = [
    of(conv('Conv1D', 3, 2, 4, padding='causal', activation='relu'), 0),
    of(conv('Conv1D', 3, 4, 4, padding='causal', dilation_rate=[2], activation='relu'), 1),
    plain('Add', [1, 2]),
    of(dense(4, 1), 3),
]

NETS = {
    'LSTM, then Dense: many to one': net((7, 3), recurrent('LSTM', 3, 4), dense(4, 1)),
    'two LSTMs with dropout': net(
        (7, 3), recurrent('LSTM', 3, 5, dropout=0.2, **SEQUENCES), plain('Dropout', rate=0.2),
        recurrent('LSTM', 5, 4), dense(4, 2, activation='softmax')),
    'GRU, reset after, TimeDistributed(Dense)': net(
        (6, 2), recurrent('GRU', 2, 4, **SEQUENCES), each(dense(4, 2))),
    'GRU, reset before': net(
        (6, 2), recurrent('GRU', 2, 4, reset_after=False, recurrent_activation='sigmoid'), dense(4, 1)),
    'SimpleRNN, of relu': net((6, 2), recurrent('SimpleRNN', 2, 4, activation='relu'), dense(4, 1)),
    'stateful LSTM, one step a call': net(
        (5, 2), recurrent('LSTM', 2, 4, stateful=True, **SEQUENCES), dense(4, 1), batch=1),
    'Bidirectional LSTM, concatenated, twice': net(
        (6, 2), both('LSTM', 2, 3, 'concat', **SEQUENCES), both('LSTM', 6, 2, 'concat'), dense(4, 1)),
    'Bidirectional GRU, summed, the shape within': net(
        (6, 2), reversing('GRU', 2, 3, 'sum', **SEQUENCES), dense(3, 1), shapeless=True),
    'Bidirectional LSTM, multiplied': net((6, 2), both('LSTM', 2, 3, 'mul'), dense(3, 1)),
    'Bidirectional GRU, averaged': net((6, 2), both('GRU', 2, 3, 'ave'), dense(3, 1)),
    'Embedding, Bidirectional LSTM: sentiment': net(
        (8, 1), embedding(9, 3), plain('SpatialDropout1D', rate=0.2), both('LSTM', 3, 3, 'concat'),
        dense(6, 1, activation='sigmoid')),
    'Masking, LSTM': net(
        (6, 2), plain('Masking', mask_value=-1.0), recurrent('LSTM', 2, 3), dense(3, 1)),
    'BatchNormalization and LayerNormalization': net(
        (6, 3), batch_norm(3), recurrent('GRU', 3, 4, **SEQUENCES),
        vectors('LayerNormalization', 4, 'gamma', 'beta'), recurrent('LSTM', 4, 3), dense(3, 1)),
    'Normalization, then GRU': net((6, 3), normalization(3), recurrent('GRU', 3, 4), dense(4, 1)),
    'Rescaling, then LSTM': net(
        (6, 2), plain('Rescaling', scale=0.25, offset=-0.5), recurrent('LSTM', 2, 4), dense(4, 1)),
    'temporal convolutions, causal, with a way around': net((9, 2), *TCN),
    'Conv1D, pool, LSTM': net(
        (10, 2), conv('Conv1D', 3, 2, 4, padding='same', activation='relu'),
        plain('MaxPooling1D', pool_size=[2], strides=[2], padding='same'), recurrent('LSTM', 4, 3), dense(3, 1)),
    'Conv1D, valid, Flatten, Dense': net(
        (9, 2), conv('Conv1D', 3, 2, 3, padding='valid', activation='relu'), plain('Flatten'), dense(21, 2)),
    'Conv1D, GlobalAveragePooling': net(
        (9, 2), conv('Conv1D', 3, 2, 4, padding='valid', strides=[2], activation='relu'),
        plain('GlobalAveragePooling1D'), dense(4, 2, activation='softmax')),
    'LSTM autoencoder': net(
        (6, 2), recurrent('LSTM', 2, 5, **SEQUENCES), recurrent('LSTM', 5, 3), plain('RepeatVector', n=6),
        recurrent('LSTM', 3, 3, **SEQUENCES), recurrent('LSTM', 3, 5, **SEQUENCES), each(dense(5, 2))),
    'LSTM autoencoder, encoder and decoder as models': net(
        (6, 2), within(recurrent('LSTM', 2, 3)),
        within(plain('RepeatVector', n=6), recurrent('LSTM', 3, 3, **SEQUENCES), each(dense(3, 2)))),
    'encoder and decoder, other lengths': net(
        (7, 2), recurrent('GRU', 2, 4), plain('RepeatVector', n=3), recurrent('GRU', 4, 4, **SEQUENCES),
        each(dense(4, 1))),
    'a decoder alone': net(
        (1, 3), plain('Flatten'), plain('RepeatVector', n=4), recurrent('LSTM', 3, 4, **SEQUENCES), dense(4, 2)),
    'convolutional autoencoder': net(
        (8, 1), conv('Conv1D', 7, 1, 4, padding='same', strides=[2], activation='relu'),
        plain('Dropout', rate=0.2), conv('Conv1D', 7, 4, 2, padding='same', strides=[2], activation='relu'),
        transposed(7, 2, 2, padding='same', strides=[2], activation='relu'),
        transposed(7, 2, 4, padding='same', strides=[2], activation='relu'),
        transposed(7, 4, 1, padding='same')),
    'Conv1DTranspose, valid': net(
        (5, 2), transposed(5, 2, 3, padding='valid', strides=[2]), transposed(2, 3, 2, padding='valid', strides=[3])),
    'autoencoder of UpSampling': net(
        (8, 2), conv('Conv1D', 3, 2, 4, padding='same', activation='relu'),
        plain('MaxPooling1D', pool_size=[2], strides=[2], padding='same'), plain('UpSampling1D', size=2),
        conv('Conv1D', 3, 4, 2, padding='same')),
    'padded and cut': net(
        (6, 2), plain('ZeroPadding1D', padding=[2, 1]), conv('Conv1D', 3, 2, 3, padding='valid'),
        plain('Cropping1D', cropping=[1, 2]), plain('AveragePooling1D', pool_size=[2], strides=[2], padding='same')),
    'CNN-LSTM: convolutions at each step of steps': net(
        (4, 5, 2), each(conv('Conv1D', 3, 2, 4, padding='same', activation='relu')),
        each(plain('MaxPooling1D', pool_size=[2], strides=[2])), each(plain('Flatten')),
        recurrent('LSTM', 8, 3), dense(3, 1)),
    'a recurrent model at each step of steps': net(
        (4, 5, 2), each(within(both('GRU', 2, 3, 'concat'), dense(6, 2))),
        recurrent('GRU', 2, 3, **SEQUENCES), dense(3, 1)),
    'forecast of several steps by Reshape': net(
        (7, 3), recurrent('LSTM', 3, 4), dense(4, 6), plain('Reshape', target_shape=[3, 2])),
    'a vector as steps': net(
        (1, 6), plain('Reshape', target_shape=[6]), plain('Reshape', target_shape=[6, 1]),
        conv('Conv1D', 3, 1, 3, padding='valid', activation='relu'), recurrent('LSTM', 3, 4), dense(4, 1)),
    'steps as other steps': net(
        (6, 2), plain('Reshape', target_shape=[3, 4]), recurrent('GRU', 4, 3), dense(3, 1)),
    'LSTM-FCN: steps of features beside convolutions': net(
        (6, 2), of(plain('Permute', dims=[2, 1]), 0), of(recurrent('LSTM', 6, 3), 1), of(dense(3, 1), 2)),
    'LSTM-FCN: an LSTM of the features beside convolutions': net(
        (6, 2), of(plain('Permute', dims=[2, 1]), 0), of(recurrent('LSTM', 6, 3), 1),
        of(conv('Conv1D', 3, 2, 4, padding='same'), 0), batch_norm(4, 3), plain('Activation', [4], activation='relu'),
        plain('GlobalAveragePooling1D', [5]), plain('Concatenate', [2, 6], axis=-1),
        of(dense(7, 2, activation='softmax'), 7)),
    'two branches, one flattened, one recurrent': net(
        (6, 2), of(conv('Conv1D', 3, 2, 3, padding='valid'), 0), plain('Flatten', [1]),
        of(recurrent('GRU', 2, 3, **SEQUENCES), 0), of(recurrent('GRU', 3, 2), 3),
        plain('Concatenate', [2, 4], axis=-1), of(dense(14, 1), 5)),
    'several outputs': net(
        (6, 2), of(recurrent('LSTM', 2, 4), 0), of(dense(4, 1), 1), of(dense(4, 2, activation='softmax'), 1),
        outputs=[2, 3]),
    'hidden state as an output': net(
        (6, 2), of(recurrent('GRU', 2, 3, return_state=True, **SEQUENCES), 0), of(dense(3, 2), (1, 1)),
        outputs=[2, (1, 1)]),
    'several inputs: a sequence and a vector': net(
        (5, 2), of(recurrent('LSTM', 2, 3), 0), of(dense(4, 3, activation='relu'), 1),
        plain('Concatenate', [2, 3], axis=-1), of(dense(6, 2), 4), outputs=[5], shapes=[(5, 2), (4,)]),
    'several inputs: two sequences, step by step': net(
        (5, 2), plain('Concatenate', [0, 1], axis=-1), of(recurrent('GRU', 5, 3), 2), of(dense(3, 1), 3),
        outputs=[4], shapes=[(5, 2), (5, 3)]),
    'several inputs: two that are read whole, and a vector': net(
        (6, 2), of(both('LSTM', 2, 2, 'concat'), 0), of(conv('Conv1D', 3, 1, 3, padding='same'), 1),
        plain('MaxPooling1D', [4], pool_size=[2], strides=[2]), plain('Flatten', [5]),
        plain('Concatenate', [3, 6, 2], axis=-1), of(dense(15, 2), 7),
        outputs=[8], shapes=[(6, 2), (6, 1), (2,)]),
    'a twin: one encoder of two inputs, and what they differ by': net(
        (5, 2), of(recurrent('LSTM', 2, 3), 0), call(0, 1), plain('Subtract', [2, 3]), of(dense(3, 1), 4),
        outputs=[5], shapes=[(5, 2), (5, 2)]),
    'attention of an LSTM to itself': net(
        (6, 2), of(recurrent('LSTM', 2, 4, **SEQUENCES), 0), plain('Attention', [1, 1]),
        plain('GlobalAveragePooling1D', [2]), of(dense(4, 1), 3)),
    'attention with a scale, keys and values': net(
        (5, 2), of(recurrent('GRU', 2, 3, **SEQUENCES), 0), of(dense(2, 4), 0), of(dense(2, 3), 0),
        {**plain('Attention', [1, 2, 3], use_scale=True), 'weights': {'scale': ()}}, plain('Flatten', [4]),
        of(dense(20, 2), 5)),
    'additive attention, a way around': net(
        (6, 2), of(both('GRU', 2, 2, 'concat', **SEQUENCES), 0), of(dense(2, 4), 0),
        {**plain('AdditiveAttention', [2, 1], use_scale=True), 'weights': {'scale': (4,)}},
        of(recurrent('LSTM', 4, 3), 3), of(dense(3, 1), 4)),
    'a stack of cells': net((5, 2), stack(2, ('LSTMCell', 3), ('GRUCell', 2), **SEQUENCES)),
    'a layer that is called twice': net(
        (6, 2), of(dense(2, 2, activation='tanh'), 0), of(recurrent('GRU', 2, 3, **SEQUENCES), 0),
        call(1, 1), plain('Concatenate', [1, 2, 3], axis=-1)),
    'a recurrent layer that is called twice': net(
        (6, 2), of(recurrent('LSTM', 2, 2, **SEQUENCES), 0), call(0, 1), plain('Add', [1, 2]), of(dense(2, 1), 3)),
    'merges': net(
        (5, 2), of(dense(2, 3), 0), of(recurrent('GRU', 2, 3, **SEQUENCES), 0), plain('Subtract', [1, 2]),
        plain('Maximum', [1, 2]), plain('Minimum', [1, 3]), plain('Average', [4, 5]), plain('Multiply', [6, 2])),
    'CuDNNLSTM, twice': net(
        (6, 3), cudnn('CuDNNLSTM', 3, 4, **SEQUENCES), cudnn('CuDNNLSTM', 4, 2), dense(2, 1), forms=[KERAS2]),
    'CuDNNGRU': net((6, 3), cudnn('CuDNNGRU', 3, 4, **SEQUENCES), dense(4, 1), forms=[KERAS2]),
    'LSTM of silu, selu gates': net(
        (6, 2), recurrent('LSTM', 2, 3, activation='silu', recurrent_activation='relu6', **SEQUENCES),
        recurrent('GRU', 3, 3, activation='mish', **SEQUENCES),
        recurrent('GRU', 3, 3, activation='selu', reset_after=False, **SEQUENCES),
        recurrent('LSTM', 3, 3, activation='hard_silu', recurrent_activation='hard_tanh', **SEQUENCES),
        recurrent('SimpleRNN', 3, 3, activation='softmax')),
    'activations of Keras 3': net(
        (6, 4), *[dense(4, 4, activation=name) for name in [
            'celu', 'elu', 'hard_tanh', 'mish', 'selu', 'squareplus', 'sparse_plus', 'log_sigmoid', 'tanh_shrink',
            'soft_shrink', 'hard_shrink', 'sparse_sigmoid', 'hard_silu', 'leaky_relu']],
        forms=[KERAS3]),
    'backwards, with all outputs': net(
        (6, 2), recurrent('LSTM', 2, 3, go_backwards=True, **SEQUENCES), recurrent('GRU', 3, 2), dense(2, 1)),
    'normalised at each step': net(
        (6, 3), each({**batch_norm(3), 'config': {'axis': [1]}}), each(plain('Dropout', rate=0.5)),
        recurrent('GRU', 3, 4, **SEQUENCES), each(plain('Activation', activation='relu')), dense(4, 1)),
    'RMSNormalization, GroupNormalization': net(
        (6, 3), {**vectors('RMSNormalization', 3, 'scale'), 'config': {'axis': [2], 'epsilon': 1e-6}},
        recurrent('GRU', 3, 6),
        {**vectors('GroupNormalization', 6, 'gamma', 'beta'), 'config': {'groups': 2, 'axis': -1, 'epsilon': 0.001}},
        dense(6, 1), forms=[KERAS3]),
    'the largest and the smallest of three': net(
        (5, 2), of(dense(2, 3), 0), of(recurrent('GRU', 2, 3, **SEQUENCES), 0), of(dense(2, 3, activation='tanh'), 0),
        plain('Maximum', [1, 2, 3]), plain('Minimum', [1, 2, 3]), plain('Concatenate', [4, 5], axis=-1)),
    'three outputs of steps': net(
        (6, 2), of(both('LSTM', 2, 2, 'sum', **SEQUENCES), 0), of(dense(2, 1), 1), of(dense(2, 3), 1),
        outputs=[2, 1, 3]),
}
