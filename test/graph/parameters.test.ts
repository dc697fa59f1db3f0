import { describe, expect, test } from 'vitest';
import {
  denseCell,
  fastRnnCell,
  indRnnCell,
  lstmCell,
  RecurError,
  rnnCell,
} from '../../src/core.js';

const nested = [
  [1, 2, 3],
  [4, 5, 6],
];
const flat = [1, 2, 3, 4, 5, 6];
const bias = [10, 20];
const weights = (weight: unknown) => ({ params: { weight, bias } as never });
const dense = (weight: unknown) => denseCell(3, 2, weights(weight));

test.each<[string, unknown]>([
  ['a flat array', flat],
  ['nested arrays', nested],
  ['a Float32Array', Float32Array.from(flat)],
  ['a Float64Array', Float64Array.from(flat)],
  ['an Int8Array', Int8Array.from(flat)],
  ['a row-major ndarray', { data: flat, shape: [2, 3], stride: [3, 1], offset: 0 }],
  [
    'an ndarray with strides and an offset',
    { data: [9, 1, 4, 9, 2, 5, 9, 3, 6], shape: [2, 3], stride: [1, 3], offset: 1 },
  ],
  [
    'an ndarray that runs backwards',
    { data: Float64Array.from([6, 5, 4, 3, 2, 1]), shape: [2, 3], stride: [-3, -1], offset: 5 },
  ],
  ['a flat ndarray', { data: flat, shape: [6], stride: [1], offset: 0 }],
  ['the params of another cell', dense(nested).params.weight],
])('parameters are read from %s', (_, weight) => {
  const cell = dense(weight);
  const { data, shape, stride, offset, dtype } = cell.params.weight;
  expect({ data, shape, stride, offset, dtype }).toEqual({
    data: Float32Array.from(flat),
    shape: [2, 3],
    stride: [3, 1],
    offset: 0,
    dtype: 'float32',
  });
  expect([...cell(undefined, [1, 10, 100])[1]]).toEqual([331, 674]);
});

test('parameters are rounded to float32', () => {
  const cell = rnnCell(1, 1, {
    params: { weightIh: [0.1], weightHh: [1 / 3], biasIh: [1e-50], biasHh: [0.7] },
  });
  const values = Object.values(cell.params).map(({ data }) => data[0]);
  expect(values).toEqual([0.1, 1 / 3, 0, 0.7].map(Math.fround));
});

test('a scalar parameter is given as a number', () => {
  const make = fastRnnCell(1, 1, { seed: 1 });
  const { data: weightIh } = make.params.weightIh;
  const rest = { weightHh: [0], biasIh: [0], biasHh: [0] };
  const cell = fastRnnCell(1, 1, { params: { ...rest, weightIh, alpha: -1.5, beta: [2] } });
  expect(cell.params.alpha.data).toEqual(Float32Array.of(-1.5));
  expect(cell.params.beta.shape).toEqual([1]);
});

describe('copies', () => {
  test('go in: what the caller changes afterwards changes nothing', () => {
    const weight = Float32Array.from(flat);
    const cell = dense(weight);
    weight.fill(0);
    expect(cell.params.weight.data).toEqual(Float32Array.from(flat));
    expect([...cell(undefined, [1, 1, 1])[1]]).toEqual([16, 35]);
  });

  test('come out: what the caller does to params changes nothing', () => {
    const cell = dense(flat);
    cell.params.weight.data.fill(0);
    cell.params.bias.shape[0] = 0;
    expect(cell.params.weight.data).toEqual(Float32Array.from(flat));
    expect(cell.params.bias.shape).toEqual([2]);
    expect([...cell(undefined, [1, 1, 1])[1]]).toEqual([16, 35]);
  });
});

const expected = 'expected [2, 3] (output 2, input 3)';

