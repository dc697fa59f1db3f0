"""What layers of Keras compute, in float64, and their weights, drawn from integers."""
import numpy as np
import torch

from generate import uniform


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


ACTIVATIONS = {
    'linear': lambda v: v,
    'tanh': np.tanh,
    'relu': lambda v: np.maximum(v, 0),
    'sigmoid': sigmoid,
    'hard_sigmoid': lambda v: np.clip(v / 6 + 0.5, 0, 1),  # Keras 3
    'hard_sigmoid_2': lambda v: np.clip(0.2 * v + 0.5, 0, 1),  # Keras 2
    'softmax': lambda v: np.exp(v) / np.exp(v).sum(-1, keepdims=True),
    'silu': lambda v: v * sigmoid(v),
    'swish': lambda v: v * sigmoid(v),
    'relu6': lambda v: np.clip(v, 0, 6),
    'elu': lambda v: np.where(v > 0, v, np.expm1(v)),
    'celu': lambda v: np.where(v > 0, v, np.expm1(v)),
    'selu': lambda v: 1.0507009873554805 * np.where(v > 0, v, 1.6732632423543772 * np.expm1(v)),
    'leaky_relu': lambda v: np.where(v > 0, v, 0.2 * v),
    'softplus': lambda v: np.log1p(np.exp(v)),
    'softsign': lambda v: v / (1 + np.abs(v)),
    'exponential': np.exp,
    'mish': lambda v: v * np.tanh(np.log1p(np.exp(v))),
    'hard_silu': lambda v: v * np.clip(v + 3, 0, 6) / 6,
    'hard_tanh': lambda v: np.clip(v, -1, 1),
    'hard_shrink': lambda v: np.where(np.abs(v) > 0.5, v, 0),
    'soft_shrink': lambda v: np.sign(v) * np.maximum(np.abs(v) - 0.5, 0),
    'tanh_shrink': lambda v: v - np.tanh(v),
    'log_sigmoid': lambda v: np.log(sigmoid(v)),
    'sparse_plus': lambda v: np.where(v <= -1, 0, np.where(v < 1, (v + 1) ** 2 / 4, v)),
    'sparse_sigmoid': lambda v: np.clip((v + 1) / 2, 0, 1),
    'squareplus': lambda v: (v + np.sqrt(v * v + 4)) / 2,
}


class Layer:
    """A layer's class, config and weights by Keras's names, in its order."""

    def __init__(self, spec, seed):
        self.kind, self.inputs, self.config = spec['class'], spec['inputs'], spec.get('config', {})
        # Of a layer that is called again: which one of all.
        self.of = spec.get('of')
        self.given = spec.get('shape')
        self.parts = [Layer(part, seed + 100 * (i + 1)) for i, part in enumerate(spec.get('parts', []))]
        shapes = spec.get('weights', {})
        self.weights = {}
        for i, (name, shape) in enumerate(shapes.items()):
            values = uniform(seed + i, shape, 0.7)
            self.weights[name] = np.abs(values) + np.float32(0.1) if 'variance' in name else values
        if self.kind == 'Normalization' and self.weights:
            self.weights['count'] = np.int64(7)

    def __getattr__(self, name):
        if name.startswith('__') or name not in self.__dict__.get('weights', {}):
            raise AttributeError(name)
        return self.weights[name].astype(np.float64)


def lstm(layer, x):
    """By torch: Keras stacks i f c o, as torch does i f g o, in transposed matrices."""
    units = layer.config['units']
    if {'activation', 'recurrent_activation'} & set(layer.config):
        return lstm_of_papers(layer, x, units)
    module = torch.nn.LSTM(x.shape[1], units).double()
    load(module, layer.kernel.T, layer.recurrent_kernel.T, layer.bias, np.zeros(4 * units))
    return module(torch.from_numpy(x))[0].detach().numpy()


def lstm_of_papers(layer, x, units):
    """Hochreiter & Schmidhuber 1997, with the forget gate of 2000, of any functions."""
    phi = ACTIVATIONS[layer.config.get('activation', 'tanh')]
    gate = ACTIVATIONS[layer.config.get('recurrent_activation', 'sigmoid')]
    h, c, hs = np.zeros(units), np.zeros(units), []
    for step in x:
        i, f, g, o = np.split(step @ layer.kernel + h @ layer.recurrent_kernel + layer.bias, 4)
        c = gate(f) * c + gate(i) * phi(g)
        h = gate(o) * phi(c)
        hs.append(h)
    return np.array(hs)


