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
}


class Layer:
    """A layer's class, config and weights by Keras's names, in its order."""

    def __init__(self, spec, seed):
        self.kind, self.inputs, self.config = spec['class'], spec['inputs'], spec.get('config', {})
        self.parts = [Layer(part, seed + 100 * (i + 1)) for i, part in enumerate(spec.get('parts', []))]
        shapes = spec.get('weights', {})
        self.weights = {}
        for i, (name, shape) in enumerate(shapes.items()):
            values = uniform(seed + i, shape, 0.7)
            self.weights[name] = np.abs(values) + np.float32(0.1) if 'variance' in name else values

    def __getattr__(self, name):
        return self.weights[name].astype(np.float64)


def lstm(layer, x):
    """By torch: Keras stacks i f c o, as torch does i f g o, in transposed matrices."""
    units = layer.config['units']
    module = torch.nn.LSTM(x.shape[1], units).double()
    load(module, layer.kernel.T, layer.recurrent_kernel.T, layer.bias, np.zeros(4 * units))
    return module(torch.from_numpy(x))[0].detach().numpy()


def gru(layer, x):
    after = layer.config.get('reset_after', True)
    units = layer.config['units']
    if after and layer.config.get('recurrent_activation', 'sigmoid') == 'sigmoid':
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
    gate = ACTIVATIONS[layer.config['recurrent_activation']]
    cut = lambda w: np.split(w, 3, axis=-1)
    (wz, wr, wh), (uz, ur, uh) = cut(layer.kernel), cut(layer.recurrent_kernel)
    biases = layer.bias if after else [layer.bias, 0 * layer.bias]
    (bz, br, bh), (dz, dr, dh) = cut(biases[0]), cut(biases[1])
    h, hs = np.zeros(units), []
    for step in x:
        z = gate(step @ wz + bz + h @ uz + dz)
        r = gate(step @ wr + br + h @ ur + dr)
        n = step @ wh + bh + (r * (h @ uh + dh) if after else (r * h) @ uh + dh)
        h = z * h + (1 - z) * np.tanh(n)
        hs.append(h)
    return np.array(hs)


def simple_rnn(layer, x):
    h, hs = np.zeros(layer.config['units']), []
    for step in x:
        h = np.tanh(step @ layer.kernel + h @ layer.recurrent_kernel + layer.bias)
        hs.append(h)
    return np.array(hs)


def load(module, ih, hh, bias_ih, bias_hh):
    with torch.no_grad():
        for parameter, values in zip(module.parameters(), [ih, hh, bias_ih, bias_hh]):
            parameter.copy_(torch.from_numpy(np.ascontiguousarray(values)))


RECURRENT = {'LSTM': lstm, 'GRU': gru, 'SimpleRNN': simple_rnn, 'LSTMCell': lstm, 'GRUCell': gru}


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
    before = {'valid': 0, 'causal': reach, 'same': reach // 2}[layer.config['padding']]
    after = reach - before if layer.config['padding'] == 'same' else 0
    padded = np.pad(x, [(before, after), (0, 0)])
    if kernel.ndim == 3 and layer.kind == 'DepthwiseConv1D':
        multiply = lambda step, tap: (step[:, None] * tap).reshape(-1)
    else:
        multiply = lambda step, tap: step @ tap
    ys = [
        sum(multiply(padded[t + k * dilation], kernel[k]) for k in range(length)) + layer.bias
        for t in range(0, len(padded) - reach, layer.config.get('strides', [1])[0])
    ]
    return ACTIVATIONS[layer.config.get('activation', 'linear')](np.array(ys))


def separable(layer, x):
    inner = layer.parts[0]
    return dense(layer.parts[1], conv1d(inner, x))


def layer_norm(layer, x):
    mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return (x - mean) / np.sqrt(variance + 1e-3) * layer.gamma + layer.beta


def batch_norm(layer, x):
    deviation = np.sqrt(layer.moving_variance + 1e-3)
    return (x - layer.moving_mean) / deviation * layer.gamma + layer.beta


RUN = {
    **{kind: recurrent for kind in ['LSTM', 'GRU', 'SimpleRNN']},
    'Bidirectional': bidirectional,
    'RNN': rnn,
    'Dense': dense,
    'TimeDistributed': lambda layer, x: dense(layer.parts[0], x),
    'Embedding': lambda layer, x: layer.embeddings[x[:, 0].astype(int)],
    'Conv1D': conv1d,
    'DepthwiseConv1D': conv1d,
    'LayerNormalization': layer_norm,
    'BatchNormalization': batch_norm,
    'Dropout': lambda layer, x: x,
    'PReLU': lambda layer, x: np.where(x < 0, layer.alpha * x, x),
    'MaxPooling1D': lambda layer, x: x[: len(x) // 2 * 2].reshape(len(x) // 2, 2, -1).max(1),
    'GlobalMaxPooling1D': lambda layer, x: x.max(0),
    'Flatten': lambda layer, x: x.reshape(-1),
    'Concatenate': lambda layer, *xs: np.concatenate(xs, -1),
    'Add': lambda layer, *xs: sum(xs),
    'Multiply': lambda layer, *xs: np.prod(xs, 0),
}


def run(model, layers, seed):
    """An input and the model's output for it; the first input is called 0, layers count from 1."""
    shape = model['input']
    x = uniform(seed, shape, 1).astype(np.float64)
    if layers[0].kind == 'Embedding':
        x = np.floor((x + 1) / 2 * layers[0].embeddings.shape[0])
    values = [x]
    for layer in layers:
        values.append(RUN[layer.kind](layer, *[output(values, place) for place in layer.inputs]))
    outputs = [output(values, place) for place in model['outputs']]
    return x, np.atleast_2d(np.concatenate(outputs, -1))


def output(values, place):
    layer, i = place if isinstance(place, tuple) else (place, 0)
    return values[layer][i] if isinstance(values[layer], tuple) else values[layer]
