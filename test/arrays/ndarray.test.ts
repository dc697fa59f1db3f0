import ndarray from 'ndarray';
import { describe, expect, test } from 'vitest';
import {
  flatten,
  isNdArray,
  isScijs,
  NdView,
  sizeOf,
  sliceAt,
  wrap,
} from '../../src/arrays/ndarray.js';
import { numbersOf, sameBits } from '../laws/bits.js';
import { law } from '../laws/law.js';
import { generator, someSeed, view } from '../laws/streams.js';

describe('NdView', () => {
  const matrix = new NdView(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]);

  test('is row-major unless told otherwise', () => {
    expect(matrix.stride).toEqual([3, 1]);
    expect([matrix.get(0, 0), matrix.get(0, 2), matrix.get(1, 0), matrix.get(1, 2)]).toEqual([
      1, 3, 4, 6,
    ]);
    expect(new NdView(new Float32Array(24), [2, 3, 4]).stride).toEqual([12, 4, 1]);
    expect(new NdView(new Float32Array(1), []).stride).toEqual([]);
  });

  test('answers the questions that ndarrays are asked', () => {
    const { dimension, size, dtype, offset } = matrix;
    expect({ dimension, size, dtype, offset }).toEqual({
      dimension: 2,
      size: 6,
      dtype: 'float32',
      offset: 0,
    });
  });

  test('is a view: it shares its data and owns its shape', () => {
    const data = Float32Array.of(1, 2);
    const shape = [2];
    const vector = new NdView(data, shape);
    data[1] = 9;
    shape[0] = 1;
    expect(vector.get(1)).toBe(9);
    expect(vector.shape).toEqual([2]);
  });

  test('takes strides and an offset', () => {
    const backwards = new NdView(Float32Array.of(1, 2, 3), [3], [-1], 2);
    expect([0, 1, 2].map(i => backwards.get(i))).toEqual([3, 2, 1]);
  });
});

test('anything with data, shape, stride and offset is an ndarray', () => {
  const whole = { data: [1], shape: [1], stride: [1], offset: 0 };
  expect(isNdArray(whole)).toBe(true);
  expect(isNdArray({ ...whole, data: new Float64Array(1), extra: true })).toBe(true);
  expect(isNdArray(new NdView(new Float32Array(1), [1]))).toBe(true);
  const none = [
    { ...whole, data: undefined },
    { ...whole, data: 5 },
    { ...whole, shape: undefined },
    { ...whole, stride: [] },
    { ...whole, offset: '0' },
    new Float32Array(4),
    [1],
    'text',
    null,
    undefined,
    () => whole,
  ];
  for (const value of none) expect(isNdArray(value)).toBe(false);
});

law('flattened, an ndarray of any layout is row-major', [someSeed, someSeed], (seed, order) => {
  const random = generator(seed);
  const shape = Array.from({ length: 1 + Math.floor(random() * 3) }, () =>
    Math.floor(random() * 4),
  );
  const values = Array.from({ length: sizeOf(shape) }, (_, i) => Math.fround(i / 7));
  const array = view(values, shape, generator(order));
  const out = flatten(array, new Float32Array(values.length));
  sameBits([...out], values);
  sameBits(numbersOf(array), values);
});

test('a stride of 0 repeats an element', () => {
  const repeated = { data: [7, 8], shape: [2, 3], stride: [1, 0], offset: 0 };
  expect([...flatten(repeated, new Float32Array(6))]).toEqual([7, 7, 7, 8, 8, 8]);
});

test('a slice drops an axis and shares the data', () => {
  const data = Float32Array.from({ length: 24 }, (_, i) => i);
  const cube = new NdView(data, [2, 3, 4]);
  const slice = sliceAt(cube, 1, 2);
  expect(slice).toMatchObject({ shape: [2, 4], stride: [12, 1], offset: 8 });
  expect(slice.data).toBe(data);
  expect(numbersOf(slice)).toEqual([8, 9, 10, 11, 20, 21, 22, 23]);
});

test('the size of a shape is its product, of no axes 1', () => {
  expect([sizeOf([2, 3]), sizeOf([5, 0]), sizeOf([])]).toEqual([6, 0, 1]);
});

test('an array is wrapped in the form of a plain one without a compiler of classes', () => {
  const like = { data: [1, 2], shape: [2], stride: [1], offset: 0 };
  const wrapped = wrap(Float32Array.of(1, 2), [2], like);
  expect(wrapped).toBeInstanceOf(NdView);
  expect(isScijs(wrapped)).toBe(false);
});

describe('scijs arrays', () => {
  test('scijs arrays are told apart, and wrapped in their own class', () => {
    for (const data of [Float32Array.of(1, 2), Float64Array.of(1, 2), [1, 2], Int8Array.of(1, 2)]) {
      const like = ndarray(data as Float32Array, [2]);
      expect(isNdArray(like)).toBe(true);
      expect(isScijs(like)).toBe(true);
      const wrapped = wrap(Float32Array.of(0.5, 0.25), [2], like);
      expect(isScijs(wrapped)).toBe(true);
      expect(wrapped.dtype).toBe('float32');
      expect(wrapped.data).toBeInstanceOf(Float32Array);
      expect([wrapped.get(0), wrapped.get(1)]).toEqual([0.5, 0.25]);
      expect(wrapped.size).toBe(2);
    }
  });

  test('scijs matrices keep their methods: pick, transpose, hi, lo, step, set', () => {
    const like = ndarray(new Float64Array(6), [2, 3]);
    const wrapped = wrap(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3], like) as unknown as typeof like;
    expect(wrapped.get(1, 2)).toBe(6);
    expect(wrapped.pick(1, null).get(0)).toBe(4);
    expect(wrapped.transpose(1, 0).get(2, 1)).toBe(6);
    expect(wrapped.lo(1, 1).get(0, 1)).toBe(6);
    expect(wrapped.step(1, -1).get(0, 0)).toBe(3);
    wrapped.set(0, 0, 9);
    expect(wrapped.get(0, 0)).toBe(9);
  });
});