test.each<[unknown, string]>([
  [[1, 2, 3], `dense.weight: ${expected}, got [3]`],
  [[...flat, 7], `dense.weight: ${expected}, got [7]`],
  [[], `dense.weight: ${expected}, got [0]`],
  [new Float32Array(5), `dense.weight: ${expected}, got [5]`],
  [
    [
      [1, 4],
      [2, 5],
      [3, 6],
    ],
    `dense.weight: ${expected}, got [3, 2]; Keras stores it transposed`,
  ],
  [
    { data: flat, shape: [3, 2], stride: [2, 1], offset: 0 },
    `dense.weight: ${expected}, got [3, 2]; Keras stores it transposed`,
  ],
  [{ data: flat, shape: [1, 2, 3], stride: [6, 3, 1], offset: 0 }, `${expected}, got [1, 2, 3]`],
  [[nested], `dense.weight: ${expected}, got [1, 2, 3]`],
  [
    [
      [1, 2, 3],
      [4, 5],
    ],
    `dense.weight: ${expected}, rows of 3 as the first, got an array of length 2 as row 1`,
  ],
  [
    [
      [1, 2, 3],
      [4, 5, '6'],
    ],
    `${expected}, of numbers, got '6' at [5]`,
  ],
  ['123456', `dense.weight: ${expected}, got '123456'`],
  [undefined, `dense.weight: ${expected}, got undefined`],
  [7, `dense.weight: ${expected}, got [1]`],
  [[1, 2, 3, 4, Number.NaN, 6], 'dense.weight: expected finite float32 numbers, got NaN at [1, 1]'],
  [[1, 2, 1e39, 4, 5, 6], 'dense.weight: expected finite float32 numbers, got Infinity at [0, 2]'],
  [
    { data: [1, 2, 3, 4, 5], shape: [2, 3], stride: [3, 1], offset: 0 },
    'dense.weight: expected finite float32 numbers, got NaN at [1, 2]',
  ],
])('%j as a weight is refused: %s', (weight, message) => {
  expect(() => dense(weight)).toThrow(RecurError);
  expect(() => dense(weight)).toThrow(message);
});

test('a bias that is not finite is named with its index', () => {
  const params = { weight: flat, bias: [1, Number.NEGATIVE_INFINITY] };
  expect(() => denseCell(3, 2, { params })).toThrow(
    'dense.bias: expected finite float32 numbers, got -Infinity at [1]',
  );
});

test('the shapes of gates are told in words', () => {
  const { weightHh, biasIh, biasHh } = lstmCell(32, 64).params;
  const make = (weightIh: unknown) =>
    lstmCell(32, 64, { params: { weightIh, weightHh, biasIh, biasHh } as never });
  const transposed = {
    data: new Float32Array(8192),
    shape: [32, 256],
    stride: [256, 1],
    offset: 0,
  };
  expect(() => make(transposed)).toThrow(
    'lstm.weightIh: expected [256, 32] (4 gates × 64, input 32), got [32, 256]; ' +
      'Keras stores it transposed',
  );
  expect(() => make([1])).toThrow(
    'lstm.weightIh: expected [256, 32] (4 gates × 64, input 32), got [1]',
  );
});

test.each<[unknown, string]>([
  [
    { weightIh: [1], biasIh: [0], u: [0], weightHh: [1] },
    "indRnn.params: expected options named weightIh, biasIh, u, got 'weightHh'",
  ],
  [{ weightIh: [1], biasIh: [0] }, 'indRnn.u: expected [1] (hidden), got undefined'],
  [[1], 'indRnn.params: expected an object of options, got an array of length 1'],
  ['weights', "indRnn.params: expected an object of options, got 'weights'"],
])('%j as params is refused', (params, message) => {
  const make = () => indRnnCell(1, 1, { params: params as never });
  expect(make).toThrow(RecurError);
  expect(make).toThrow(message);
});

test('without bias there are no biases to give', () => {
  const cell = lstmCell(2, 3, { bias: false });
  expect(Object.keys(cell.params)).toEqual(['weightIh', 'weightHh']);
  const params = { ...cell.params, biasIh: new Float32Array(12) };
  expect(() => lstmCell(2, 3, { bias: false, params })).toThrow(
    "lstm.params: expected options named weightIh, weightHh, got 'biasIh'",
  );
});
