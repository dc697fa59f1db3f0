"""Three networks that PyTorch exports to ONNX, with inputs and torch's own outputs.

    python3 test/golden/onnx/make.py      # Debian 12: apt install python3-torch; a few seconds

Writes NAME.onnx, as users get it from torch.onnx.export, and NAME.json: the input, [steps, batch,
features] (conv: [batch, features, steps]), and the output, both row-major with their shapes. Weights
are torch's initial ones from a fixed seed.
"""

import json
import platform
from pathlib import Path

import torch

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


STEPS = 40


def export(name, model, shape, axes, states=(), opset=17):
    torch.manual_seed(20260 + len(name))
    for parameter in model.parameters():
        torch.nn.init.uniform_(parameter, -0.5, 0.5)
    model.eval()
    x = torch.randn(*shape)
    given = [torch.zeros(2, 1, 12) for _ in states]
    with torch.no_grad():
        y = model(x, *given)
    y = y[0] if states else y
    torch.onnx.export(
        model, (x, *given), HERE / f'{name}.onnx', opset_version=opset,
        input_names=['x', *[f'{s}0' for s in states]],
        output_names=['y', *[f'{s}n' for s in states]],
        dynamic_axes={'x': axes, 'y': {0: 'steps'}} if states else {'x': axes})
    told = {'madeWith': {'python': platform.python_version(), 'torch': torch.__version__},
            'input': plain(x), 'output': plain(y)}
    (HERE / f'{name}.json').write_text(json.dumps(told) + '\n', encoding='utf-8')
    sizes = [(HERE / f'{name}.{kind}').stat().st_size for kind in ('onnx', 'json')]
    print(f'{name}: {sizes[0]:,} and {sizes[1]:,} bytes')


def plain(tensor):
    return {'shape': list(tensor.shape), 'data': tensor.flatten().tolist()}


def main():
    torch.set_num_threads(1)
    print(torch.__version__)
    steps_first, batch_first = {0: 'steps', 1: 'batch'}, {0: 'batch', 1: 'steps'}
    channels_first = {0: 'batch', 2: 'steps'}
    export('lstm-linear', LstmLinear(), (STEPS, 1, 3), steps_first)
    export('bidirectional-gru-linear', BidirectionalGru(), (1, STEPS, 3), batch_first)
    export('conv-gru-linear', ConvGru(), (1, 3, STEPS), channels_first)
    export('causal-conv-gru-linear', CausalConvGru(), (1, 3, STEPS), channels_first)
    export('lstm-state', LstmState(), (STEPS, 1, 3), {0: 'steps'}, states=('h', 'c'))


if __name__ == '__main__':
    main()