def from_cudnn(layer, gates):
    """keras/saving/hdf5_format.py, _convert_rnn_weights: kernels per gate in the other layout."""
    turn = lambda kernel: kernel.T.reshape(kernel.shape, order='F')
    each = lambda kernel: np.hstack([turn(part) for part in np.hsplit(kernel, gates)])
    return each(layer.kernel), each(layer.recurrent_kernel)


def cudnn_lstm(layer, x):
    units = layer.config['units']
    kernel, recurrent = from_cudnn(layer, 4)
    module = torch.nn.LSTM(x.shape[1], units).double()
    load(module, kernel.T, recurrent.T, *np.split(layer.bias, 2))
    return module(torch.from_numpy(x))[0].detach().numpy()


def cudnn_gru(layer, x):
    units = layer.config['units']
    module = torch.nn.GRU(x.shape[1], units).double()
    turn = lambda w: np.concatenate([w[units:2 * units], w[:units], w[2 * units:]])
    kernel, recurrent = from_cudnn(layer, 3)
    load(module, *map(turn, [kernel.T, recurrent.T, *np.split(layer.bias, 2)]))
    return module(torch.from_numpy(x))[0].detach().numpy()


def gru(layer, x):
    after = layer.config.get('reset_after', True)
    units = layer.config['units']
    usual = layer.config.get('activation', 'tanh') == 'tanh'
    if after and usual and layer.config.get('recurrent_activation', 'sigmoid') == 'sigmoid':
        # By torch: it stacks r z n, Keras z r h.
        module = torch.nn.GRU(x.shape[1], units).double()
        turn = lambda w: np.concatenate([w[units:2 * units], w[:units], w[2 * units:]])
        bias, recurrent = layer.bias
        own = [layer.kernel.T, layer.recurrent_kernel.T, bias, recurrent]
        load(module, *map(turn, own))
        return module(torch.from_numpy(x))[0].detach().numpy()
    return gru_of_papers(layer, x, units, after)


def gru_of_papers(layer, x, units, after):
    """Cho et al. 2014, v3, and with the reset gate behind the product, v1."""
    gate = ACTIVATIONS[layer.config.get('recurrent_activation', 'sigmoid')]
    phi = ACTIVATIONS[layer.config.get('activation', 'tanh')]
    cut = lambda w: np.split(w, 3, axis=-1)
    (wz, wr, wh), (uz, ur, uh) = cut(layer.kernel), cut(layer.recurrent_kernel)
    biases = layer.bias if after else [layer.bias, 0 * layer.bias]
    (bz, br, bh), (dz, dr, dh) = cut(biases[0]), cut(biases[1])
    h, hs = np.zeros(units), []
    for step in x:
        z = gate(step @ wz + bz + h @ uz + dz)
        r = gate(step @ wr + br + h @ ur + dr)
        n = step @ wh + bh + (r * (h @ uh + dh) if after else (r * h) @ uh + dh)
        h = z * h + (1 - z) * phi(n)
        hs.append(h)
    return np.array(hs)


def simple_rnn(layer, x):
    phi = ACTIVATIONS[layer.config.get('activation', 'tanh')]
    h, hs = np.zeros(layer.config['units']), []
    for step in x:
        h = phi(step @ layer.kernel + h @ layer.recurrent_kernel + layer.bias)
        hs.append(h)
    return np.array(hs)


def load(module, ih, hh, bias_ih, bias_hh):
    with torch.no_grad():
        for parameter, values in zip(module.parameters(), [ih, hh, bias_ih, bias_hh]):
            parameter.copy_(torch.from_numpy(np.ascontiguousarray(values)))


RECURRENT = {'LSTM': lstm, 'GRU': gru, 'SimpleRNN': simple_rnn, 'LSTMCell': lstm, 'GRUCell': gru,
             'CuDNNLSTM': cudnn_lstm, 'CuDNNGRU': cudnn_gru}


def recurrent(layer, x):
    ys = RECURRENT[layer.kind](layer, x[::-1].copy() if layer.config.get('go_backwards') else x)
    y = ys if layer.config.get('return_sequences') else ys[-1]
    # The hidden state is the last output; what the cell state is, nobody asks here.
    return (y, ys[-1]) if layer.config.get('return_state') else y


