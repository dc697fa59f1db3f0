import { expect, test } from 'vitest';
import { NdView } from '../../src/arrays/ndarray.js';
import { copyValue, isPlainObject, typedArrayName } from '../../src/streams/values.js';
import { sameBits } from '../laws/bits.js';

test('a copy of plain data is equal and shares nothing that can change', () => {
  const value = {
    list: [1, { deep: [-0, Number.NaN] }],
    typed: Float64Array.of(0.1),
    ndarray: new NdView(Float32Array.of(1, 2), [2]),
    text: 'x',
    nothing: null,
    missing: undefined,
  };
  const copy = copyValue(value) as typeof value;
  sameBits(copy, value);
  expect(copy.list[1]).not.toBe(value.list[1]);
  expect(copy.typed.buffer).not.toBe(value.typed.buffer);
  expect(copy.ndarray.data.buffer).not.toBe(value.ndarray.data.buffer);
  expect(copy.ndarray.shape).not.toBe(value.ndarray.shape);
});

test('cycles and shared parts stay as they are', () => {
  const shared = { n: 1 };
  const value: Record<string, unknown> = { a: shared, b: [shared] };
  value.self = value;
  const copy = copyValue(value) as { a: object; b: object[]; self: object };
  expect(copy.self).toBe(copy);
  expect(copy.b[0]).toBe(copy.a);
  expect(copy.a).not.toBe(shared);
});

test('what is not plain data stays itself', () => {
  class Tracker {}
  const hidden = { [Symbol('hidden')]: 1 };
  for (const value of [new Map(), new Date(0), new Tracker(), () => 1, Symbol('s'), hidden, 5n]) {
    expect(copyValue(value)).toBe(value);
    expect((copyValue([value]) as unknown[])[0]).toBe(value);
  }
});

test('a key named __proto__ is copied as a key', () => {
  const value = JSON.parse('{"__proto__": {"x": 1}, "y": 2}');
  const copy = copyValue(value) as object;
  expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
  expect(JSON.stringify(copy)).toBe(JSON.stringify(value));
});

test('an object is plain without a class: literal, parsed, or without a prototype', () => {
  class Tracker {}
  for (const value of [{}, JSON.parse('{"a": 1}'), Object.create(null)]) {
    expect(isPlainObject(value)).toBe(true);
  }
  for (const value of [[], null, new Tracker(), new Map(), 'text', Object.create({})]) {
    expect(isPlainObject(value)).toBe(false);
  }
});

test('typed arrays are known by name, across realms and subclasses', () => {
  expect(typedArrayName(new Float32Array(1))).toBe('Float32Array');
  class Samples extends Uint8Array {}
  expect(typedArrayName(new Samples(1))).toBe('Uint8Array');
  for (const value of [[], {}, new DataView(new ArrayBuffer(1)), new BigInt64Array(1), null]) {
    expect(typedArrayName(value)).toBeUndefined();
  }
});
