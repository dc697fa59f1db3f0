import { of } from 'rxjs';
import { expect, expectTypeOf, test } from 'vitest';
import { recur, stateful } from '../../../src/index.js';
import { load, save } from '../../../src/io/index.js';
import { readTfjs } from '../../../src/io/tfjs/index.js';
import { fileOf, functional, type LayerJson, node, type Output, problemsIn } from './configs.js';

const x: Output = ['x', 0, 0];
const dense = (name: string, units: number, input = x) => {
  return node('Dense', { name, units, use_bias: false }, [input]);
};
const kernels = { 'a/kernel': [2, 1], 'b/kernel': [2, 2] };
const ends = (...names: string[]): Output[] => names.map(name => [name, 0, 0]);

function read<O extends Record<string, number>>(
  layers: readonly LayerJson[],
  outputs: unknown,
  weights: Record<string, readonly number[]> = kernels,
) {
  const { modelJson, shard } = fileOf(functional(layers, outputs as Output[]), weights);
  return readTfjs<number, O>(modelJson, shard);
}

test('several outputs are a record by the names of their layers', () => {
  const model = read<{ a: number; b: number }>([dense('a', 1), dense('b', 2)], ends('b', 'a'));
  expect(model.outputSize).toEqual({ b: 2, a: 1 });
  const y = stateful(model)([1, 2]);
  expectTypeOf(y.a).toEqualTypeOf<Float32Array>();
  // All weights are 0.5.
  expect(y).toEqual({ b: Float32Array.of(1.5, 1.5), a: Float32Array.of(1.5) });
  of([1, 2])
    .pipe(recur(model))
    .subscribe(({ a }) => expect(a).toEqual(Float32Array.of(1.5)));
});

test('outputs that Keras 3 has in a dictionary are called by its keys', () => {
  const named = { mean: ['a', 0, 0], spread: ['b', 0, 0] };
  const model = read<{ mean: number; spread: number }>([dense('a', 1), dense('b', 2)], named);
  expect(model.outputSize).toEqual({ mean: 1, spread: 2 });
});

test('one output, in a list or in a dictionary, is a vector', () => {
  const weights = { 'a/kernel': [2, 1] };
  for (const one of [ends('a'), { mean: ['a', 0, 0] }, ['a', 0, 0]]) {
    expect(stateful(read([dense('a', 1)], one, weights) as never)([1, 2] as never)).toEqual(
      Float32Array.of(1.5),
    );
  }
});

test('two outputs of one layer are numbered, past names that are there', () => {
  const model = read([dense('a', 1), dense('a_1', 2)], ends('a', 'a_1', 'a', 'a'), {
    'a/kernel': [2, 1],
    'a_1/kernel': [2, 2],
  });
  expect(model.outputSize).toEqual({ a: 1, a_1: 2, a_2: 1, a_3: 1 });
});

test('outputs of a model that looks ahead are records of each step', () => {
  const conv = (name: string, filters: number) => {
    return node('Conv1D', { name, filters, kernel_size: [2], use_bias: false }, [x]);
  };
  const weights = { 'a/kernel': [2, 2, 1], 'b/kernel': [2, 2, 2] };
  const model = read<{ a: number; b: number }>(
    [conv('a', 1), conv('b', 2)],
    ends('a', 'b'),
    weights,
  );
  const steps = [
    [1, 2],
    [3, 4],
    [5, 6],
  ];
  expect(stateful(model).map(steps)).toEqual([
    { a: Float32Array.of(5), b: Float32Array.of(5, 5) },
    { a: Float32Array.of(9), b: Float32Array.of(9, 9) },
  ]);
});

test('outputs of a window have all their steps, one after another', () => {
  const layers = [
    node('Permute', { dims: [2, 1] }, [x]),
    dense('a', 1, ['permute', 0, 0]),
    dense('b', 2, ['permute', 0, 0]),
  ];
  const weights = { 'a/kernel': [5, 1], 'b/kernel': [5, 2] };
  const model = read<{ a: number; b: number }>(layers, ends('a', 'b'), weights);
  // Five steps of 1 and 2: each feature's steps in one row.
  const y = stateful(model)([1, 2, 1, 2, 1, 2, 1, 2, 1, 2]);
  expect(y).toEqual({ a: Float32Array.of(2.5, 5), b: Float32Array.of(2.5, 2.5, 5, 5) });
});

test('a saved model answers the same record', () => {
  const model = read<{ a: number; b: number }>([dense('a', 1), dense('b', 2)], ends('a', 'b'));
  const again = load(save(model));
  expect(String(again)).toBe(String(model));
  expect(stateful(again)([1, 2])).toEqual(stateful(model)([1, 2]));
});

test('names of outputs that are no names of fields are refused', () => {
  for (const name of ['__proto__', '', 'a\u001b[31m', 'a'.repeat(99)]) {
    const outputs = JSON.parse(`{"a": ["a", 0, 0], ${JSON.stringify(name)}: ["b", 0, 0]}`);
    const { modelJson, shard } = fileOf(
      functional([dense('a', 1), dense('b', 2)], outputs),
      kernels,
    );
    expect(problemsIn(() => readTfjs(modelJson, shard))[0]).toMatch(/^model: an output called '/);
  }
});
