// Quantised networks as files, and what the dequantised ones answer in float64.

import Pbf from 'pbf';

export const steps = 100;

const numbers = (count, seed) =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(seed * 12.9898 + i * 78.233));

const types = { float: 1, uint8: 2, int8: 3 };
const wholes = (count, seed) => Int8Array.from(numbers(count, seed), v => Math.round(v * 100));

/** A tensor of float32, int8 or uint8. */
function tensor(name, dims, values) {
  const type =
    values instanceof Float32Array
      ? types.float
      : values instanceof Int8Array
        ? types.int8
        : types.uint8;
  return {
    name,
    dims,
    type,
    raw: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  };
}

/** `LSTM x W R -> Y`; `-` is left out. */
function node(text, { domain = '', ints = {} } = {}) {
  const [before, after] = text.split('->').map(side => side.trim().split(/\s+/));
  const [operator, ...inputs] = before;
  const names = list => list.map(name => (name === '-' ? '' : name));
  return { operator, domain, ints, inputs: names(inputs), outputs: names(after) };
}

function encoded(nodes, tensors, size) {
  const pbf = new Pbf();
  pbf.writeVarintField(1, 8);
  pbf.writeMessage(7, writeGraph, { nodes, tensors, size });
  for (const [domain, version] of [
    ['', 17],
    ['com.microsoft', 1],
  ]) {
    pbf.writeMessage(8, (_, out) => {
      out.writeStringField(1, domain);
      out.writeVarintField(2, version);
    });
  }
  return pbf.finish();
}

function writeGraph({ nodes, tensors, size }, pbf) {
  for (const own of nodes) {
    pbf.writeMessage(
      1,
      ({ operator, domain, ints, inputs, outputs }, out) => {
        for (const name of inputs) out.writeStringField(1, name);
        for (const name of outputs) out.writeStringField(2, name);
        out.writeStringField(4, operator);
        for (const [name, value] of Object.entries(ints)) {
          out.writeMessage(5, (_, to) => {
            to.writeStringField(1, name);
            to.writeVarintField(3, value);
            to.writeVarintField(20, 2);
          });
        }
        out.writeStringField(7, domain);
      },
      own,
    );
  }
  pbf.writeStringField(2, 'quantised');
  for (const own of tensors) {
    pbf.writeMessage(
      5,
      ({ name, dims, type, raw }, out) => {
        for (const dim of dims) out.writeVarintField(1, dim);
        out.writeVarintField(2, type);
        out.writeStringField(8, name);
        out.writeBytesField(9, raw);
      },
      own,
    );
  }
  const value = (name, dims) => (_, out) => {
    out.writeStringField(1, name);
    out.writeMessage(2, (__, type) =>
      type.writeMessage(1, (___, own) => {
        own.writeVarintField(1, 1);
        if (!dims) return;
        own.writeMessage(2, (____, shape) => {
          for (const dim of dims) {
            shape.writeMessage(1, (_____, to) => {
              if (typeof dim === 'number') to.writeVarintField(1, dim);
              else to.writeStringField(2, dim);
            });
          }
        });
      }),
    );
  };
  pbf.writeMessage(11, value('x', ['steps', 1, size]));
  pbf.writeMessage(12, value('y'));
}

const xsOf = size =>
  Array.from({ length: steps }, (_, t) => [...numbers(size, t + 1)].map(v => Math.fround(v)));

/** Rows of a matrix `[inputs, outputs]` of 8 bits, as what it stands for, times a vector. */
const product = (x, q, scales, zeros, size) =>
  Array.from({ length: size }, (_, k) =>
    x.reduce(
      (sum, v, i) =>
        sum + v * (q[i * size + k] - (zeros[k] ?? zeros[0])) * (scales[k] ?? scales[0]),
      0,
    ),
  );

const sigmoid = v => 1 / (1 + Math.exp(-v));