def bidirectional(layer, x):
    forward, backward = layer.parts
    there, back = recurrent(forward, x), recurrent(backward, x)
    if forward.config.get('return_sequences'):
        back = back[::-1]
    merge = {'sum': lambda: there + back, 'mul': lambda: there * back, 'ave': lambda: (there + back) / 2}
    mode = layer.config['merge_mode']
    return np.concatenate([there, back], -1) if mode == 'concat' else merge[mode]()


def rnn(layer, x):
    for cell in layer.parts:
        x = RECURRENT[cell.kind](cell, x)
    return x if layer.config.get('return_sequences') else x[-1]


def dense(layer, x):
    return ACTIVATIONS[layer.config.get('activation', 'linear')](x @ layer.kernel + layer.bias)


def conv1d(layer, x):
    """Cross-correlation, as all call convolution."""
    kernel = layer.kernel
    length, dilation = kernel.shape[0], layer.config.get('dilation_rate', [1])[0]
    reach = (length - 1) * dilation
    padding, stride = layer.config['padding'], layer.config.get('strides', [1])[0]
    total = max(0, (-(-len(x) // stride) - 1) * stride + reach + 1 - len(x))
    before = {'valid': 0, 'causal': reach, 'same': total // 2}[padding]
    after = total - before if padding == 'same' else 0
    padded = np.pad(x, [(before, after), (0, 0)])
    if kernel.ndim == 3 and layer.kind == 'DepthwiseConv1D':
        multiply = lambda step, tap: (step[:, None] * tap).reshape(-1)
    else:
        multiply = lambda step, tap: step @ tap
    ys = [
        sum(multiply(padded[t + k * dilation], kernel[k]) for k in range(length)) + layer.bias
        for t in range(0, len(padded) - reach, stride)
    ]
    return ACTIVATIONS[layer.config.get('activation', 'linear')](np.array(ys))


def conv1d_transpose(layer, x):
    """The gradient of a convolution: each step adds its kernel to the output."""
    kernel, config = layer.kernel, layer.config
    length, out, _ = kernel.shape
    stride = config.get('strides', [1])[0]
    full = np.zeros(((len(x) - 1) * stride + max(length, stride), out))
    for t, step in enumerate(x):
        full[t * stride : t * stride + length] += kernel @ step
    if config['padding'] == 'same':
        begin = max(0, length - stride) // 2
        full = full[begin : begin + len(x) * stride]
    return ACTIVATIONS[config.get('activation', 'linear')](full + layer.bias)


def pool(layer, x, reduce):
    """Steps around the sequence count for nothing."""
    length = layer.config['pool_size'][0]
    stride = layer.config.get('strides', [length])[0]
    is_same = layer.config.get('padding') == 'same'
    total = max(0, (-(-len(x) // stride) - 1) * stride + length - len(x))
    before = total // 2 if is_same else 0
    end = len(x) + total - before if is_same else len(x)
    begins = range(-before, end - length + 1, stride)
    return np.array([reduce(x[max(0, t) : t + length], 0) for t in begins])


def normalization(layer, x):
    mean, variance = [
        np.array(layer.config[name]) if layer.config.get(name) is not None else layer.weights[name]
        for name in ['mean', 'variance']
    ]
    deviation = np.maximum(np.sqrt(variance.astype(np.float64)), 1e-7)
    return x * deviation + mean if layer.config.get('invert') else (x - mean) / deviation


def within(layer, x):
    """A model within a model."""
    for part in layer.parts:
        x = RUN[part.kind](part, x)
    return x


def attention(layer, query, value, *key):
    """Luong et al. 2015, and Bahdanau et al. 2015 for AdditiveAttention."""
    key = key[0] if key else value
    if layer.kind == 'AdditiveAttention':
        scale = layer.scale if layer.weights else 1
        scores = (scale * np.tanh(query[:, None] + key[None])).sum(-1)
    else:
        scores = query @ key.T * (layer.scale if layer.weights else 1)
    weights = np.exp(scores)
    return weights / weights.sum(-1, keepdims=True) @ value


def time_distributed(layer, x):
    own, run = layer.parts[0], RUN[layer.parts[0].kind]
    return np.array([run(own, step) for step in x]) if x.ndim == 3 else run(own, x)


def padded(x, before, after):
    return np.pad(x, [(before, after), (0, 0)])


def separable(layer, x):
    inner = layer.parts[0]
    return dense(layer.parts[1], conv1d(inner, x))


def layer_norm(layer, x):
    mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return (x - mean) / np.sqrt(variance + 1e-3) * layer.gamma + layer.beta


def batch_norm(layer, x):
    deviation = np.sqrt(layer.moving_variance + 1e-3)
    return (x - layer.moving_mean) / deviation * layer.gamma + layer.beta


def group_norm(layer, x):
    groups = x.reshape(layer.config['groups'], -1)
    mean, variance = groups.mean(-1, keepdims=True), groups.var(-1, keepdims=True)
    y = (groups - mean) / np.sqrt(variance + layer.config['epsilon'])
    return y.reshape(x.shape) * layer.gamma + layer.beta


def rms_norm(layer, x):
    mean = (x * x).mean(-1, keepdims=True)
    return x / np.sqrt(mean + layer.config['epsilon']) * layer.scale


RUN = {
    **{kind: recurrent for kind in ['LSTM', 'GRU', 'SimpleRNN', 'CuDNNLSTM', 'CuDNNGRU']},
    'Bidirectional': bidirectional,
    'RNN': rnn,
    'Dense': dense,
    'TimeDistributed': time_distributed,
    'Embedding': lambda layer, x: layer.embeddings[x[:, 0].astype(int)],
    'Conv1D': conv1d,
    'DepthwiseConv1D': conv1d,
    'LayerNormalization': layer_norm,
    'BatchNormalization': batch_norm,
    'GroupNormalization': group_norm,
    'RMSNormalization': rms_norm,
    'Dropout': lambda layer, x: x,
    'PReLU': lambda layer, x: np.where(x < 0, layer.alpha * x, x),
    'MaxPooling1D': lambda layer, x: pool(layer, x, np.max),
    'AveragePooling1D': lambda layer, x: pool(layer, x, np.mean),
    'GlobalAveragePooling1D': lambda layer, x: x.mean(0),
    'Conv1DTranspose': conv1d_transpose,
    'UpSampling1D': lambda layer, x: x.repeat(layer.config['size'], 0),
    'ZeroPadding1D': lambda layer, x: padded(x, *layer.config['padding']),
    'Cropping1D': lambda layer, x: x[layer.config['cropping'][0] : len(x) - layer.config['cropping'][1]],
    'RepeatVector': lambda layer, x: x[None].repeat(layer.config['n'], 0),
    'Reshape': lambda layer, x: x.reshape(layer.config['target_shape']),
    'Permute': lambda layer, x: x.T,
    'Normalization': normalization,
    'Rescaling': lambda layer, x: x * layer.config['scale'] + layer.config['offset'],
    'Masking': lambda layer, x: x,
    'SpatialDropout1D': lambda layer, x: x,
    'Activation': lambda layer, x: ACTIVATIONS[layer.config['activation']](x),
    'Attention': attention,
    'AdditiveAttention': attention,
    'Sequential': within,
    'Subtract': lambda layer, a, b: a - b,
    'Average': lambda layer, *xs: sum(xs) / len(xs),
    'Maximum': lambda layer, *xs: np.maximum.reduce(xs),
    'Minimum': lambda layer, *xs: np.minimum.reduce(xs),
    'GlobalMaxPooling1D': lambda layer, x: x.max(0),
    'Flatten': lambda layer, x: x.reshape(-1),
    'Concatenate': lambda layer, *xs: np.concatenate(xs, -1),
    'Add': lambda layer, *xs: sum(xs),
    'Multiply': lambda layer, *xs: np.prod(xs, 0),
}


def run(model, layers, seed):
    """Inputs and the model's output for them; inputs are called 0 and on, layers count from there."""
    values = []
    for i, shape in enumerate(model.get('shapes', [model['input']])):
        x = uniform(seed + i, shape, 1).astype(np.float64)
        if layers[0].kind == 'Embedding':
            x = np.floor((x + 1) / 2 * layers[0].embeddings.shape[0])
        values.append(x)
    xs = values[:]
    for layer in layers:
        own = layers[layer.of] if layer.kind == 'Call' else layer
        values.append(RUN[own.kind](own, *[output(values, place) for place in layer.inputs]))
    outputs = [output(values, place) for place in model['outputs']]
    y = np.concatenate(outputs, -1)
    # Features of one axis are one step.
    return (xs if 'shapes' in model else xs[0]), np.atleast_2d(y)


def output(values, place):
    layer, i = place if isinstance(place, tuple) else (place, 0)
    return values[layer][i] if isinstance(values[layer], tuple) else values[layer]
