"""Recurrent networks in the forms that other exporters than this PyTorch's give them, by hand.

`newer`: PyTorch 2.9 and later, whose translation is onnxscript's (torch_lib): one node a layer, the
state cut out of zeros that are expanded to the batch, opset 18 and later. `tf2onnx`: Keras's LSTM and
GRU, batch first, one bias, squeezed outputs.
"""

import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

STEPS, SIZE, HIDDEN = 9, 3, 4
# PyTorch's rows of gates in ONNX's order.
ORDERS = {'LSTM': (0, 3, 1, 2), 'GRU': (1, 0, 2), 'RNN': (0,)}


def reordered(kind, values):
    blocks = values.detach().reshape(len(ORDERS[kind]), HIDDEN, *values.shape[1:])
    return torch.cat([blocks[i] for i in ORDERS[kind]])


def weights(kind, module, layer=0):
    """W, R and B of a layer, of both directions where it has two."""
    ends = ['', '_reverse'] if module.bidirectional else ['']

    def stacked(name):
        return torch.stack([reordered(kind, getattr(module, f'{name}_l{layer}{end}')) for end in ends])
    return (stacked('weight_ih'), stacked('weight_hh'),
            torch.cat([stacked('bias_ih'), stacked('bias_hh')], 1))


class Writer:
    """Collects a graph."""

    def __init__(self):
        self.nodes, self.tensors = [], []

    def node(self, operator, *inputs, outputs=1, **attributes):
        names = [f'{operator}_{len(self.nodes)}_{i}' for i in range(outputs)]
        self.nodes.append(helper.make_node(operator, inputs, names, **attributes))
        return names[0] if outputs == 1 else names

    def tensor(self, values, dtype=torch.float32):
        name = f'tensor_{len(self.tensors)}'
        array = torch.as_tensor(values, dtype=dtype).detach().contiguous().numpy()
        self.tensors.append(numpy_helper.from_array(array, name))
        return name

    def integers(self, *values):
        return self.tensor(list(values), torch.int64)

    def file(self, y, dims, producer, version, opset):
        self.nodes.append(helper.make_node('Identity', [y], ['y']))
        graph = helper.make_graph(
            self.nodes, 'main', [helper.make_tensor_value_info('x', TensorProto.FLOAT, dims)],
            [helper.make_tensor_value_info('y', TensorProto.FLOAT, None)], self.tensors)
        model = helper.make_model(graph, producer_name=producer, producer_version=version,
                                  opset_imports=[helper.make_opsetid('', opset)])
        model.ir_version = 8
        return model.SerializeToString()


def drawn(kind, **options):
    torch.manual_seed(20262)
    module = getattr(nn, kind)(SIZE, HIDDEN, **options)
    for parameter in module.parameters():
        nn.init.uniform_(parameter, -0.5, 0.5)
    return module


def newer(kind, last, faulty=False, **options):
    """As onnxscript's aten_lstm and aten_gru, over [batch, steps, features]."""
    module = drawn(kind, batch_first=True, **options)
    directions = 2 if module.bidirectional else 1
    count = module.num_layers * directions
    w = Writer()
    size = w.node('Shape', 'x', start=0, end=1)
    shape = w.node('Concat', w.integers(count), size, w.integers(HIDDEN), axis=0)
    zeros = [w.node('Expand', w.tensor(0.0), shape) for _ in range(2 if kind == 'LSTM' else 1)]
    y = w.node('Transpose', 'x', perm=[1, 0, 2])
    finals = []
    attributes = {'hidden_size': HIDDEN,
                  'direction': 'bidirectional' if directions == 2 else 'forward'}
    if kind == 'GRU' and not faulty:
        attributes['linear_before_reset'] = 1
    for layer in range(module.num_layers):
        at = w.integers(layer * directions), w.integers((layer + 1) * directions), w.integers(0)
        states = [w.node('Slice', zero, *at) for zero in zeros]
        tensors = [w.tensor(values) for values in weights(kind, module, layer)]
        y, *ends = w.node(kind, y, *tensors, '', *states, outputs=2 + (kind == 'LSTM'), **attributes)
        finals.append(ends[0])
        if directions == 2:
            y = w.node('Reshape', w.node('Transpose', y, perm=[0, 2, 1, 3]), w.integers(0, 0, -1))
        else:
            y = w.node('Squeeze', y, w.integers(1))
    h = finals[0] if len(finals) == 1 else w.node('Concat', *finals, axis=0)
    out = w.node('Transpose', y, perm=[1, 0, 2])
    if last:
        out = w.node('Gather', h, w.tensor(-1, torch.int64), axis=0)
        if directions == 2:
            other = w.node('Gather', h, w.tensor(-2, torch.int64), axis=0)
            out = w.node('Concat', other, out, axis=1)
    model = w.file(out, ['batch', 'steps', SIZE], 'pytorch', '2.10.0', 20)
    x = torch.randn(1, STEPS, SIZE)
    y, h = module(x)
    h = h[0] if kind == 'LSTM' else h
    wanted = (torch.cat([h[-2], h[-1]], 1) if directions == 2 else h[-1]) if last else y
    return model, 'BTF', x, wanted


def keras(kind, last, **options):
    """As tf2onnx rewrites Keras's layers: transposed, one node, its outputs squeezed."""
    module = drawn(kind, batch_first=True, **options)
    w = Writer()
    flow = w.node('Transpose', 'x', perm=[1, 0, 2])
    tensors = [w.tensor(values) for values in weights(kind, module)]
    attributes = {'hidden_size': HIDDEN, 'direction': 'forward'}
    if kind == 'GRU':
        attributes.update(linear_before_reset=1, activations=['Sigmoid', 'Tanh'])
    if kind == 'LSTM':
        # Zeros of the batch's size, as its loop had them.
        batch = w.node('Slice', w.node('Shape', flow), w.integers(1), w.integers(2), w.integers(0))
        whole = w.node('Concat', w.integers(1), batch, w.integers(HIDDEN), axis=0)
        zero = w.node('ConstantOfShape', whole)
        states = [zero, zero]
    else:
        states = []
    outputs = w.node(kind, flow, *tensors, '', *states, outputs=2 + (kind == 'LSTM'), **attributes)
    if last:
        out = w.node('Squeeze', outputs[1], w.integers(0))
    else:
        out = w.node('Transpose', w.node('Squeeze', outputs[0], w.integers(1)), perm=[1, 0, 2])
    model = w.file(out, ['unk__1', STEPS, SIZE], 'tf2onnx', '1.16.1', 15)
    x = torch.randn(1, STEPS, SIZE)
    y, h = module(x)
    h = h[0] if kind == 'LSTM' else h
    return model, 'BTF', x, h[-1] if last else y


def forms():
    for kind in ('LSTM', 'GRU'):
        for last in (False, True):
            what = 'h' if last else 'all steps'
            yield (f'{kind}: {what}', 'newer', *newer(kind, last))
            yield (f'{kind} of two layers: {what}', 'newer', *newer(kind, last, num_layers=2))
            yield (f'bidirectional {kind}: {what}', 'newer', *newer(kind, last, bidirectional=True))
            yield (f'{kind}: {what}', 'tf2onnx', *keras(kind, last))
    yield ('GRU that lies: all steps', 'newer, 2.10', *newer('GRU', False, faulty=True))
