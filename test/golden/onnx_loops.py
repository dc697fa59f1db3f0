"""Recurrences that exporters write as loops, and PyTorch's answers: test/golden/onnx-loops.json.

    python3 test/golden/onnx_loops.py [--check]    # Debian 12: python3-torch, python3-onnx; 20 s

PyTorch's are scripted modules whose forward loops over the steps, by its own exporter. Those of
tf2onnx (Keras's LSTM and GRU as While) and ONNX's Scan are built by hand, around PyTorch's modules.
Weights are uniform in ±0.5 from a fixed seed. `node test/onnx/matrix.mjs` prints what the reader
makes of them.
"""

import base64
import io
import json
import platform
import sys
import warnings
from pathlib import Path

import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))

from results import ROUNDED, results

STEPS, SIZE, HIDDEN = 9, 3, 4


class Cells(nn.Module):
    """Products of a step and of a state, for every cell here."""

    def __init__(self, rows: int):
        super().__init__()
        self.w = nn.Linear(SIZE, rows * HIDDEN)
        self.u = nn.Linear(HIDDEN, rows * HIDDEN)
        self.o = nn.Linear(HIDDEN, 2)


class Listed(nn.Module):
    """LSTMCell; a list that is stacked."""

    def __init__(self):
        super().__init__()
        self.c = nn.LSTMCell(SIZE, HIDDEN)
        self.o = nn.Linear(HIDDEN, 2)

    def forward(self, x):
        h = torch.zeros(x.size(1), 4)
        c = torch.zeros(x.size(1), 4)
        ys = []
        for t in range(x.size(0)):
            h, c = self.c(x[t], (h, c))
            ys.append(h)
        return self.o(torch.stack(ys))


class Joined(Cells):
    """GRU, batch first; answers joined along axis 1."""

    def forward(self, x):
        h = torch.zeros(x.size(0), 4)
        ys = torch.zeros(x.size(0), 0, 4)
        xw = self.w(x)
        for t in range(x.size(1)):
            a = xw[:, t]
            b = self.u(h)
            r = torch.sigmoid(a[:, :4] + b[:, :4])
            z = torch.sigmoid(a[:, 4:8] + b[:, 4:8])
            n = torch.tanh(a[:, 8:] + r * b[:, 8:])
            h = (1 - z) * n + z * h
            ys = torch.cat([ys, h.unsqueeze(1)], 1)
        return ys


class Last(Cells):
    """RNN; the last state alone, through a layer."""

    def forward(self, x):
        h = torch.zeros(x.size(1), 4)
        for t in range(x.size(0)):
            h = torch.tanh(self.w(x[t]) + self.u(h))
        return self.o(h)


class Backward(Cells):
    """RNN from the last step to the first; answers put in front."""

    def forward(self, x):
        h = torch.zeros(x.size(1), 4)
        ys = torch.zeros(0, x.size(1), 4)
        for t in range(x.size(0) - 1, -1, -1):
            h = torch.tanh(self.w(x[t]) + self.u(h))
            ys = torch.cat([h.unsqueeze(0), ys])
        return ys


class Both(Cells):
    """RNN in both directions, from the same weights, joined."""

    def forward(self, x):
        h = torch.zeros(x.size(1), 4)
        ys = []
        for t in range(x.size(0)):
            h = torch.tanh(self.w(x[t]) + self.u(h))
            ys.append(h)
        g = torch.zeros(x.size(1), 4)
        zs = torch.zeros(0, x.size(1), 4)
        for t in range(x.size(0)):
            g = torch.tanh(self.w(x[x.size(0) - 1 - t]) + self.u(g))
            zs = torch.cat([g.unsqueeze(0), zs])
        return torch.cat([torch.stack(ys), zs], 2)


class Learned(Cells):
    """A leaky RNN that begins where it learned to, with a factor for each unit."""

    def __init__(self, rows: int):
        super().__init__(rows)
        self.h = nn.Parameter(torch.zeros(1, HIDDEN))
        self.a = nn.Parameter(torch.zeros(HIDDEN))

    def forward(self, x):
        h = self.h
        ys = []
        for t in range(x.size(0)):
            a = torch.sigmoid(self.a)
            h = a * h + (1 - a) * torch.tanh(self.w(x[t]) + self.u(h))
            ys.append(self.o(h))
        return torch.stack(ys)


