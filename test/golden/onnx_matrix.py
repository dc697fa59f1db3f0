"""Networks as people export them, with their inputs and PyTorch's answers: test/golden/onnx-matrix.json.

    python3 test/golden/onnx_matrix.py [--check]    # Debian 12: python3-torch, python3-onnx; 20 s

By PyTorch's exporter of TorchScript; `newer` is the form of its exporter of 2.9 and later
(onnxscript), and `tf2onnx` that of Keras's, both built by hand. Weights are uniform in ±0.5 from a
fixed seed. `node test/onnx/matrix.mjs` prints what the reader makes of them.
"""

import base64
import io
import json
import platform
import sys
import warnings
from pathlib import Path

import numpy
import onnx
import torch
from torch import nn
from torch.nn import functional as F

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))

import onnx_forms
from results import ROUNDED, results

STEPS, SIZE, HIDDEN = 9, 3, 4


class Net(nn.Module):
    """Modules by name, and a function of them and the inputs."""

    def __init__(self, forward, **modules):
        super().__init__()
        self.run = forward
        for name, module in modules.items():
            setattr(self, name, module)

    def forward(self, *inputs):
        return self.run(self, *inputs)


def rnn(kind=nn.LSTM, inputs=SIZE, **options):
    return kind(inputs, HIDDEN, batch_first=True, **options)


def both(kind=nn.LSTM, **options):
    return rnn(kind, bidirectional=True, **options)


def zeros(x, layers=1):
    return torch.zeros(layers, x.size(0), HIDDEN)


def begun(m, x):
    """A learned state, expanded to the batch."""
    return m.h.expand(-1, x.size(0), -1).contiguous()


def one(shape=(1, 1, HIDDEN)):
    return nn.Parameter(torch.zeros(*shape))


def ends(m, x):
    """The last step of the forward layer with the first of the backward one."""
    y, _ = m.r(x)
    return torch.cat([y[:, -1, :HIDDEN], y[:, 0, HIDDEN:]], 1)


def cached(m, x):
    """A causal convolution over a window whose first steps are those before."""
    return m.c(x.transpose(1, 2)).transpose(1, 2)


def head(size=HIDDEN):
    return nn.Linear(size, 2)


