import { expect, test } from 'vitest';
import { stateful } from '../../../src/core.js';
import { readOnnx, UnreadableError } from '../../../src/io/onnx/index.js';
import { refusal } from '../files.js';
import { file, node, numbers } from './graphs.js';
import { bytesOf, field, graphOf, initializer, input, nodeOf, output } from './protobuf.js';

const xs = [
  [1, -2],
  [0.5, 3],
  [-1, 0.25],
];

/** The outputs of a graph for `xs`, to five digits. */
function outputs(bytes: Uint8Array, inputs: readonly number[][] = xs) {
  const ys = stateful(readOnnx(bytes)).map([...inputs]) as unknown as Float32Array[];
  return ys.map(y => [...y].map(v => Number(v.toFixed(5))));
}

/** One node `operator x … -> y`, and what it does to each number of a step. */
const elementwise: Readonly<
  Record<string, readonly [ReturnType<typeof node>, (v: number) => number]>
> = {
  Relu: [node('Relu x -> y'), v => Math.max(0, v)],
  LeakyRelu: [node('LeakyRelu x -> y', { alpha: { float: 0.5 } }), v => (v < 0 ? v / 2 : v)],
  Elu: [node('Elu x -> y'), v => (v < 0 ? Math.exp(v) - 1 : v)],
  Selu: [
    node('Selu x -> y'),
    v => 1.0507009873554805 * (v < 0 ? 1.6732632423543772 * (Math.exp(v) - 1) : v),
  ],
  Sigmoid: [node('Sigmoid x -> y'), v => 1 / (1 + Math.exp(-v))],
  Tanh: [node('Tanh x -> y'), Math.tanh],
  HardSigmoid: [node('HardSigmoid x -> y'), v => Math.max(0, Math.min(1, 0.2 * v + 0.5))],
  Softplus: [node('Softplus x -> y'), v => Math.log(1 + Math.exp(v))],
  Softsign: [node('Softsign x -> y'), v => v / (1 + Math.abs(v))],
  ThresholdedRelu: [
    node('ThresholdedRelu x -> y', { alpha: { float: 0.4 } }),
    v => (v > 0.4 ? v : 0),
  ],
  Exp: [node('Exp x -> y'), Math.exp],
  Abs: [node('Abs x -> y'), Math.abs],
  Neg: [node('Neg x -> y'), v => -v],
  Reciprocal: [node('Reciprocal x -> y'), v => 1 / v],
  'Pow of 2': [node('Pow x two -> y'), v => v * v],
  'Clip to [0, 6]': [node('Clip x zero six -> y'), v => Math.max(0, Math.min(6, v))],
  'Clip above 0': [node('Clip x zero -> y'), v => Math.max(0, v)],
  'Add of a number': [node('Add two x -> y'), v => v + 2],
  'Sub of a number': [node('Sub x two -> y'), v => v - 2],
  'Sub from a number': [node('Sub two x -> y'), v => 2 - v],
  'Mul by a number': [node('Mul x six -> y'), v => 6 * v],
  'Div by a number': [node('Div x two -> y'), v => v / 2],
  'Div of a number': [node('Div two x -> y'), v => 2 / v],
  'Add of itself': [node('Add x x -> y'), v => v + v],
  'Mul by itself': [node('Mul x x -> y'), v => v * v],
  'Sub of itself': [node('Sub x x -> y'), () => 0],
  Dropout: [node('Dropout x -> y'), v => v],
  Identity: [node('Identity x -> y'), v => v],
};

const tensors = {
  zero: [[], Float32Array.of(0)],
  two: [[], Float32Array.of(2)],
  six: [[1], Float32Array.of(6)],
  quarter: [[], Float32Array.of(0.25)],
} as const;

test.each(Object.entries(elementwise))('%s', (_, [one, wanted]) => {
  const expected = xs.map(row => row.map(v => Number(wanted(v).toFixed(5)) + 0));
  expect(outputs(file([one], tensors)).map(row => row.map(v => v + 0))).toEqual(expected);
});

test.each(['Add x x -> y', 'Mul x x -> y', 'Concat x x -> y'])('%s knows its input', text => {
  const layer = readOnnx(file([node(text, { ...(/Con/.test(text) && { axis: { int: 2 } }) })], {}));
  expect(layer.inputSize).toBe(2);
  expect(layer.outputSize).toBe(text.startsWith('Concat') ? 4 : 2);
});

test('vectors of the file are broadcast to features', () => {
  const nodes = [node('Mul x scale -> z'), node('Add z shift -> y')];
  const bytes = file(nodes, {
    scale: [[2], Float32Array.of(2, -1)],
    shift: [[1, 2], Float32Array.of(0.5, 0)],
  });
  expect(outputs(bytes)).toEqual([
    [2.5, 2],
    [1.5, -3],
    [-1.5, -0.25],
  ]);
});

test('Gemm has alpha, beta, and matrices either way', () => {
  const attributes = { alpha: { float: 2 }, beta: { float: 0.5 }, transB: { int: 1 } };
  const bytes = file(
    [node('Gemm x w c -> y', attributes)],
    { w: [[1, 2], Float32Array.of(3, 1)], c: [[1], Float32Array.of(4)] },
    { inputs: { x: ['batch', 2] } },
  );
  expect(outputs(bytes)).toEqual([[4], [11], [-3.5]]);
  expect(String(readOnnx(bytes))).toBe('Dense(2, 1)');
});

