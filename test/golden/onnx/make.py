"""Networks that PyTorch exports to ONNX, with inputs and torch's own outputs.

    python3 test/golden/onnx/make.py [--check]    # Debian 12: python3-torch; a few seconds

Writes NAME.onnx, as users get it from torch.onnx.export, and NAME.json: the input and the output,
row-major with their shapes, and which of the input's axes are steps and features. Weights are
uniform in ±0.5 from a fixed seed.
"""

import json
import platform
import sys
from pathlib import Path

import torch

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent.parent))

from results import ROUNDED, results

HERE = Path(__file__).parent


class LstmLinear(torch.nn.Module):
    """What most people stream: two LSTM layers and a linear one."""

    def __init__(self):
        super().__init__()
        self.rnn = torch.nn.LSTM(3, 12, num_layers=2)
        self.head = torch.nn.Linear(12, 2)

    def forward(self, x):
        y, _ = self.rnn(x)
        return self.head(y)


class BidirectionalGru(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = torch.nn.GRU(3, 10, bidirectional=True, batch_first=True)
        self.head = torch.nn.Linear(20, 2)

    def forward(self, x):
        y, _ = self.rnn(x)
        return torch.sigmoid(self.head(y))


class ConvGru(torch.nn.Module):
    """A convolution that looks one step ahead, and one step behind."""

    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv1d(3, 8, 3, padding=1)
        self.rnn = torch.nn.GRU(8, 10, batch_first=True)
        self.head = torch.nn.Linear(10, 2)

    def forward(self, x):
        y, _ = self.rnn(torch.relu(self.conv(x)).transpose(1, 2))
        return self.head(y)


class CausalConvGru(ConvGru):
    """The same without looking ahead: padded before, so that it streams."""

    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv1d(3, 8, 3, dilation=2)

    def forward(self, x):
        return super().forward(torch.nn.functional.pad(x, (4, 0)))


class LstmState(LstmLinear):
    """The state is given and given back."""

    def forward(self, x, h0, c0):
        y, (h, c) = self.rnn(x, (h0, c0))
        return self.head(y), h, c


class EmbeddingLstm(torch.nn.Module):
    """One answer for a sequence of indices, from its last step."""

    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.Embedding(11, 5)
        self.rnn = torch.nn.LSTM(5, 8, batch_first=True)
        self.head = torch.nn.Linear(8, 4)

    def forward(self, x):
        y, _ = self.rnn(self.embedding(x))
        return torch.softmax(self.head(y[:, -1]), dim=-1)


class BidirectionalLast(torch.nn.Module):
    """One answer for a sequence that is read both ways, from its last step."""

    def __init__(self):
        super().__init__()
        self.rnn = torch.nn.LSTM(3, 6, bidirectional=True)
        self.head = torch.nn.Linear(12, 2)

    def forward(self, x):
        y, _ = self.rnn(x)
        return self.head(y[-1])


class Residual(torch.nn.Module):
    """A block of a temporal convolutional network: padded on both sides, and cut."""

    def __init__(self, inputs, size, dilation):
        super().__init__()
        self.cut = 2 * dilation
        self.conv = torch.nn.Conv1d(inputs, size, 3, dilation=dilation, padding=self.cut)
        self.around = torch.nn.Conv1d(inputs, size, 1)

    def forward(self, x):
        return torch.relu(torch.relu(self.conv(x)[:, :, :-self.cut]) + self.around(x))


class Tcn(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = torch.nn.Sequential(Residual(3, 6, 1), Residual(6, 6, 2))
        self.head = torch.nn.Linear(6, 2)

    def forward(self, x):
        return self.head(self.blocks(x).transpose(1, 2))


class Pooled(torch.nn.Module):
    """Fewer steps, and one answer: strides, pooling, batch normalisation."""

    def __init__(self):
        super().__init__()
        self.norm = torch.nn.BatchNorm1d(3)
        self.conv = torch.nn.Conv1d(3, 8, 4, stride=2)
        self.deep = torch.nn.Conv1d(8, 8, 3, groups=4, padding=1)
        self.head = torch.nn.Linear(16, 2)
        self.norm.running_mean.uniform_(-0.5, 0.5)
        self.norm.running_var.uniform_(0.5, 1.5)

    def forward(self, x):
        y = torch.nn.functional.max_pool1d(torch.nn.functional.elu(self.conv(self.norm(x))), 2)
        z = torch.nn.functional.avg_pool1d(self.deep(y), 3, stride=1, padding=1)
        return self.head(torch.cat([y.mean(dim=2), z.amax(dim=2)], dim=1))


class Normalised(torch.nn.Module):
    """Normalisation, a way around, a part of the input, activations."""

    def __init__(self):
        super().__init__()
        self.wide = torch.nn.Linear(3, 8)
        self.norm = torch.nn.LayerNorm(8)
        self.rnn = torch.nn.GRU(8, 8)
        self.slope = torch.nn.PReLU(8)
        self.head = torch.nn.Linear(10, 2, bias=False)

    def forward(self, x):
        y = self.wide(x)
        z, _ = self.rnn(torch.nn.functional.leaky_relu(self.norm(y)))
        around = self.slope(torch.flatten(y + 0.5 * z, 0, 1)).view_as(z)
        return torch.tanh(self.head(torch.cat([around, x[:, :, 1:]], dim=2))) / 3 - 1


class Window(torch.nn.Module):
    """A window of samples a datum, frames within it, and a state from window to window."""

    def __init__(self):
        super().__init__()
        self.basis = torch.nn.Conv1d(1, 10, 16, stride=8, bias=False)
        self.deep = torch.nn.Conv1d(5, 6, 3, stride=2, padding=1)
        self.rnn = torch.nn.LSTM(6, 7)
        self.head = torch.nn.Conv1d(7, 1, 1)

    def forward(self, x, h0, c0):
        padded = torch.nn.functional.pad(x, (0, 8), mode='reflect').unsqueeze(1)
        frames = self.basis(padded)
        real, imaginary = frames[:, :5], frames[:, 5:]
        y = torch.relu(self.deep(torch.sqrt(real ** 2 + imaginary ** 2)))
        y, (h, c) = self.rnn(y.permute(2, 0, 1)[-1:], (h0, c0))
        return torch.sigmoid(self.head(torch.relu(y).permute(1, 2, 0))).flatten(1), h, c


class LstmBatchFirst(LstmLinear):
    """Batch first, as most write it."""

    def __init__(self):
        super().__init__()
        self.rnn = torch.nn.LSTM(3, 12, num_layers=2, batch_first=True)


class LastOfGru(torch.nn.Module):
    """One answer for a sequence, from its last state: here for each step."""

    def __init__(self):
        super().__init__()
        self.rnn = torch.nn.GRU(3, 6, batch_first=True)
        self.head = torch.nn.Linear(6, 2)

    def forward(self, x):
        _, h = self.rnn(x)
        return self.head(h[-1])


class Twice(torch.nn.Module):
    """The first node reads the input twice."""

    def __init__(self):
        super().__init__()
        self.rnn = torch.nn.GRU(9, 5)
        self.head = torch.nn.Linear(5, 2)

    def forward(self, x):
        return self.head(self.rnn(torch.cat([x + x, x * x, x], dim=2))[0])


class StepAfterSequence(torch.nn.Module):
    """What a sequence leaves is one step for a second network."""

    def __init__(self):
        super().__init__()
        self.rnn = torch.nn.GRU(3, 4)
        self.after = torch.nn.GRU(4, 5)
        self.head = torch.nn.Linear(5, 2)

    def forward(self, x):
        _, h = self.rnn(x)
        return self.head(self.after(h)[0])


class StepAfterWindow(StepAfterSequence):
    """The same with a window of three steps as an event."""

    def forward(self, x):
        y, _ = self.rnn(x.view(3, 1, 3))
        return self.head(self.after(y[-1:])[0]).flatten(1)


class Unbatched(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = torch.nn.RNN(3, 6, nonlinearity='relu')

    def forward(self, x):
        return self.rnn(x)[0]


STEPS = 40


def export(folder, name, model, x, axes, order, hidden=None):
    """`order` tells the axes of steps and features; `hidden` is the shape of states."""
    torch.manual_seed(20260 + len(name))
    for parameter in model.parameters():
        torch.nn.init.uniform_(parameter, -0.5, 0.5)
    model.eval()
    given = [torch.zeros(*hidden), torch.zeros(*hidden)] if hidden else []
    with torch.no_grad():
        y = model(x, *given)
    states = ['h', 'c'][:len(given)]
    torch.onnx.export(
        model, (x, *given), folder / f'{name}.onnx', opset_version=17,
        input_names=['x', *[f'{s}0' for s in states]],
        output_names=['y', *[f'{s}n' for s in states]], dynamic_axes={'x': axes})
    told = {'madeWith': {'python': platform.python_version(), 'torch': torch.__version__},
            'steps': order.index('T') if 'T' in order else None, 'features': order.find('F'),
            'input': plain(x), 'output': plain(y[0] if states else y)}
    (folder / f'{name}.json').write_text(json.dumps(told) + '\n', encoding='utf-8')
    sizes = [(folder / f'{name}.{kind}').stat().st_size for kind in ('onnx', 'json')]
    print(f'{name}: {sizes[0]:,} and {sizes[1]:,} bytes')


def export_step(folder, name, model, x, axes, order):
    """Exported with one step, the natural way for streaming; told of all steps of x: what torch
    gives for them as a sequence, and to each of them alone."""
    torch.manual_seed(20260 + len(name))
    for parameter in model.parameters():
        torch.nn.init.uniform_(parameter, -0.5, 0.5)
    model.eval()
    at = order.index('T')
    steps = x.split(1, dim=at)
    with torch.no_grad():
        # A model of one answer gives that to what has come so far.
        whole = [model(x[tuple(slice(0, t + 1) if d == at else slice(None) for d in range(3))])
                 for t in range(len(steps))]
        ys = torch.stack([y.reshape(-1)[-2:] for y in whole])
        alone = torch.stack([model(step).reshape(-1) for step in steps])
    torch.onnx.export(
        model, (steps[0],), folder / f'{name}.onnx', opset_version=17,
        input_names=['x'], output_names=['y'], dynamic_axes={'x': axes})
    told = {'madeWith': {'python': platform.python_version(), 'torch': torch.__version__},
            'steps': at, 'features': order.find('F'),
            'input': plain(x), 'output': plain(ys), 'alone': plain(alone)}
    (folder / f'{name}.json').write_text(json.dumps(told) + '\n', encoding='utf-8')
    print(f'{name}: one step of {len(steps)}')


def plain(tensor):
    return {'shape': list(tensor.shape), 'data': tensor.flatten().tolist()}


def main(folder):
    torch.set_num_threads(1)
    print(torch.__version__)
    torch.manual_seed(20260)
    steps_first, batch_first = {0: 'steps', 1: 'batch'}, {0: 'batch', 1: 'steps'}
    channels_first = {0: 'batch', 2: 'steps'}
    tbf, btf, bft = (torch.randn(*s) for s in ((STEPS, 1, 3), (1, STEPS, 3), (1, 3, STEPS)))
    export(folder, 'lstm-linear', LstmLinear(), tbf, steps_first, 'TBF')
    export(folder, 'bidirectional-gru-linear', BidirectionalGru(), btf, batch_first, 'BTF')
    export(folder, 'conv-gru-linear', ConvGru(), bft, channels_first, 'BFT')
    export(folder, 'causal-conv-gru-linear', CausalConvGru(), bft, channels_first, 'BFT')
    export(folder, 'lstm-state', LstmState(), tbf, {0: 'steps'}, 'TBF', hidden=(2, 1, 12))
    export(folder, 'embedding-lstm', EmbeddingLstm(), torch.randint(11, (1, STEPS)), batch_first,
           'BT')
    export(folder, 'bidirectional-last', BidirectionalLast(), tbf, steps_first, 'TBF')
    export(folder, 'tcn', Tcn(), bft, channels_first, 'BFT')
    export(folder, 'pooled', Pooled(), bft, channels_first, 'BFT')
    export(folder, 'normalised', Normalised(), tbf, steps_first, 'TBF')
    export(folder, 'window', Window(), torch.randn(1, 24), {}, 'BF', hidden=(1, 1, 7))
    export_step(folder, 'one-step', LstmLinear(), tbf, {}, 'TBF')
    export_step(folder, 'one-step-batch-first', LstmBatchFirst(), btf, {}, 'BTF')
    export_step(folder, 'one-step-of-a-batch', LstmBatchFirst(), btf, {0: 'batch'}, 'BTF')
    export_step(folder, 'one-step-steps-first', LstmLinear(), tbf, {1: 'batch'}, 'TBF')
    export_step(folder, 'one-step-last-state', LastOfGru(), btf, {0: 'batch'}, 'BTF')
    export(folder, 'step-after-sequence', StepAfterSequence(), tbf, {0: 'steps'}, 'TBF')
    export(folder, 'step-after-window', StepAfterWindow(), torch.randn(1, 9), {}, 'BF')
    export(folder, 'twice', Twice(), tbf, steps_first, 'TBF')
    export(folder, 'unbatched', Unbatched(), tbf[:, 0], {0: 'steps'}, 'TF')


if __name__ == '__main__':
    with results(__doc__, HERE, ROUNDED) as folder:
        main(folder)