class While(Cells):
    """RNN; a while that counts."""

    def forward(self, x):
        h = torch.zeros(x.size(1), 4)
        ys = []
        t = 0
        while t < x.size(0):
            h = torch.tanh(self.w(x[t]) + self.u(h))
            ys.append(h)
            t += 1
        return torch.stack(ys)


class Two(Cells):
    """Two recurrences in one loop, one on top of the other; both states stay in one list."""

    def __init__(self, rows: int):
        super().__init__(rows)
        self.v = nn.Linear(HIDDEN, HIDDEN)

    def forward(self, x):
        h = torch.zeros(x.size(1), 4)
        g = torch.zeros(x.size(1), 4)
        ys = []
        for t in range(x.size(0)):
            h = torch.tanh(self.w(x[t]) + self.u(h))
            g = torch.relu(self.v(h) + 0.5 * g)
            ys.append(torch.cat([h, g], 1))
        return torch.stack(ys)


class After(Cells):
    """Two loops, the second one over the answers of the first."""

    def __init__(self, rows: int):
        super().__init__(rows)
        self.v = nn.Linear(HIDDEN, HIDDEN)

    def forward(self, x):
        h = torch.zeros(x.size(1), 4)
        ys = []
        for t in range(x.size(0)):
            h = torch.tanh(self.w(x[t]) + self.u(h))
            ys.append(h)
        y = torch.stack(ys)
        g = torch.zeros(x.size(1), 4)
        zs = []
        for t in range(y.size(0)):
            g = torch.tanh(self.v(y[t]) - self.u(g))
            zs.append(g)
        return torch.stack(zs)


SCRIPTED = {
    'LSTMCell, a list that is stacked': (Listed, 0, 'TBF'),
    'GRU, answers joined along axis 1': (Joined, 3, 'BTF'),
    'RNN, the last state': (Last, 1, 'TBF'),
    'RNN from the last step to the first': (Backward, 1, 'TBF'),
    'RNN in both directions': (Both, 1, 'TBF'),
    'a leaky RNN that begins where it learned to': (Learned, 1, 'TBF'),
    'RNN, a while that counts': (While, 1, 'TBF'),
    'two recurrences in one loop': (Two, 1, 'TBF'),
    'a loop over the answers of another': (After, 1, 'TBF'),
}


def drawn(net):
    torch.manual_seed(20263)
    for parameter in net.parameters():
        nn.init.uniform_(parameter, -0.5, 0.5)
    return net.eval()


def data(order):
    torch.manual_seed(7)
    return torch.randn(*({'B': 1, 'T': STEPS, 'F': SIZE}[axis] for axis in order))


def scripted(name, kind, rows, order):
    net = drawn(kind(rows) if rows else kind())
    x = data(order)
    axes = {i: {'B': 'batch', 'T': 'steps'}[axis] for i, axis in enumerate(order) if axis != 'F'}
    file = io.BytesIO()
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter('ignore')
        y = net(x)
        torch.onnx.export(torch.jit.script(net), (x,), file, opset_version=14, input_names=['x'],
                          output_names=['y'], dynamic_axes={'x': axes})
    return told(f'scripted: {name}', f'torch {torch.__version__.split("a")[0]}', file.getvalue(),
                order, x, y)


class Writer:
    """Collects a graph, or the body of a loop."""

    def __init__(self, prefix=''):
        self.nodes, self.tensors, self.prefix = [], [], prefix

    def node(self, operator, *inputs, outputs=1, **attributes):
        names = [f'{self.prefix}{operator}_{len(self.nodes)}_{i}' for i in range(outputs)]
        self.nodes.append(helper.make_node(operator, inputs, names, **attributes))
        return names[0] if outputs == 1 else names

    def tensor(self, values, dtype=torch.float32):
        name = f'{self.prefix}tensor_{len(self.tensors)}'
        array = torch.as_tensor(values, dtype=dtype).detach().contiguous().numpy()
        self.tensors.append(numpy_helper.from_array(array, name))
        return name

    def body(self, inputs, outputs):
        def info(name, kind=TensorProto.FLOAT, dims=None):
            return helper.make_tensor_value_info(name, kind, dims)
        return helper.make_graph(self.nodes, 'body', [info(*own) for own in inputs],
                                 [info(*own) for own in outputs], self.tensors)

    def file(self, y, dims, producer, opset):
        self.nodes.append(helper.make_node('Identity', [y], ['y']))
        model = helper.make_model(
            self.body([('x', TensorProto.FLOAT, dims)], [('y',)]), producer_name=producer,
            opset_imports=[helper.make_opsetid('', opset)])
        model.ir_version = 8
        return model.SerializeToString()