def nets():
    """`name: (net, order of the input's axes)`; T is open unless it is written t."""
    last = {
        'h of both directions, joined': lambda m, x: m.o(torch.cat(
            [m.r(x)[1][0][-2], m.r(x)[1][0][-1]], 1)),
        'c of both directions, joined': lambda m, x: m.o(torch.cat(
            [m.r(x)[1][1][-2], m.r(x)[1][1][-1]], 1)),
        'h of both directions, reshaped': lambda m, x: m.o(
            m.r(x)[1][0].transpose(0, 1).reshape(x.size(0), -1)),
        'step 0 of the backward layer, the last of the forward one': lambda m, x: m.o(ends(m, x)),
        'step 0 of both directions': lambda m, x: m.o(m.r(x)[0][:, 0]),
        'the backward h alone': lambda m, x: m.o(torch.cat([m.r(x)[1][0][1]] * 2, 1)),
        'the mean of both directions': lambda m, x: m.o(m.r(x)[0].mean(1)),
        'the largest of both directions': lambda m, x: m.o(m.r(x)[0].max(1)[0]),
    }
    for name, run in last.items():
        yield f'bidirectional LSTM: {name}', Net(run, r=both(), o=head(2 * HIDDEN)), 'BTF'
    for kind in (nn.GRU, nn.RNN):
        yield (f'bidirectional {kind.__name__}, two layers: h joined', Net(
            lambda m, x: m.o(torch.cat([m.r(x)[1][-2], m.r(x)[1][-1]], 1)),
            r=both(kind, num_layers=2), o=head(2 * HIDDEN)), 'BTF')
    yield ('bidirectional GRU of a window: h joined', Net(
        lambda m, x: m.o(torch.cat([m.r(x)[1][-2], m.r(x)[1][-1]], 1)),
        r=both(nn.GRU), o=head(2 * HIDDEN)), 'BtF')
    yield ('LSTM: h and c', Net(
        lambda m, x: m.o(torch.cat([m.r(x)[1][0][-1], m.r(x)[1][1][-1]], 1)),
        r=rnn(), o=head(2 * HIDDEN)), 'BTF')
    yield ('LSTM: h of two layers', Net(
        lambda m, x: m.o(torch.cat(list(m.r(x)[1][0]), 1)),
        r=rnn(num_layers=2), o=head(2 * HIDDEN)), 'BTF')
    yield ('LSTM: c as a sequence of one step', Net(
        lambda m, x: m.o(m.r(x)[1][1].transpose(0, 1)[:, 0]), r=rnn(), o=head()), 'BTF')
    yield 'GRU: the first step', Net(lambda m, x: m.o(m.r(x)[0][:, 0]), r=rnn(nn.GRU), o=head()), 'BTF'
    states = {
        'zeros': lambda m, x: m.r(x, (zeros(x), zeros(x))),
        'zeros of the input': lambda m, x: m.r(x, (x.new_zeros(1, x.shape[0], HIDDEN),) * 2),
        'learned, expanded': lambda m, x: m.r(x, (begun(m, x), begun(m, x))),
        'learned, repeated': lambda m, x: m.r(x, (m.h.repeat(1, x.size(0), 1),) * 2),
        'learned, for a batch of one': lambda m, x: m.r(x, (m.h, m.h)),
        'zeros and a learned one': lambda m, x: m.r(x, (begun(m, x), zeros(x))),
    }
    for name, run in states.items():
        yield (f'LSTM that begins at {name}', Net(
            lambda m, x, run=run: m.o(run(m, x)[0]), r=rnn(), o=head(), h=one()), 'BTF')
    yield ('two LSTM layers that begin at joined zeros', Net(
        lambda m, x: m.o(m.r(x, (torch.cat([zeros(x), zeros(x)]), zeros(x, 2)))[0]),
        r=rnn(num_layers=2), o=head()), 'BTF')
    yield ('two GRU layers that begin where they learned to', Net(
        lambda m, x: m.o(m.r(x, begun(m, x))[0]),
        r=rnn(nn.GRU, num_layers=2), o=head(), h=one((2, 1, HIDDEN))), 'BTF')
    yield ('bidirectional LSTM that begins at zeros', Net(
        lambda m, x: m.o(m.r(x, (zeros(x, 2), zeros(x, 2)))[0]), r=both(), o=head(2 * HIDDEN)), 'BTF')
    around = {
        'gelu': F.gelu,
        'gelu with tanh': lambda x: F.gelu(x, approximate='tanh'),
        'silu': F.silu,
        'mish': F.mish,
        'hardswish': F.hardswish,
        'hardsigmoid': F.hardsigmoid,
        'hardtanh': F.hardtanh,
        'relu6': F.relu6,
        'celu': lambda x: F.celu(x, 0.5),
        'log softmax': lambda x: F.log_softmax(x, -1),
        'clamp': lambda x: x.clamp(-0.3, 0.2),
        'clamp of one side': lambda x: x.clamp(min=-0.1),
        'maximum': lambda x: torch.maximum(x, -x * 2),
        'minimum of a number': lambda x: torch.clamp(x, max=0.1),
        'the mean taken off': lambda x: x - x.mean(-1, keepdim=True),
        'divided by its norm': lambda x: x / (x.norm(dim=-1, keepdim=True) + 0.1),
        'divided by its sum': lambda x: x.abs() / x.abs().sum(-1, keepdim=True),
        'standardised': lambda x: (x - x.mean(-1, keepdim=True)) / (x.std(-1, keepdim=True) + 1e-3),
        'a cube': lambda x: x ** 3 + x.abs() ** 1.5,
        'between its least and largest': lambda x: (x - x.amin(-1, keepdim=True)) / (
            x.amax(-1, keepdim=True) - x.amin(-1, keepdim=True) + 1),
    }
    for name, function in around.items():
        yield (f'GRU, then {name}', Net(
            lambda m, x, f=function: m.o(f(2 * m.r(x)[0])), r=rnn(nn.GRU), o=head()), 'BTF')
    yield ('layer normalisation before operator set 17', Net(
        lambda m, x: m.o(m.n(m.r(x)[0])), r=rnn(nn.GRU), o=head(), n=nn.LayerNorm(HIDDEN)), 'BTF 14')
    yield ('a slope for each channel', Net(
        lambda m, x: m.p(m.c(x)), c=nn.Conv1d(SIZE, HIDDEN, 1), p=nn.PReLU(HIDDEN)), 'BFT')
    yield ('the last three steps of a window', Net(
        lambda m, x: m.o(m.r(x)[0][:, -3:].flatten(1)), r=rnn(nn.GRU), o=head(3 * HIDDEN)), 'BtF')
    yield ('the last three steps', Net(
        lambda m, x: m.o(m.r(x)[0][:, -3:].flatten(1)), r=rnn(nn.GRU), o=head(3 * HIDDEN)), 'BTF')
    yield ('a window, its mean taken off', Net(
        lambda m, x: m.o(m.r(x - x.mean(1, keepdim=True))[0][:, -1]), r=rnn(), o=head()), 'BtF')
    yield ('an embedding, both directions, a mean', Net(
        lambda m, x: m.o(m.r(m.e(x))[0].mean(1)),
        e=nn.Embedding(7, SIZE), r=both(nn.GRU), o=head(2 * HIDDEN)), 'BT')
    yield ('a convolution, a pool, both directions', Net(
        lambda m, x: m.o(m.r(F.max_pool1d(torch.relu(m.c(x)), 2).transpose(1, 2))[0][:, -1]),
        c=nn.Conv1d(SIZE, SIZE, 3, padding=1), r=both(), o=head(2 * HIDDEN)), 'BFT')


