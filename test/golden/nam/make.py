"""Small files of Neural Amp Modeler with random weights, and what they answer in float64.

    python3 test/golden/nam/make.py [--check]        # numpy; a second

Writes models.json: of each file its JSON, a sound, and the answer. The networks are computed over
the whole sound at once, from the formulas that NAM's trainer and player share; none of the
library's code takes part. Each begins after silence: the sound has zeros before it, of which the
answers are left out.
"""

import json
import pathlib
import sys

import numpy as np

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).parents[1]))

from results import results

silence = 600
steps = 120


class Drawn:
    """Weights, drawn as they are asked for and written down in that order."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.list = []

    def take(self, *shape, scale=None):
        fan = np.prod(shape[1:]) if len(shape) > 1 else 4
        scale = scale or 1 / np.sqrt(fan)
        values = self.random.uniform(-scale, scale, shape).astype(np.float32)
        self.list += [float(v) for v in values.flat]
        return values.astype(np.float64)

    def number(self, value):
        self.list.append(float(np.float32(value)))
        return float(np.float32(value))


def conv(weights, cin, cout, kernel=1, dilation=1, groups=1, bias=True):
    w = weights.take(cout, cin // groups, kernel)
    b = weights.take(cout) if bias else np.zeros(cout)

    def run(x):
        """x: [cin, steps]; zeros before it."""
        steps = x.shape[1]
        past = (kernel - 1) * dilation
        padded = np.concatenate([np.zeros((cin, past)), x], axis=1)
        y = np.repeat(b[:, None], steps, axis=1)
        for o in range(cout):
            first = o // (cout // groups) * (cin // groups)
            for i in range(cin // groups):
                for k in range(kernel):
                    y[o] += w[o, i, k] * padded[first + i, k * dilation : k * dilation + steps]
        return y

    return run


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def fast_tanh(x):
    a = np.abs(x)
    over = x * (2.45550750702956 + 2.45550750702956 * a
                + (0.893229853513558 + 0.821226666969744 * a) * x * x)
    return over / (2.44506634652299 + (2.44506634652299 + x * x)
                   * np.abs(x + 0.814642734961073 * x * a))


def activation(given):
    config = {'type': given} if isinstance(given, str) else given
    name = config['type']
    if name in ('LeakyReLU', 'PReLU'):
        slope = config.get('negative_slope', 0.01)
        slopes = np.array(config.get('negative_slopes', [slope]))[:, None]
        return lambda x: np.where(x > 0, x, slopes * x)
    if name == 'LeakyHardtanh':
        low, high = config.get('min_val', -1), config.get('max_val', 1)
        below, above = config.get('min_slope', 0.01), config.get('max_slope', 0.01)
        return lambda x: np.where(x < low, low + below * (x - low),
                                  np.where(x > high, high + above * (x - high), x))
    return {
        'Tanh': np.tanh,
        'Sigmoid': sigmoid,
        'ReLU': lambda x: np.maximum(x, 0),
        'Hardtanh': lambda x: np.clip(x, -1, 1),
        'Fasttanh': fast_tanh,
        'SiLU': lambda x: x * sigmoid(x),
        'Hardswish': lambda x: x * np.clip(x + 3, 0, 6) / 6,
        'Softsign': lambda x: x / (1 + np.abs(x)),
    }[name]


films = ['conv_pre_film', 'conv_post_film', 'input_mixin_pre_film', 'input_mixin_post_film',
         'activation_pre_film', 'activation_post_film', 'layer1x1_post_film', 'head1x1_post_film']


def film(weights, config, name, condition, size):
    of = config.get(name)
    if not of or not of.get('active', True):
        return lambda x: x
    shift = of.get('shift', True)
    both = conv(weights, len(condition), 2 * size if shift else size, groups=of.get('groups', 1))

    def run(x):
        numbers = both(condition)
        return x * numbers[:size] + (numbers[size:] if shift else 0)

    return run


def each(value, count):
    return value if isinstance(value, list) else [value] * count


def wavenet(weights, config, sound):
    condition = sound
    if config.get('condition_dsp'):
        inner = config['condition_dsp']
        own = Drawn(77)
        condition = wavenet(own, inner['config'], sound)
        inner['weights'] = own.list
    x, head = sound, None
    for array in config['layers']:
        channels = array['channels']
        bottleneck = array.get('bottleneck', channels)
        dilations = array['dilations']
        count = len(dilations)
        kernels = each(array.get('kernel_sizes', array.get('kernel_size')), count)
        modes = each(array.get('gating_mode', 'gated' if array.get('gated') else 'none'), count)
        seconds = each(array.get('secondary_activation', 'Sigmoid'), count)
        aside = array.get('head1x1', {'active': False})
        to_head = aside['out_channels'] if aside['active'] else bottleneck
        x = conv(weights, array['input_size'], channels, bias=False)(x)
        if head is None:
            head = np.zeros((to_head, sound.shape[1]))
        for i in range(count):
            wide = bottleneck if modes[i] == 'none' else 2 * bottleneck
            dilated = conv(weights, channels, wide, kernels[i], dilations[i],
                           array.get('groups_input', 1))
            mixin = conv(weights, array['condition_size'], wide, bias=False,
                         groups=array.get('groups_input_mixin', 1))
            one = conv(weights, bottleneck, channels,
                       groups=array.get('layer1x1', {}).get('groups', 1))
            if aside['active']:
                headwards = conv(weights, bottleneck, to_head, groups=aside['groups'])
            sizes = [channels, wide, len(condition), wide, wide, bottleneck, channels, to_head]
            f = {name: film(weights, array, name, condition, size)
                 for name, size in zip(films, sizes)}
            z = (f['conv_post_film'](dilated(f['conv_pre_film'](x)))
                 + f['input_mixin_post_film'](mixin(f['input_mixin_pre_film'](condition))))
            z = f['activation_pre_film'](z)
            act = activation(each(array['activation'], count)[i])
            if modes[i] == 'none':
                a = act(z)
            else:
                share = activation(seconds[i])(z[bottleneck:])
                a = act(z[:bottleneck]) * share
                if modes[i] == 'blended':
                    a += (1 - share) * z[:bottleneck]
            a = f['activation_post_film'](a)
            x = x + f['layer1x1_post_film'](one(a))
            head = head + (f['head1x1_post_film'](headwards(a)) if aside['active'] else a)
        last = array.get('head') or {'out_channels': array['head_size'], 'kernel_size': 1,
                                     'bias': array['head_bias']}
        head = conv(weights, to_head, last['out_channels'], last['kernel_size'],
                    last.get('head_dilation', 1), bias=last['bias'])(head)
    blocks = []
    if config.get('head'):
        post = config['head']
        cin = len(head)
        for i, kernel in enumerate(post['kernel_sizes']):
            is_last = i + 1 == len(post['kernel_sizes'])
            cout = post['out_channels'] if is_last else post['channels']
            blocks.append(conv(weights, cin, cout, kernel))
            cin = cout
    y = weights.number(config['head_scale']) * head
    for block in blocks:
        y = block(activation(config['head']['activation'])(y))
    return y


def convnet(weights, config, x):
    channels = config['channels']
    for dilation in config['dilations']:
        normed = config['batchnorm']
        x = conv(weights, len(x), channels, 2, dilation, config.get('groups', 1), not normed)(x)
        if normed:
            mean = weights.take(channels)
            drawn = weights.random.uniform(0.5, 2, channels)
            variance = np.array([weights.number(v) for v in drawn])
            gamma, beta = weights.take(channels, scale=1), weights.take(channels)
            epsilon = weights.number(1e-5)
            x = (x - mean[:, None]) / np.sqrt(variance[:, None] + epsilon)
            x = x * gamma[:, None] + beta[:, None]
        x = activation(config['activation'])(x)
    return conv(weights, channels, config.get('out_channels', 1))(x)


def lstm(weights, config, sound):
    size, columns = config['hidden_size'], config['input_size']
    for _ in range(config['num_layers']):
        w = weights.take(4 * size, columns + size)
        b = weights.take(4 * size)
        h, c = weights.take(size), weights.take(size)
        answers = []
        for x in sound.T:
            i, f, g, o = (w @ np.concatenate([x, h]) + b).reshape(4, size)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
            answers.append(h)
        sound, columns = np.array(answers).T, size
    return conv(weights, size, config.get('out_channels', 1))(sound)


def array(channels, head, more={}, **fields):
    """A layer array as files before 0.6 have it."""
    return {'input_size': 1, 'condition_size': 1, 'head_size': head, 'channels': channels,
            'kernel_size': 3, 'dilations': [1, 2, 4], 'activation': 'Tanh', 'gated': False,
            'head_bias': False, **fields, **more}


def of(given):
    active = {'active': True, 'shift': True, 'groups': 1}
    return {name: {**active, **given.get(name, {})} for name in given}


newer = {
    'input_size': 1, 'condition_size': 1, 'channels': 4, 'bottleneck': 6,
    'kernel_sizes': [2, 3, 4], 'dilations': [1, 7, 13],
    'activation': [{'type': 'LeakyReLU', 'negative_slope': 0.1},
                   {'type': 'PReLU', 'negative_slopes': [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]}, 'Softsign'],
    'gating_mode': ['none', 'gated', 'blended'],
    'secondary_activation': [None, 'Hardtanh',
                             {'type': 'LeakyHardtanh', 'min_val': 0, 'max_val': 0.9,
                              'min_slope': 0, 'max_slope': 0.02}],
    'head': {'out_channels': 2, 'kernel_size': 5, 'bias': True, 'head_dilation': 2},
    'head1x1': {'active': True, 'out_channels': 4, 'groups': 2},
    'layer1x1': {'active': True, 'groups': 2}, 'groups_input': 2, 'groups_input_mixin': 1,
    'slimmable': None,
    **of({name: {} for name in films if name != 'layer1x1_post_film'}),
}
newer['conv_post_film'] = {'active': True, 'shift': False, 'groups': 1}
newer['activation_pre_film'] = {'active': False, 'shift': True, 'groups': 1}

files = {
    'WaveNet': ('WaveNet', {'layers': [array(4, 2), array(2, 1, {'input_size': 4, 'head_bias': True},
                                                          dilations=[8, 1])],
                            'head': None, 'head_scale': 0.02}),
    'WaveNet, gated': ('WaveNet', {'layers': [array(3, 1, gated=True, activation='Fasttanh')],
                                   'head': None, 'head_scale': 1.5}),
    'WaveNet, newer': ('WaveNet', {'layers': [newer], 'head_scale': 0.5, 'head': {
        'channels': 3, 'out_channels': 1, 'kernel_sizes': [3, 2], 'activation': 'Hardswish'}}),
    'WaveNet, blended with FiLM': ('WaveNet', {'layers': [array(
        4, 1, gating_mode='blended', gated=None, secondary_activation='Sigmoid',
        layer1x1_post_film={'active': True, 'shift': True, 'groups': 1})], 'head_scale': 1}),
    'WaveNet with a condition': ('WaveNet', {
        'layers': [array(4, 1, condition_size=2, activation='SiLU')], 'head_scale': 1,
        'condition_dsp': {'version': '0.6.0', 'architecture': 'WaveNet', 'sample_rate': 48000,
                          'config': {'layers': [array(2, 2, activation='ReLU')], 'head': None,
                                     'head_scale': 1}}}),
    'WaveNet of two channels': ('WaveNet', {
        'layers': [array(3, 2, input_size=2, condition_size=2, activation='Hardtanh')],
        'in_channels': 2, 'head': None, 'head_scale': 1}),
    'ConvNet': ('ConvNet', {'channels': 4, 'dilations': [1, 2, 4], 'batchnorm': False,
                            'activation': 'Tanh'}),
    'ConvNet, normed': ('ConvNet', {'channels': 4, 'dilations': [1, 2, 4, 8], 'batchnorm': True,
                                    'activation': 'ReLU'}),
    'LSTM': ('LSTM', {'input_size': 1, 'hidden_size': 5, 'num_layers': 1}),
    'LSTM, three layers': ('LSTM', {'input_size': 1, 'hidden_size': 4, 'num_layers': 3}),
}
networks = {'WaveNet': wavenet, 'ConvNet': convnet, 'LSTM': lstm}


def without_none(value):
    """`gated: None` is no field."""
    if isinstance(value, dict):
        return {k: without_none(v) for k, v in value.items() if not (k == 'gated' and v is None)}
    return [without_none(v) for v in value] if isinstance(value, list) else value


def case(seed, name):
    architecture, config = files[name]
    config = without_none(config)
    weights = Drawn(seed)
    channels = config.get('in_channels', 1)
    random = np.random.default_rng(1000 + seed)
    sound = np.float32(random.uniform(-1, 1, (channels, steps))).astype(np.float64)
    past = 0 if architecture == 'LSTM' else silence
    heard = np.concatenate([np.zeros((channels, past)), sound], axis=1)
    y = networks[architecture](weights, config, heard)[:, past:]
    file = {'version': '0.6.0', 'metadata': {'gain': 0.5}, 'architecture': architecture,
            'config': config, 'weights': weights.list, 'sample_rate': 48000}
    return {'name': name, 'file': file, 'x': sound.T.tolist(), 'y': y.T.tolist()}


if __name__ == '__main__':
    cases = [case(i, name) for i, name in enumerate(files)]
    with results(__doc__, pathlib.Path(__file__).parent) as folder:
        text = ',\n'.join(json.dumps(c) for c in cases)
        (folder / 'models.json').write_text(f'[\n{text}\n]\n')
    print(f'{len(cases)} files, numpy {np.__version__}')