/** ONNX's LSTM (gates iofc) of 8 bits a weight, in the domain of onnxruntime's own operators. */
function lstm() {
  const [inputs, size] = [3, 4];
  const rows = 4 * size;
  const [w, r] = [wholes(inputs * rows, 1), wholes(size * rows, 2)];
  const scales = seed => numbers(rows, seed).map(v => 0.002 + v * v * 0.008);
  const [ws, rs] = [scales(3), scales(4)];
  // onnxruntime takes no other zero points.
  const [wz, rz] = [new Int8Array(rows), new Int8Array(rows)];
  const b = numbers(2 * rows, 6);
  const xs = xsOf(inputs);
  let [h, c] = [new Array(size).fill(0), new Array(size).fill(0)];
  const wanted = xs.map(x => {
    const [xw, hr] = [product(x, w, ws, wz, rows), product(h, r, rs, rz, rows)];
    const [i, o, f, g] = [0, 1, 2, 3].map(gate =>
      h.map((_, k) => {
        const at = gate * size + k;
        const sum = xw[at] + hr[at] + b[at] + b[rows + at];
        return gate === 3 ? Math.tanh(sum) : sigmoid(sum);
      }),
    );
    c = c.map((v, k) => f[k] * v + i[k] * g[k]);
    h = c.map((v, k) => o[k] * Math.tanh(v));
    return h;
  });
  const nodes = [
    node('DynamicQuantizeLSTM x w r b - - - - ws wz rs rz -> all', {
      ...{ domain: 'com.microsoft', ints: { hidden_size: size } },
    }),
    node('Squeeze all one -> y'),
  ];
  const tensors = [
    tensor('w', [1, inputs, rows], w),
    tensor('r', [1, size, rows], r),
    tensor('b', [1, 2 * rows], b),
    tensor('ws', [1, rows], ws),
    tensor('rs', [1, rows], rs),
    tensor('wz', [1, rows], wz),
    tensor('rz', [1, rows], rz),
  ];
  const axis = {
    name: 'one',
    dims: [1],
    type: 7,
    raw: new Uint8Array(BigInt64Array.of(1n).buffer),
  };
  return { nodes, tensors: [...tensors, axis], size: inputs, xs, wanted };
}

/** A product of integers, as onnxruntime's dynamic quantisation writes it. */
function matMulInteger() {
  const [inputs, size] = [3, 4];
  const [q, scale, zero] = [wholes(inputs * size, 7), Float32Array.of(0.01), Int8Array.of(3)];
  const xs = xsOf(inputs);
  const nodes = [
    node('DynamicQuantizeLinear x -> a s z'),
    node('MatMulInteger a q z zero -> i'),
    node('Cast i -> f', { ints: { to: 1 } }),
    node('Mul s scale -> t'),
    node('Mul f t -> y'),
  ];
  const tensors = [
    tensor('q', [inputs, size], q),
    tensor('scale', [1], scale),
    tensor('zero', [], zero),
  ];
  return {
    nodes,
    tensors,
    size: inputs,
    xs,
    wanted: xs.map(x => product(x, q, scale, zero, size)),
  };
}

/** Numbers and weights quantised and back, as static quantisation writes them. */
function quantisedAndBack() {
  const [inputs, size] = [3, 4];
  const [q, scale, zero] = [wholes(inputs * size, 8), Float32Array.of(0.02), Int8Array.of(0)];
  const xs = xsOf(inputs);
  const nodes = [
    node('QuantizeLinear x ten none -> a'),
    node('DequantizeLinear a ten none -> b'),
    node('DequantizeLinear q scale zero -> w'),
    node('MatMul b w -> y'),
  ];
  const tensors = [
    tensor('q', [inputs, size], q),
    tensor('scale', [], scale),
    tensor('zero', [], zero),
    tensor('ten', [], Float32Array.of(0.01)),
    tensor('none', [], Uint8Array.of(128)),
  ];
  return {
    nodes,
    tensors,
    size: inputs,
    xs,
    wanted: xs.map(x => product(x, q, scale, zero, size)),
  };
}

/** Each file: its bytes, steps, the answers in float64, and how far 8 bits may be from them. */
export function files() {
  const all = {
    DynamicQuantizeLSTM: lstm(),
    MatMulInteger: matMulInteger(),
    'QuantizeLinear, DequantizeLinear': quantisedAndBack(),
  };
  return Object.entries(all).map(([name, { nodes, tensors, size, xs, wanted }]) => ({
    ...{ name, xs, wanted, most: 0.05 },
    bytes: encoded(nodes, tensors, size),
  }));
}