def lstm_step(w, m, x, h, c, axis):
    """PyTorch's LSTM by its primitives: the next h and c."""
    xw = w.node('MatMul', x, w.tensor(m.weight_ih_l0.t()))
    hw = w.node('MatMul', h, w.tensor(m.weight_hh_l0.t()))
    gates = w.node('Add', w.node('Add', xw, hw), w.tensor(m.bias_ih_l0 + m.bias_hh_l0))
    i, f, g, o = w.node('Split', gates, outputs=4, axis=axis)
    i, f, o = (w.node('Sigmoid', gate) for gate in (i, f, o))
    kept = w.node('Mul', f, c)
    c = w.node('Add', kept, w.node('Mul', i, w.node('Tanh', g)))
    return w.node('Mul', o, w.node('Tanh', c)), c


def gru_step(w, m, x, h, axis):
    xw = w.node('Add', w.node('MatMul', x, w.tensor(m.weight_ih_l0.t())), w.tensor(m.bias_ih_l0))
    hw = w.node('Add', w.node('MatMul', h, w.tensor(m.weight_hh_l0.t())), w.tensor(m.bias_hh_l0))
    xr, xz, xn = w.node('Split', xw, outputs=3, axis=axis)
    hr, hz, hn = w.node('Split', hw, outputs=3, axis=axis)
    r, z = (w.node('Sigmoid', w.node('Add', *pair)) for pair in ((xr, hr), (xz, hz)))
    n = w.node('Tanh', w.node('Add', xn, w.node('Mul', r, hn)))
    rest = w.node('Mul', w.node('Sub', w.tensor(1.0), z), n)
    return w.node('Add', rest, w.node('Mul', z, h))


def zeros(w, x):
    """As tf2onnx: zeros that are expanded to the batch."""
    size = w.node('Slice', w.node('Shape', x), w.tensor([0], torch.int64),
                  w.tensor([1], torch.int64))
    shape = w.node('Concat', size, w.tensor([HIDDEN], torch.int64), axis=0)
    return w.node('Expand', w.tensor(0.0), shape)


def tf_while():
    """Keras's LSTM as tf2onnx writes its While: a counter beside the number of the step."""
    m = drawn(nn.LSTM(SIZE, HIDDEN, batch_first=True))
    w, b = Writer(), Writer('while/')
    xs = w.node('Transpose', 'x', perm=[1, 0, 2])
    count = w.node('Squeeze', w.node('Slice', w.node('Shape', xs), w.tensor([0], torch.int64),
                                     w.tensor([1], torch.int64)), w.tensor([0], torch.int64))
    count = w.node('Cast', count, to=TensorProto.INT32)
    zero = w.tensor(0, torch.int32)
    begun = w.node('Less', zero, count)
    one = b.tensor(1, torch.int32)
    place = b.node('Unsqueeze', 'time', b.tensor([0], torch.int64))
    x = b.node('Squeeze', b.node('Gather', xs, place, axis=0), b.tensor([0], torch.int64))
    h, c = lstm_step(b, m, x, 'h', 'c', 1)
    time, steps = b.node('Add', 'time', one), b.node('Add', 'counter', one)
    goes = b.node('And', b.node('Less', steps, count), b.node('Less', time, count))
    answer = b.node('Identity', h)
    integer = TensorProto.INT32
    body = b.body(
        [('i', TensorProto.INT64, []), ('cond', TensorProto.BOOL, []), ('counter', integer, []),
         ('time', integer, []), ('h',), ('c',)],
        [(goes, TensorProto.BOOL, []), (steps, integer, []), (time, integer, []), (h,), (c,),
         (answer,)])
    most = w.tensor(2 ** 63 - 1, torch.int64)
    ys = w.node('Loop', most, begun, zero, zero, zeros(w, 'x'), zeros(w, 'x'), outputs=5, body=body)
    y = w.node('Transpose', ys[4], perm=[1, 0, 2])
    return m, w.file(y, ['batch', 'steps', SIZE], 'tf2onnx', 13), 'BTF'


