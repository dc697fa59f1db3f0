"""A network in the shape that PyTorch 2.9 and later export, with its weights in a second file.

    python3 test/golden/onnx/external.py [--check]   # Debian 12: python3-torch; a second

The exporter there leaves PyTorch's weights as they are, and puts their gates into ONNX's order in
the graph: Slice x 4 -> Concat -> Unsqueeze -> LSTM. Tensors above 256 bytes go to NAME.onnx.data.
Debian's PyTorch is older and has no such exporter, so the file is written field by field here (their
numbers are those of onnx.proto); input and output are PyTorch's, in NAME.json as make.py writes
them. `large.json` has the answer of an LSTM of 128 units to a formula's weights, which a test makes
itself.
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
NAME = 'external-lstm'
LEAST = 256
FLOAT, INT64, EXTERNAL = 1, 7, 1


def varint(value):
    low, rest = value & 127, value >> 7
    return bytes([low]) if rest == 0 else bytes([low | 128]) + varint(rest)


def field(number, value):
    """A field of a message: an integer, a text, or bytes, which a message is too."""
    if isinstance(value, int):
        return varint(number * 8) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number * 8 + 2) + varint(len(data)) + data


def joined(number, values):
    return b''.join(field(number, value) for value in values)


def attribute(name, value):
    if isinstance(value, str):
        return field(1, name) + field(4, value) + field(20, 3)
    if isinstance(value, int):
        return field(1, name) + field(3, value) + field(20, 2)
    return field(1, name) + joined(8, value) + field(20, 7)


def value_info(name, dims):
    shape = b''.join(field(1, field(1 if isinstance(n, int) else 2, n)) for n in dims)
    return field(1, name) + field(2, field(1, field(1, FLOAT) + field(2, shape)))


class LstmLinear(torch.nn.Module):
    def __init__(self, size, hidden, out):
        super().__init__()
        self.rnn = torch.nn.LSTM(size, hidden)
        self.head = torch.nn.Linear(hidden, out)

    def forward(self, x):
        return self.head(self.rnn(x)[0])


class Graph:
    """Nodes, and tensors, of which the large ones go into `data`."""

    def __init__(self):
        self.nodes, self.tensors, self.count, self.data = b'', b'', 0, b''

    def node(self, operator, inputs, output, **attributes):
        outputs = [output] if isinstance(output, str) else output
        own = joined(1, inputs) + joined(2, outputs) + field(3, f'node_{operator}_{len(self.nodes)}')
        own += field(4, operator)
        own += joined(5, (attribute(*pair) for pair in attributes.items()))
        self.nodes += field(1, own)
        return outputs[0]

    def tensor(self, name, values):
        self.count += 1
        raw = values.numpy().tobytes()
        own = joined(1, values.shape) + field(2, INT64 if values.dtype == torch.int64 else FLOAT)
        own += field(8, name)
        if len(raw) <= LEAST:
            own += field(9, raw)
        else:
            place = {'location': f'{NAME}.onnx.data', 'offset': len(self.data), 'length': len(raw)}
            pairs = (field(1, key) + field(2, str(value)) for key, value in place.items())
            own += joined(13, pairs) + field(14, EXTERNAL)
            self.data += raw
        self.tensors += field(5, own)
        return name

    def integers(self, *values):
        return self.tensor(f'val_{self.count}', torch.tensor(values, dtype=torch.int64))

    def reordered(self, name, hidden):
        """PyTorch's rows i f g o as ONNX's i o f c."""
        parts = [self.node('Slice', [name, self.integers(k * hidden), self.integers((k + 1) * hidden),
                                     self.integers(0), self.integers(1)], f'{name}_slice_{k}')
                 for k in (0, 3, 1, 2)]
        return self.node('Concat', parts, f'{name}_iofc', axis=0)


def graph_of(model, steps):
    graph = Graph()
    for name, values in model.state_dict().items():
        graph.tensor(name, values)
    hidden = model.rnn.hidden_size
    axis = graph.integers(0)
    w, r = (graph.node('Unsqueeze', [graph.reordered(f'rnn.weight_{k}_l0', hidden), axis], f'{k}_w')
            for k in ('ih', 'hh'))
    biases = [graph.reordered(f'rnn.bias_{k}_l0', hidden) for k in ('ih', 'hh')]
    b = graph.node('Unsqueeze', [graph.node('Concat', biases, 'biases', axis=0), axis], 'b')
    zero = graph.tensor('zero', torch.tensor(0.0))
    states = [graph.node('Expand', [zero, graph.integers(1, 1, hidden)], f'{s}0') for s in 'hc']
    graph.node('LSTM', ['x', w, r, b, '', *states], ['hs', 'hn', 'cn'],
               direction='forward', hidden_size=hidden)
    y = graph.node('Squeeze', ['hs', graph.integers(1)], 'h')
    head = graph.node('Transpose', ['head.weight'], 'head_t', perm=[1, 0])
    graph.node('Add', [graph.node('MatMul', [y, head], 'product'), 'head.bias'], 'y')
    out, size = model.head.weight.shape[0], model.rnn.input_size
    own = graph.nodes + field(2, 'main_graph') + graph.tensors
    own += field(11, value_info('x', [steps, 1, size])) + field(12, value_info('y', [steps, 1, out]))
    operators = field(8, field(1, '') + field(2, 18))
    model = field(1, 10) + field(2, 'pytorch') + field(3, '2.9.0') + field(7, own) + operators
    return model, graph.data


def plain(tensor):
    return {'shape': list(tensor.shape), 'data': tensor.flatten().tolist()}


def formula(shape, step, scale):
    """Uniform in ±scale or so, the same in every language: k * step mod 1009, a prime."""
    k = torch.arange(torch.Size(shape).numel())
    return (((k * step) % 1009 - 504).double() / 504 * scale).float().reshape(shape)


def large():
    """Weights of 131,072 numbers: from there on such files used to be refused."""
    model = torch.nn.LSTM(128, 128)
    with torch.no_grad():
        for step, parameter in zip((37, 101, 11, 53), model.parameters()):
            parameter.copy_(formula(parameter.shape, step, 0.1))
        y = model(formula((6, 1, 128), 29, 1))[0]
    return {'shape': list(y.shape), 'data': [float(f'{v:.7g}') for v in y.flatten().tolist()]}


def main(folder):
    torch.set_num_threads(1)
    versions = {'python': platform.python_version(), 'torch': torch.__version__}
    torch.manual_seed(20269)
    model = LstmLinear(3, 20, 2)
    for parameter in model.parameters():
        torch.nn.init.uniform_(parameter, -0.5, 0.5)
    model.eval()
    x = torch.randn(40, 1, 3)
    with torch.no_grad():
        y = model(x)
    graph, data = graph_of(model, 'steps')
    (folder / f'{NAME}.onnx').write_bytes(graph)
    (folder / f'{NAME}.onnx.data').write_bytes(data)
    told = {'madeWith': versions, 'steps': 0, 'features': 2, 'input': plain(x), 'output': plain(y)}
    (folder / f'{NAME}.json').write_text(json.dumps(told) + '\n', encoding='utf-8')
    told = {'madeWith': versions, 'output': large()}
    (folder / 'large.json').write_text(json.dumps(told) + '\n', encoding='utf-8')
    for path in sorted(folder.glob(f'{NAME}.*')):
        print(f'{path.name}: {path.stat().st_size:,} bytes')


if __name__ == '__main__':
    with results(__doc__, HERE, ROUNDED) as folder:
        main(folder)
