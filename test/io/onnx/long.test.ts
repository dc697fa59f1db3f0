import { expect, test } from 'vitest';
import { backend, stateful } from '../../../src/index.js';
import type { NodeDraft, TensorDraft } from '../../../src/io/onnx/encode.js';
import { readOnnx } from '../../../src/io/onnx/index.js';
import { backends } from '../../../src/kernels/backends.js';
import { file, node } from './graphs.js';

type Tensors = Readonly<Record<string, readonly [readonly number[], TensorDraft['values']]>>;

/** Nodes in a row: `of` makes the i-th, which reads one name and writes another. */
function inRow(count: number, of: (from: string, to: string, i: number) => readonly NodeDraft[]) {
  const name = (i: number) => (i === 0 ? 'x' : i === count ? 'y' : `v${i}`);
  return Array.from({ length: count }, (_, i) => of(name(i), name(i + 1), i)).flat();
}

/** What a file of two numbers a step answers to [1, 2] and then [3, 5]; it has to be compiled. */
function answers(nodes: readonly NodeDraft[], tensors: Tensors = {}): readonly number[][] {
  const layer = readOnnx(file(nodes, tensors));
  expect(layer.inputSize).toBe(2);
  expect(backend(layer)).toBe(backends()[0]);
  return stateful(layer)
    .map([
      [1, 2],
      [3, 5],
    ])
    .map(y => [...y]);
}

const axis = (value: number) => ({ axis: { int: value } });

test('3,001 products with a matrix that swaps are one swap', () => {
  const nodes = inRow(3001, (from, to) => [node(`MatMul ${from} w -> ${to}`)]);
  expect(answers(nodes, { w: [[2, 2], Float32Array.of(0, 1, 1, 0)] })).toEqual([
    [2, 1],
    [5, 3],
  ]);
});

test('1,500 sums with the input are 1,501 times the input', () => {
  const nodes = inRow(1500, (from, to) => [node(`Add ${from} x -> ${to}`)]);
  expect(answers(nodes)).toEqual([
    [1501, 3002],
    [4503, 7505],
  ]);
});

test('1,500 sums with a vector are its sum', () => {
  const nodes = inRow(1500, (from, to) => [node(`Add ${from} c -> ${to}`)]);
  expect(answers(nodes, { c: [[2], Float32Array.of(1, 0.5)] })).toEqual([
    [1501, 752],
    [1503, 755],
  ]);
});

test('1,300 vectors that are put after the input, and cut off again, leave it as it is', () => {
  const nodes = inRow(1300, (from, to, i) => [
    node(`Concat ${from} x -> c${i}`, axis(2)),
    node(`Slice c${i} zero two two -> ${to}`),
  ]);
  const whole = (value: number) => [[1], [value]] as const;
  expect(answers(nodes, { zero: whole(0), two: whole(2) })).toEqual([
    [1, 2],
    [3, 5],
  ]);
});

test('2,000 Identities and 1,000 views of a constant leave one sum', () => {
  const nodes = inRow(2000, (from, to) => [node(`Identity ${from} -> ${to.replace('y', 'same')}`)]);
  const views = Array.from({ length: 1000 }, (_, i) =>
    node(`${i % 2 ? 'Squeeze' : 'Unsqueeze'} c${i} zero -> c${i + 1}`),
  );
  const tensors = { c0: [[2], Float32Array.of(4, 6)], zero: [[1], [0]] } as const;
  expect(answers([...nodes, ...views, node('Add same c1000 -> y')], tensors)).toEqual([
    [5, 8],
    [7, 11],
  ]);
});

test('1,000 nodes Constant that are put in a row', () => {
  const value = (v: number) => ({ value_floats: { floats: [v, 1] } });
  const names = Array.from({ length: 1000 }, (_, i) => `c${i}`);
  const nodes = [
    ...names.map((name, i) => ({ ...node(`Constant x -> ${name}`, value(i)), inputs: [] })),
    node(`Concat ${names.join(' ')} -> all`, axis(0)),
    node('Slice all from to zero -> end'),
    node('Add x end -> y'),
  ];
  const whole = (v: number) => [[1], [v]] as const;
  expect(answers(nodes, { from: whole(1998), to: whole(2000), zero: whole(0) })).toEqual([
    [1000, 3],
    [1002, 6],
  ]);
});
