import { expect, test } from 'vitest';
import { stateful } from '../../../src/core.js';
import { encodeModel, type NodeDraft, type TensorDraft } from '../../../src/io/onnx/encode.js';
import { readOnnx } from '../../../src/io/onnx/index.js';
import type { Problem } from '../../../src/io/unreadable.js';
import { refusal } from '../files.js';
import { node, numbers } from './graphs.js';

type Tensors = Readonly<Record<string, readonly [number[], TensorDraft['values']]>>;

/** A file of nodes, whose integers are int64: a tensor's type changes nothing of what it says. */
function file(nodes: readonly NodeDraft[], tensors: Tensors): Uint8Array {
  return encodeModel({
    name: 'test',
    nodes,
    initializers: Object.entries(tensors).map(([name, [dims, values]]) => ({ name, dims, values })),
    inputs: [{ name: 'x', dims: ['steps', 'batch', 2] }],
    outputs: [{ name: 'y', dims: [] }],
  });
}

const xs = [
  [1, -2],
  [0.5, 3],
  [-1, 0.25],
];

const run = (bytes: Uint8Array) => {
  const notes: string[] = [];
  const onWarning = ({ why }: Problem) => notes.push(why);
  const ys = stateful(readOnnx(bytes, { onWarning })).map(xs as never);
  return { ys: (ys as unknown as Float32Array[]).map(y => [...y]), notes };
};

/** Weights of 8 bits `[2, 3]`, and what they stand for. */
const q = [10, -3, 7, 0, 100, -128];
const scales = [0.5, 0.25, 2];
const zeros = [1, 0, -2];
const meant = (i: number) => (q[i] - zeros[i % 3]) * scales[i % 3];
const wanted = xs.map(([a, b]) => [0, 1, 2].map(k => a * meant(k) + b * meant(3 + k)));

const tensors: Tensors = {
  q: [[2, 3], q],
  scale: [[3], Float32Array.from(scales)],
  zero: [[3], zeros],
  two: [[], Float32Array.of(2)],
  none: [[], [0]],
};

const told = (operators: string) => [
  `quantised numbers (${operators}), read into float32: a runtime rounds what it computes as well`,
];

test('weights of 8 bits are what they stand for', () => {
  const nodes = [node('DequantizeLinear q scale zero -> w'), node('MatMul x w -> y')];
  expect(run(file(nodes, tensors))).toEqual({ ys: wanted, notes: told('DequantizeLinear') });
});

test('numbers that are quantised and back are not rounded', () => {
  const nodes = [
    node('QuantizeLinear x two none -> a'),
    node('DequantizeLinear a two none -> b'),
    node('DequantizeLinear q scale zero -> w'),
    node('MatMul b w -> y'),
  ];
  expect(run(file(nodes, tensors))).toEqual({ ys: wanted, notes: told('DequantizeLinear') });
});

test('a product of integers is one of what they stand for', () => {
  const nodes = [
    node('DynamicQuantizeLinear x -> a s z'),
    node('MatMulInteger a q z zero -> i'),
    node('Cast i -> f', { to: { int: 1 } }),
    node('Mul s scale -> t'),
    node('Mul f t -> y'),
  ];
  const { ys, notes } = run(file(nodes, tensors));
  expect(ys).toEqual(wanted);
  expect(notes).toEqual(told('DynamicQuantizeLinear, MatMulInteger'));
});

