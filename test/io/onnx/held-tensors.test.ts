import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { onnxInitializers } from '../../../src/io/onnx/index.js';
import { refusal } from '../files.js';
import { bytesOf, elsewhere, field, graphOf, initializer, joined, nodeOf } from './protobuf.js';

type Numbers = readonly [dims: readonly number[], values: readonly number[]];

/** Printed by test/golden/onnx_branches.py. */
const golden: {
  readonly file: string;
  readonly weights: Readonly<Record<string, Numbers>>;
  readonly constants: readonly Numbers[];
} = JSON.parse(readFileSync(new URL('../../golden/onnx-branches.json', import.meta.url), 'utf8'));

const told = (bytes: Uint8Array, options = {}) =>
  Object.entries(onnxInitializers(bytes, options)).map(
    ([name, { shape, data }]) => [name, [[...shape], [...data]]] as const,
  );

const attribute = (name: string, ...more: Uint8Array[]) =>
  field(5, joined(field(1, name), ...more));
const float32 = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);
/** `value`: a TensorProto, of float32 if nothing else is said. */
const valued = (dims: number[], ...more: Uint8Array[]) =>
  attribute('value', field(5, joined(...dims.map(n => field(1, n)), field(2, 1), ...more)));
const constant = (name: string, value: Uint8Array) => nodeOf('Constant', [], [name], value);
const branch = (name: string, ...parts: Uint8Array[]) =>
  attribute(name, field(6, joined(...parts)));

test("PyTorch's constants are found in the branches of its If, beside the weights", () => {
  const tensors = told(new Uint8Array(Buffer.from(golden.file, 'base64')));
  const { weights, constants } = golden;
  expect(tensors.slice(0, 2)).toEqual(Object.entries(weights));
  expect(tensors.slice(2).map(([, numbers]) => numbers)).toEqual(constants);
});

test('every way to write the numbers of a Constant is read', () => {
  const fixed = (value: number) => joined(bytesOf(2 * 8 + 5), float32(value));
  const file = graphOf(
    constant('tensor', valued([2], field(9, float32(1.5, -2)))),
    constant('float', attribute('value_float', fixed(0.1))),
    constant('floats', attribute('value_floats', field(7, float32(3, 4)))),
    constant('int', attribute('value_int', field(3, 7))),
    constant('ints', attribute('value_ints', field(8, bytesOf(5, 6)))),
    constant('text', attribute('value_string', field(4, 'a'))),
    constant('texts', attribute('value', field(5, joined(field(1, 1), field(2, 8))))),
  );
  expect(told(file)).toEqual([
    ['tensor', [[2], [1.5, -2]]],
    ['float', [[], [Math.fround(0.1)]]],
    ['floats', [[2], [3, 4]]],
    ['int', [[], [7]]],
    ['ints', [[2], [5, 6]]],
  ]);
});

test('a name that both branches have begins with its node and branch the second time', () => {
  const inner = (value: number) => [
    constant('c', valued([1], field(9, float32(value)))),
    initializer('w', [1], float32(value + 1)),
  ];
  const file = graphOf(
    initializer('w', [1], float32(9)),
    nodeOf(
      'If',
      ['b'],
      ['y'],
      field(3, 'choice'),
      branch('then_branch', ...inner(1)),
      branch('else_branch', nodeOf('If', ['b'], ['z'], branch('then_branch', ...inner(3)))),
    ),
  );
  expect(told(file)).toEqual([
    ['w', [[1], [9]]],
    ['choice.then_branch.w', [[1], [2]]],
    ['c', [[1], [1]]],
    ['choice.else_branch.z.then_branch.w', [[1], [4]]],
    ['choice.else_branch.z.then_branch.c', [[1], [3]]],
  ]);
});

test('the numbers of a constant may lie in another file', () => {
  const place = elsewhere(['location', 'w.data'], ['offset', '4'], ['length', '4']);
  const file = graphOf(
    nodeOf('If', ['b'], ['y'], branch('else_branch', constant('c', valued([1], ...place)))),
  );
  expect(told(file, { data: { 'w.data': float32(1, 2) } })).toEqual([['c', [[1], [2]]]]);
});

test('a name twice in one graph is refused', () => {
  const value = valued([1], field(9, float32(1)));
  const message = "onnx graph: expected every name once, got 'c' twice";
  expect(refusal(() => onnxInitializers(graphOf(constant('c', value), constant('c', value))))).toBe(
    message,
  );
  const file = graphOf(initializer('c', [1], float32(1)), constant('c', value));
  expect(refusal(() => onnxInitializers(file))).toBe(message);
});

test('graphs within each other without end are not entered without end', () => {
  let graph: Uint8Array = constant('c', valued([1], field(9, float32(1))));
  for (let depth = 0; depth < 2000; depth++) {
    graph = nodeOf('If', ['b'], ['y'], attribute('then_branch', field(6, graph)));
  }
  expect(told(graphOf(graph))).toEqual([]);
});
