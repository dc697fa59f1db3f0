"""Writes frames.json: convolutions over frames and bands as PyTorch works them out, float64.

  python3 test/golden/frames.py [--check]        needs numpy and torch, a second

Tensors are drawn by `uniform`: the weight from the case's seed, the bias from seed + 1, events from
seed + 2, one after another. Where frames come one by one, PyTorch is given all of them at once,
with zeros before them; a transposed convolution's later frames are left out. `y` is every
`every`-th number of the answer to the last event, which has `size` numbers.
"""
import json
import sys
from pathlib import Path

sys.dont_write_bytecode = True

import torch
from torch.nn import functional as F

from generate import uniform
from results import results

HERE = Path(__file__).parent
STEPS = 12


def conv(inputs, outputs, bands, kernel, **options):
    return {'layer': 'conv2d', 'inputs': inputs, 'outputs': outputs,
            'options': {'bands': bands, 'kernel': kernel, **options}}


def transposed(*args, **options):
    return {**conv(*args, **options), 'layer': 'convTranspose2d'}


CASES = [
    conv(1, 1, 1, [1, 1]),
    conv(3, 4, 7, [2, 3], padding=1),
    conv(4, 8, 9, [3, 3], dilation=[2, 1], groups=4, padding=1),
    conv(16, 16, 33, [3, 3], dilation=[5, 1], groups=16, padding=1),
    conv(16, 16, 65, [1, 5], stride=[1, 2], groups=2, padding=2),
    conv(9, 16, 129, [1, 5], stride=[1, 2], padding=2, activation='tanh'),
    conv(5, 7, 12, [2, 4], stride=[1, 3], dilation=[1, 2], padding=[1, 2], bias=False),
    conv(40, 6, 5, [2, 3], padding='same'),
    conv(2, 3, 40, [1, 37]),
    conv(3, 2, 3, [2, 3]),
    conv(24, 16, 33, [1, 1]),
    conv(6, 10, 2, [1, 3], groups=2, padding=1),
    conv(2, 6, 70, [2, 1], groups=2, activation='relu'),
    conv(3, 5, 8, [3, 3], stride=[2, 2], frames=7, padding=1, framePadding=[2, 0]),
    conv(16, 16, 33, [3, 3], dilation=[5, 1], groups=16, frames=11, padding=1),
    conv(4, 3, 1, [3, 1], dilation=[2, 1], frames=9),
    conv(4, 3, 5, [2, 1], frames=6),
    conv(4, 6, 3, [1, 1], frames=3),
    conv(3, 4, 6, [3, 3], frames=5, framePadding='same', padding='same'),
    transposed(16, 16, 33, [1, 5], stride=[1, 2], groups=2, padding=2),
    transposed(16, 2, 65, [1, 5], stride=[1, 2], padding=2, activation='tanh'),
    transposed(16, 16, 33, [3, 3], dilation=[2, 1], groups=16, padding=1),
    transposed(3, 6, 4, [2, 4], stride=[1, 3], dilation=[1, 2], groups=3, padding=1,
               outputPadding=1),
    transposed(6, 3, 5, [2, 3], padding=[2, 0]),
    transposed(2, 3, 6, [1, 2], stride=[1, 2], padding=2),
    transposed(3, 4, 5, [3, 3], stride=[2, 2], frames=5, framePadding=1, padding=1),
    transposed(16, 16, 33, [3, 3], dilation=[5, 1], groups=16, frames=11, framePadding=10,
               padding=1),
]


def sides(padding, axis, options):
    """Before and after."""
    if padding == 'same':
        reach = options.get('dilation', [1, 1])[axis] * (options['kernel'][axis] - 1)
        return [reach // 2, reach - reach // 2]
    return padding if isinstance(padding, list) else [padding, padding]


def cut(y, axis, before, after):
    return y.narrow(axis, before, y.shape[axis] - before - after)


def tensors(case):
    options = case['options']
    groups = options.get('groups', 1)
    pair = [case['outputs'], case['inputs'] // groups]
    if case['layer'] == 'convTranspose2d':
        pair = [case['inputs'], case['outputs'] // groups]
    shape = [*pair, *options['kernel']]
    frames = options.get('frames')
    events = 1 if frames else STEPS
    x = uniform(case['seed'] + 2, [events, case['inputs'], frames or 1, options['bands']], 1)
    bias = uniform(case['seed'] + 1, [case['outputs']], 1) if options.get('bias', True) else None
    drawn = [uniform(case['seed'], shape, 1), bias, x]
    return [None if a is None else torch.from_numpy(a).double() for a in drawn]


def answer(case):
    """To the last event, of all events."""
    options = case['options']
    weight, bias, x = tensors(case)
    x = torch.cat(list(x), 1).unsqueeze(0)
    given = 'frames' in options
    dilation, stride = options.get('dilation', [1, 1]), options.get('stride', [1, 1])
    more = {'dilation': dilation, 'stride': stride, 'groups': options.get('groups', 1)}
    past = dilation[0] * (options['kernel'][0] - 1)
    bands = sides(options.get('padding', 0), 1, options)
    frames = sides(options.get('framePadding', 0), 0, options)
    if case['layer'] == 'conv2d':
        y = F.conv2d(F.pad(x, [*bands, *(frames if given else [past, 0])]), weight, bias, **more)
    else:
        y = F.conv_transpose2d(x, weight, bias, output_padding=(0, 0), **more)
        extra = options.get('outputPadding', 0)
        if extra:
            # Nothing is added to bands behind the kernel's reach, but the bias.
            more['output_padding'] = (0, extra)
            y = F.conv_transpose2d(x, weight, bias, **more)
        y = cut(cut(y, 3, *bands), 2, *(frames if given else [0, past]))
    y = y if given else y[:, :, -1:]
    y = getattr(torch, options.get('activation', 'clone'))(y).flatten()
    every = len(y) // 100 | 1
    return {'size': len(y), 'every': every, 'y': y[::every].tolist()}


with results(__doc__, HERE) as folder:
    cases = [{**case, 'seed': 100 * i} for i, case in enumerate(CASES)]
    made = {'madeWith': {'torch': torch.__version__},
            'cases': [{**case, **answer(case)} for case in cases]}
    lines = ',\n'.join(json.dumps(case, separators=(',', ':')) for case in made['cases'])
    (folder / 'frames.json').write_text(
        f'{{"madeWith":{json.dumps(made["madeWith"])},"steps":{STEPS},"cases":[\n{lines}\n]}}\n')