test('an LSTM of 8 bits is the LSTM of what its weights stand for', () => {
  const size = 3;
  const rows = 4 * size;
  const int8 = (count: number, seed: number) =>
    [...numbers(count, seed)].map(v => Math.round(v * 90));
  const [w, r] = [int8(2 * rows, 1), int8(size * rows, 2)];
  const scale = (seed: number) => numbers(rows, seed).map(v => 0.005 + v * v * 0.01);
  const [ws, rs] = [scale(3), scale(4)];
  const zero = int8(rows, 5);
  const turned = (values: number[], columns: number, s: Float32Array, z: number[]) =>
    Float32Array.from({ length: values.length }, (_, i) => {
      const [row, k] = [Math.floor(i / columns), i % columns];
      return (values[k * rows + row] - (z[row] ?? 0)) * s[row];
    });
  const inputs = '- - - - -';
  const attributes = { hidden_size: { int: size } };
  const quantised = file(
    [
      node(`DynamicQuantizeLSTM x w r ${inputs} ws wz rs rz -> - h`, attributes),
      node('Identity h -> y'),
    ],
    {
      ...{ w: [[1, 2, rows], w], r: [[1, size, rows], r] },
      ...{ ws: [[1, rows], ws], rs: [[1, rows], rs] },
      ...{ wz: [[1, rows], zero], rz: [[1, rows], zero.map(() => 0)] },
    },
  );
  const plain = file([node('LSTM x w r -> - h', attributes), node('Identity h -> y')], {
    w: [[1, rows, 2], turned(w, 2, ws, zero)],
    r: [[1, rows, size], turned(r, size, rs, [])],
  });
  expect(run(quantised)).toEqual({ ys: run(plain).ys, notes: told('DynamicQuantizeLSTM') });
});

interface QuantisedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly xs: number[][];
  readonly wanted: readonly (readonly number[])[];
}

const script = new URL('../../onnx/quantised-files.mjs', import.meta.url).href;
const { files } = (await import(/* @vite-ignore */ script)) as { files(): QuantisedFile[] };

// test/onnx/quantised.mjs tells how far onnxruntime is from the same numbers.
test.each(files())(
  '$name is the dequantised network in float64',
  ({ bytes, xs: steps, wanted: all }) => {
    const ys = stateful(readOnnx(bytes)).map(steps) as unknown as Float32Array[];
    const off = ys.map((y, t) => Math.max(...all[t].map((v, i) => Math.abs(v - y[i]))));
    expect(Math.max(...off)).toBeLessThan(1e-6);
  },
);

test("an LSTM of 8 bits is read in onnxruntime's domain alone", () => {
  const [{ bytes }] = files();
  const text = Buffer.from(bytes).toString('latin1');
  // The node's domain, and that of the operator set.
  expect(text.split('com.microsoft').length).toBe(3);
  const other = Uint8Array.from(
    Buffer.from(text.replaceAll('com.microsoft', 'com.somebodyX'), 'latin1'),
  );
  expect(refusal(() => readOnnx(other))).toContain("an operator of 'com.somebodyX'");
});

test('halves are read into float32', () => {
  const nodes = [
    node('Cast x -> h', { to: { int: 10 } }),
    node('Mul h two -> d'),
    node('Cast d -> y', { to: { int: 1 } }),
  ];
  expect(run(file(nodes, tensors))).toEqual({
    ys: xs.map(x => x.map(v => 2 * v)),
    notes: ['halves, read into float32: a runtime rounds what it computes as well'],
  });
});

test('quantised numbers that something else reads are refused by name', () => {
  const read = (...nodes: NodeDraft[]) => refusal(() => readOnnx(file(nodes, tensors)));
  expect(read(node('QuantizeLinear x two none -> a'), node('Neg a -> y'))).toContain(
    "QuantizeLinear 'a': expected a part of ONNX that runs here, got an operator without a layer",
  );
  expect(read(node('MatMulInteger x q -> y'))).toContain("MatMulInteger 'y'");
});

test('a few bytes cannot ask for many numbers', () => {
  const nodes = Array.from({ length: 4000 }, (_, i) => node(`DequantizeLinear big two -> y${i}`));
  const bytes = file([...nodes, node('Identity x -> y')], {
    ...tensors,
    big: [[4096], Array.from({ length: 4096 }, () => 1)],
  });
  expect(refusal(() => readOnnx(bytes))).toContain('fewer quantised numbers');
});