test('a product, a bias and an activation are one layer', () => {
  const nodes = [node('MatMul x w -> a'), node('Add b a -> c'), node('Tanh c -> y')];
  const bytes = file(nodes, { w: [[2, 3], numbers(6)], b: [[3], numbers(3)] });
  expect(String(readOnnx(bytes))).toBe('Dense(2, 3, tanh)');
});

test('a product that others read as well stays as it is', () => {
  const nodes = [
    node('MatMul x w -> a'),
    node('Tanh a -> t'),
    node('Concat a t -> y', { axis: { int: -1 } }),
  ];
  const bytes = file(nodes, { w: [[2, 1], Float32Array.of(1, 1)] });
  expect(outputs(bytes)).toEqual(
    xs.map(([a, b]) => [a + b, Math.tanh(a + b)].map(v => Number(v.toFixed(5)))),
  );
});

test('shapes that depend on the input are computed', () => {
  const nodes = [
    node('Shape x -> s'),
    node('Gather s first -> steps'),
    node('Unsqueeze steps zeros -> n'),
    node('Concat n rest -> target', { axis: { int: 0 } }),
    node('Reshape x target -> flat'),
    node('MatMul flat w -> m'),
    node('Reshape m s2 -> y'),
  ];
  const bytes = file(nodes, {
    first: [[], [0]],
    zeros: [[1], [0]],
    rest: [[1], [2]],
    s2: [[3], [-1, 1, 2]],
    w: [[2, 2], Float32Array.of(0, 1, 1, 0)],
  });
  expect(outputs(bytes)).toEqual(xs.map(([a, b]) => [b, a]));
});

test('float16, bfloat16 and double weights are read', () => {
  const matrices = {
    16: bytesOf(0xc0, 0x3f, 0x40, 0x40), // bfloat16: 1.5, 3
    10: bytesOf(0x00, 0x3e, 0x00, 0x42), // float16: 1.5, 3
    11: new Uint8Array(Float64Array.of(1.5, 3).buffer),
    1: new Uint8Array(Float32Array.of(1.5, 3).buffer),
  };
  for (const [type, raw] of Object.entries(matrices)) {
    const parts = [
      nodeOf('MatMul', ['x', 'w'], ['y']),
      initializer('w', [2, 1], raw, Number(type)),
      input('x', ['t', 1, 2]),
      output('y'),
    ];
    expect(outputs(graphOf(...parts))[0]).toEqual([-4.5]);
  }
  const data = field(4, new Uint8Array(Float32Array.of(1.5, 3).buffer));
  const packed = field(
    5,
    Uint8Array.from([...field(1, 2), ...field(1, 1), ...field(2, 1), ...field(8, 'w'), ...data]),
  );
  const bytes = graphOf(
    nodeOf('MatMul', ['x', 'w'], ['y']),
    packed,
    input('x', ['t', 1, 2]),
    output('y'),
  );
  expect(outputs(bytes)[0]).toEqual([-4.5]);
});

test('loops without bodies are refused by name, and every problem is told', () => {
  const nodes = [
    node('Loop c -> a'),
    node('Loop a -> b'),
    node('Scan b -> d'),
    node('Det x -> e'),
    node('Pow x quarter -> f'),
    node('Sum d e f -> y'),
  ];
  try {
    readOnnx(file([node('Identity x -> c'), ...nodes], tensors));
    throw new Error('nothing was refused');
  } catch (error) {
    expect(error).toBeInstanceOf(UnreadableError);
    expect((error as UnreadableError).problems).toEqual([
      { where: "Det 'e'", why: 'an operator without a layer' },
      { where: "Loop 'a'", why: "no attribute 'body', which Loop needs" },
      { where: "Loop 'b'", why: "no attribute 'body', which Loop needs" },
      { where: "Scan 'd'", why: "no attribute 'body', which Scan needs" },
      { where: "Scan 'd'", why: "no attribute 'num_scan_inputs', which Scan needs" },
      { where: "Sum 'y'", why: 'an operator without a layer' },
      { where: "Pow 'f'", why: 'the power 0.25, no multiple of ½ up to 32' },
    ]);
  }
});

test('options give open sizes, constants, and choose an output', () => {
  const two = [node('MatMul x w -> y'), node('Relu x -> z')];
  const given = { x: ['batch', 'samples'], w: [2, 1] };
  const bytes = file(two, {}, { inputs: given, outputs: ['y', 'z'] });
  const w = { data: Float32Array.of(1, 2), shape: [2, 1], stride: [1, 1], offset: 0 };
  const initializers = { w };
  const layer = readOnnx(bytes, { initializers, dims: { samples: 2 }, output: 'y' });
  expect(String(layer)).toBe('Dense(2, 1; bias=false)');
  expect(refusal(() => readOnnx(bytes))).toContain("2 inputs beside states ('x', 'w'), not one");
  const both = readOnnx(bytes, { initializers, dims: { samples: 2 } });
  expect(stateful(both as never)([-1, 2] as never)).toEqual({
    y: Float32Array.of(3),
    z: Float32Array.of(0, 2),
  });
  expect(refusal(() => readOnnx(bytes, { size: 2 } as never))).toContain(
    'options named dims, inputs, states, initializers, output',
  );
});