def shaped(order):
    sizes = {'B': 1, 'T': STEPS, 't': STEPS, 'F': SIZE}
    return tuple(sizes[axis] for axis in order)


def exported(name, net, order):
    """A network's file and what is told of it."""
    order, _, version = order.partition(' ')
    torch.manual_seed(20261 + len(name))
    for parameter in net.parameters():
        nn.init.uniform_(parameter, -0.5, 0.5)
    shape = shaped(order)
    x = torch.randn(*shape) if 'F' in order else torch.randint(7, shape)
    net.eval()
    with torch.no_grad():
        y = net(x)
    names = {'B': 'batch', 'T': 'steps'}
    axes = {i: names[axis] for i, axis in enumerate(order) if axis in names}
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        torch.onnx.export(net, (x,), file, opset_version=int(version or 17), input_names=['x'],
                          output_names=['y'], dynamic_axes={'x': axes})
    return told(name, f'torch {torch.__version__.split("a")[0]}', file.getvalue(), order, x, y)


def told(name, exporter, model, order, x, y):
    return {'name': name, 'exporter': exporter, 'model': base64.b64encode(model).decode(),
            'steps': order.upper().find('T'),
            'features': order.find('F'),
            'shape': list(x.shape), 'input': rounded(x), 'output': rounded(y)}


def rounded(values):
    """Eight digits: more than float32 has."""
    return [float(f'{v:.8g}') for v in values.detach().flatten().tolist()]


def main(folder):
    torch.set_num_threads(1)
    cases = [exported(*net) for net in nets()]
    cases += [told(*form) for form in onnx_forms.forms()]
    lines = ',\n'.join(json.dumps(case) for case in cases)
    versions = {'python': platform.python_version(), 'torch': torch.__version__,
                'onnx': onnx.__version__, 'numpy': numpy.__version__}
    text = f'{{"madeWith": {json.dumps(versions)}, "cases": [\n{lines}\n]}}\n'
    (folder / 'onnx-matrix.json').write_text(text, encoding='utf-8')
    print(f'{len(cases)} networks, {len(text):,} bytes')


if __name__ == '__main__':
    with results(__doc__, Path(__file__).parent, ROUNDED) as folder:
        main(folder)
