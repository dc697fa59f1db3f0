import { expect, test } from 'vitest';
import { stateful } from '../../../src/core.js';
import { readOnnx } from '../../../src/io/onnx/index.js';
import { refusal } from '../files.js';
import { file, node, numbers } from './graphs.js';

const whole = (...values: number[]) => [[values.length], values] as const;

/** What a file of `[steps, batch, 6]` answers, step by step. */
function answers(nodes: Parameters<typeof file>[0], tensors: Parameters<typeof file>[1]) {
  const model = readOnnx(file(nodes, tensors, { inputs: { x: ['steps', 'batch', 6] } }));
  const steps = [
    [1, 2, 3, 4, 5, 6],
    [7, 8, 9, 10, 11, 12],
    [0, 1, 0, 1, 0, 1],
  ];
  return stateful(model)
    .map(steps)
    .map(y => [...y]);
}

const rows = [
  node('Reshape x twoRows -> r'),
  node('Transpose r -> t', { perm: { ints: [0, 1, 3, 2] } }),
];
const tensors = {
  twoRows: whole(0, 0, 2, 3),
  flat: whole(0, 0, 6),
  last: whole(-1),
  ones: whole(3),
};

test('features whose axes change places are the output in that order', () => {
  expect(answers([...rows, node('Reshape t flat -> y')], tensors)).toEqual([
    [1, 4, 2, 5, 3, 6],
    [7, 10, 8, 11, 9, 12],
    [0, 1, 1, 0, 0, 1],
  ]);
});

test('a product, a norm and a sum go along the axes that they are given, wherever numbers lie', () => {
  const more = { ...tensors, w: [[2, 1], Float32Array.of(10, 1)] } as const;
  expect(answers([...rows, node('MatMul t w -> y')], more)).toEqual([
    [14, 25, 36],
    [80, 91, 102],
    [1, 10, 1],
  ]);
  const sum = node('ReduceSum t ones -> y', { keepdims: { int: 0 } });
  const along = { ...tensors, ones: whole(-2) };
  // 1 + 2 + 3, 4 + 5 + 6.
  expect(answers([...rows, sum], along)[0]).toEqual([6, 15]);
});

test('a part of every second number, and zeros around it', () => {
  const nodes = [
    node('Slice x from to axis step -> s'),
    node('Pad s pads -> y', { mode: { text: 'constant' } }),
  ];
  const own = { from: whole(1), to: whole(6), axis: whole(2), step: whole(2) };
  expect(answers(nodes, { ...own, pads: whole(0, 0, 1, 0, 0, 1) })[1]).toEqual([0, 8, 10, 12, 0]);
});

test('numbers made of how many steps there are, which a stream does not say, are refused', () => {
  const nodes = [
    node('Shape x -> s'),
    node('Gather s first -> n'),
    node('Cast n -> f', { to: { int: 1 } }),
    node('Div x f -> y'),
  ];
  const bytes = file(nodes, { first: [[], [0]] });
  expect(refusal(() => readOnnx(bytes))).toContain(
    'numbers that depend on how many steps there are',
  );
  // Its features are another matter: 2 of them.
  const [y] = stateful(readOnnx(file(nodes, { first: [[], [2]] }))).map([[1, 3]]);
  expect([...y]).toEqual([0.5, 1.5]);
});

test('one answer that is repeated as often as there are steps is refused', () => {
  const weights = {
    W: [[1, 2, 2], numbers(4)],
    R: [[1, 2, 2], numbers(4)],
    first: whole(0),
    one: whole(1),
    two: whole(1, 2),
  } as const;
  const nodes = [
    node('RNN x W R -> Y h', { hidden_size: { int: 2 } }),
    node('Shape x -> s'),
    node('Gather s first -> n'),
    node('Concat n two -> shape', { axis: { int: 0 } }),
    node('Expand h shape -> many'),
    node('RNN many W R -> z', { hidden_size: { int: 2 } }),
    node('Squeeze z one -> y'),
  ];
  expect(refusal(() => readOnnx(file(nodes, weights)))).toContain('how many steps there are');
});

test('numbers that were cast to integers are no output', () => {
  const bytes = file([node('Cast x -> y', { to: { int: 7 } })], {});
  expect(refusal(() => readOnnx(bytes))).toContain('numbers that were cast to integers');
});

test('as many last steps as a node names are kept, however many', () => {
  const nodes = [node('Slice x from to axis -> s'), node('Gather s axis -> y')];
  for (const count of [3, 40]) {
    const own = { from: whole(-count), to: whole(2 ** 31 - 1), axis: whole(0) };
    const model = stateful(readOnnx(file(nodes, own)));
    const ys = model.map(Array.from({ length: 50 }, (_, t) => [t + 1, -t])).map(y => y[0]);
    // The first of the last steps; zeros stand for steps before the first one.
    expect(ys).toEqual(Array.from({ length: 50 }, (_, t) => Math.max(0, t + 2 - count)));
  }
});

test('what would mix the sequences of a batch is refused, though one alone is run', () => {
  const along = { axes: whole(0) };
  const sum = node('ReduceSum x axes -> y', { keepdims: { int: 0 } });
  const max = node('Softmax x -> y', { axis: { int: 0 } });
  for (const one of [sum, max]) {
    const bytes = file([one], along, { inputs: { x: ['steps', 'batch', 2] } });
    expect(refusal(() => readOnnx(bytes))).toMatch(/a sum over steps|none of features/);
  }
  // A shape that an exporter fixed for a batch of one is another matter.
  const one = { shape: whole(-1, 1, 2) };
  const [y] = stateful(readOnnx(file([node('Reshape x shape -> y')], one))).map([[3, 4]]);
  expect([...y]).toEqual([3, 4]);
});