def tf_last():
    """Keras's GRU as tf2onnx writes its While: the last state alone, so many steps at most."""
    m = drawn(nn.GRU(SIZE, HIDDEN, batch_first=True))
    w, b = Writer(), Writer('while/')
    xs = w.node('Transpose', 'x', perm=[1, 0, 2])
    count = w.node('Squeeze', w.node('Slice', w.node('Shape', xs), w.tensor([0], torch.int64),
                                     w.tensor([1], torch.int64)), w.tensor([0], torch.int64))
    x = b.node('Gather', xs, 'i', axis=0)
    h = gru_step(b, m, x, 'h', 1)
    goes = b.node('Identity', 'cond')
    body = b.body([('i', TensorProto.INT64, []), ('cond', TensorProto.BOOL, []), ('h',)],
                  [(goes, TensorProto.BOOL, []), (h,)])
    y = w.node('Loop', count, '', zeros(w, 'x'), body=body)
    return m, w.file(y, ['batch', 'steps', SIZE], 'tf2onnx', 13), 'BTF'


def scan(opset, order, backward=False):
    """A GRU as ONNX's Scan, whose axis of steps is that of the order."""
    m = drawn(nn.GRU(SIZE, HIDDEN, batch_first=order == 'BTF'))
    w, b = Writer(), Writer('scan/')
    at = order.index('T')
    if opset == 8:
        # Of one sequence of the batch.
        h = gru_step(b, m, 'step', 'h', 0)
        shapes, begin = [[HIDDEN], [SIZE]], w.tensor(torch.zeros(1, HIDDEN))
        given, attributes = ['', begin, 'x'], {'directions': [int(backward)]}
    else:
        h = gru_step(b, m, 'step', 'h', 1)
        shapes, begin = [[1, HIDDEN], [1, SIZE]], w.tensor(torch.zeros(1, HIDDEN))
        given = [begin, 'x']
        attributes = {'scan_input_axes': [at], 'scan_output_axes': [at],
                      'scan_input_directions': [int(backward)],
                      'scan_output_directions': [int(backward)]}
    answer = b.node('Identity', h)
    body = b.body([('h', TensorProto.FLOAT, shapes[0]), ('step', TensorProto.FLOAT, shapes[1])],
                  [(h, TensorProto.FLOAT, shapes[0]), (answer, TensorProto.FLOAT, shapes[0])])
    ys = w.node('Scan', *given, outputs=2, body=body, num_scan_inputs=1, **attributes)
    dims = [{'B': 1, 'T': 'steps', 'F': SIZE}[axis] for axis in order]
    return m, w.file(ys[1], dims, '', opset), order


def forms():
    def case(name, exporter, form, answer=lambda m, x: m(x)[0]):
        module, model, order = form
        x = data(order)
        return told(name, exporter, model, order, x, answer(module, x))
    yield case('While of an LSTM, with two counters', 'tf2onnx', tf_while())
    yield case('While of a GRU, the last state', 'tf2onnx', tf_last(), lambda m, x: m(x)[1][0])
    for opset in (8, 9, 11):
        order = 'BTF' if opset == 8 else 'TBF'
        yield case(f'Scan of operator set {opset}', 'onnx', scan(opset, order))
    yield case('Scan along axis 1', 'onnx', scan(11, 'BTF'))
    yield case('Scan from the last step to the first', 'onnx', scan(11, 'TBF', True),
               lambda m, x: m(x.flip(0))[0].flip(0))


def told(name, exporter, model, order, x, y):
    return {'name': name, 'exporter': exporter, 'model': base64.b64encode(model).decode(),
            'steps': order.index('T'), 'features': order.index('F'),
            'shape': list(x.shape), 'input': rounded(x), 'output': rounded(y)}


def rounded(values):
    """Eight digits: more than float32 has."""
    return [float(f'{v:.8g}') for v in values.detach().flatten().tolist()]


def main(folder):
    torch.set_num_threads(1)
    cases = [scripted(name, *own) for name, own in SCRIPTED.items()] + list(forms())
    lines = ',\n'.join(json.dumps(case) for case in cases)
    versions = {'python': platform.python_version(), 'torch': torch.__version__,
                'onnx': onnx.__version__}
    text = f'{{"madeWith": {json.dumps(versions)}, "cases": [\n{lines}\n]}}\n'
    (folder / 'onnx-loops.json').write_text(text, encoding='utf-8')
    print(f'{len(cases)} networks, {len(text):,} bytes')


if __name__ == '__main__':
    with results(__doc__, Path(__file__).parent, ROUNDED) as folder:
        main(folder)
