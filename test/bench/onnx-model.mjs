// An ONNX file of a recurrent layer, and perhaps a dense one, written by hand: protocol buffers are
// a tag and a varint, or a tag, a length and bytes.

function varint(value) {
  const bytes = [];
  let left = value;
  for (; left > 127; left = Math.floor(left / 128)) bytes.push((left % 128) + 128);
  return Uint8Array.from([...bytes, left]);
}

function joined(parts) {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const number = (field, value) => joined([varint(field * 8), varint(value)]);
const bytes = (field, value) => joined([varint(field * 8 + 2), varint(value.length), value]);
const text = (field, value) => bytes(field, new TextEncoder().encode(value));
const message = (field, ...parts) => bytes(field, joined(parts));

/** Element type float, as ONNX counts them. */
const float = 1;

function initializer(name, dims, data) {
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const shape = dims.map(dim => number(1, dim));
  return message(5, ...shape, number(2, float), text(8, name), bytes(9, raw));
}

function valueInfo(field, name, dims) {
  const shape = message(2, ...dims.map(dim => message(1, number(1, dim))));
  return message(field, text(1, name), message(2, message(1, number(1, float), shape)));
}

function node(type, inputs, outputs, integers = {}) {
  // An attribute: name 1, integer 3, type 20 (2: INT).
  const attributes = Object.entries(integers).map(([name, value]) =>
    message(5, text(1, name), number(3, value), number(20, 2)),
  );
  const [from, to] = [inputs.map(name => text(1, name)), outputs.map(name => text(2, name))];
  return message(1, ...from, ...to, text(4, type), ...attributes);
}

/** Where ONNX's gates are in PyTorch's order: ifgo as iofc, rzn as zrh. */
const gates = { lstm: [0, 3, 1, 2], gru: [1, 0, 2], rnn: [0] };

function reordered(data, order) {
  const size = data.length / order.length;
  const out = new Float32Array(data.length);
  for (const [to, from] of order.entries()) {
    out.set(data.subarray(from * size, (from + 1) * size), to * size);
  }
  return out;
}

/**
 * The model: `x [sequence, batch, size]`, `h` and for an LSTM `c [1, batch, size]` in; `hn`, `cn`
 * and, for sequences and with a dense layer, `y` out.
 */
export function onnxModel([recurrent, dense], { size, sequence, batch }) {
  const { kind, weightIh, weightHh, biasIh, biasHh } = recurrent;
  const order = gates[kind];
  const rows = order.length * size;
  const [w, r, bIh, bHh] = [weightIh, weightHh, biasIh, biasHh].map(data => reordered(data, order));
  const isLstm = kind === 'lstm';
  // The outputs of all steps: what the dense layer takes, or the answer to a sequence.
  const whole = dense ? 'whole' : sequence > 1 ? 'y' : '';
  const state = [1, batch, size];
  const attributes = { hidden_size: size, ...(kind === 'gru' && { linear_before_reset: 1 }) };
  const inputs = ['x', 'w', 'r', 'b', '', 'h', ...(isLstm ? ['c'] : [])];
  const outputs = [whole, 'hn', ...(isLstm ? ['cn'] : [])];
  const graph = [
    node(kind.toUpperCase(), inputs, outputs, attributes),
    initializer('w', [1, rows, size], w),
    initializer('r', [1, rows, size], r),
    initializer('b', [1, 2 * rows], Float32Array.from([...bIh, ...bHh])),
    text(2, 'g'),
    valueInfo(11, 'x', [sequence, batch, size]),
    valueInfo(11, 'h', state),
    valueInfo(12, 'hn', state),
    ...(isLstm ? [valueInfo(11, 'c', state), valueInfo(12, 'cn', state)] : []),
  ];
  if (dense) {
    const out = dense.bias.length;
    const transposed = new Float32Array(dense.weight.length);
    for (let i = 0; i < out; i++) {
      for (let k = 0; k < size; k++) transposed[k * out + i] = dense.weight[i * size + k];
    }
    graph.push(
      node('MatMul', ['whole', 'dense'], ['product']),
      node('Add', ['product', 'bias'], ['y']),
      initializer('dense', [size, out], transposed),
      initializer('bias', [out], dense.bias),
      valueInfo(12, 'y', [sequence, 1, batch, out]),
    );
  } else if (whole) {
    graph.push(valueInfo(12, 'y', [sequence, 1, batch, size]));
  }
  return joined([number(1, 8), message(8, text(1, ''), number(2, 14)), message(7, ...graph)]);
}
