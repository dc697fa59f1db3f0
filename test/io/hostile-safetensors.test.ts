import { expect, test } from 'vitest';
import { load, readSafetensors } from '../../src/io/index.js';
import { fileOf, refusal } from './files.js';

const read = (bytes: unknown) => refusal(() => readSafetensors(bytes as Uint8Array));
const f32 = (shape: unknown, data_offsets: unknown) => ({ dtype: 'F32', shape, data_offsets });
const bytesOf = (...bytes: number[]) => Uint8Array.from(bytes);

/** A file whose first eight bytes say what they will. */
function lyingOf(length: bigint, rest: number): Uint8Array {
  const bytes = new Uint8Array(8 + rest).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, length, true);
  return bytes;
}

const files: Readonly<Record<string, readonly [bytes: unknown, message: string]>> = {
  'no bytes at all': [
    undefined,
    "safetensors: expected a file's bytes as a Uint8Array, got undefined",
  ],
  'an ArrayBuffer': [
    new ArrayBuffer(8),
    "safetensors: expected a file's bytes as a Uint8Array, got a ArrayBuffer",
  ],
  'an empty file': [bytesOf(), 'safetensors: expected a safetensors file, got an empty file'],
  'seven bytes': [bytesOf(2, 0, 0, 0, 0, 0, 0), 'safetensors: expected at least 8 bytes, got 7'],
  'an empty header': [
    fileOf(''),
    "safetensors header: expected an object, which begins with '{', got nothing",
  ],
  'a header longer than the file': [
    lyingOf(9n, 8),
    'safetensors: expected at least 17 bytes, got 16; the file is cut short, or another',
  ],
  'a header longer than the format allows': [
    lyingOf(100_000_001n, 8),
    'safetensors: expected a header of at most 100000000 bytes, got one of 100000001',
  ],
  'a header of 2⁶⁴ − 1 bytes': [
    lyingOf(2n ** 64n - 1n, 8),
    'safetensors: expected a header of at most 100000000 bytes, got one of 18446744073709551615',
  ],
  'a pickle': [
    bytesOf(0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9),
    "safetensors: expected a safetensors file, got Python's pickle; a pickle is a program",
  ],
  'a header that is a list': [
    fileOf('[]'),
    "safetensors header: expected an object, which begins with '{', got byte 91 first",
  ],
  'a header after a byte order mark': [fileOf('\ufeff{}'), 'got byte 239 first'],
  'a header that is no UTF-8': [
    Uint8Array.from([3, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0xff, 0x7d]),
    'safetensors header: expected text in UTF-8, got other bytes',
  ],
  'a header that is no JSON': [
    fileOf('{\u001b[31m}'),
    'safetensors header: expected JSON, got text that is not',
  ],
  'a header that is JSON nested a million deep': [
    fileOf(`{"a":${'['.repeat(1e6)}${']'.repeat(1e6)}}`),
    'safetensors header: expected at most 256 levels, got more',
  ],
  'a tensor twice': [
    fileOf('{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"\\u0061":1}', 4),
    "safetensors header: expected every name once, got 'a' twice",
  ],
  'a shape twice': [
    fileOf('{"a":{"dtype":"F32","shape":[1],"shape":[],"data_offsets":[0,4]}}', 4),
    "safetensors header: expected every name once, got 'shape' twice",
  ],
  'metadata twice': [
    fileOf('{"__metadata__":{"a":"{\\"x\\":1}","a" :"2"}}'),
    "safetensors header: expected every name once, got 'a' twice",
  ],
  'metadata that are no strings': [
    fileOf({ __metadata__: { a: { b: 1 } } }),
    "safetensors '__metadata__' 'a': expected a string, got an object { b }",
  ],
  'metadata that are a list': [
    fileOf({ __metadata__: [] }),
    "safetensors '__metadata__': expected strings by name, got an array of length 0",
  ],
  'a tensor that is a number': [
    fileOf({ a: 1 }),
    "safetensors 'a': expected an object { dtype, shape, data_offsets }, got '1'",
  ],
  'a tensor without a shape': [
    fileOf({ a: { dtype: 'F32', data_offsets: [0, 0] } }),
    "got 'data_offsets, dtype'",
  ],
  'a tensor with a field too many': [
    fileOf({ a: { ...f32([], [0, 4]), stride: [] } }, 4),
    "got 'data_offsets, dtype, shape, stride'",
  ],
  'a kind of number that nobody knows': [
    fileOf({ a: { ...f32([], [0, 4]), dtype: 'toString' } }, 4),
    "C64, got 'toString'",
  ],
  'a negative size': [fileOf({ a: f32([-1], [0, 4]) }, 4), 'at most 64 counts, got [-1]'],
  'half a size': [fileOf({ a: f32([0.5], [0, 2]) }, 4), 'at most 64 counts, got [0.5]'],
  'a size beyond 2⁵³': [
    fileOf('{"a":{"dtype":"F32","shape":[9007199254740993],"data_offsets":[0,4]}}', 4),
    'at most 64 counts, got [9007199254740992]',
  ],
  'sizes whose product is beyond 2⁵³': [
    fileOf({ a: f32([2 ** 31, 2 ** 31], [0, 4]) }, 4),
    "safetensors 'a': expected 18446744073709552000 bytes for F32 [2147483648, 2147483648], got 4",
  ],
  'sizes whose product is no number': [
    fileOf({ a: f32([...new Array(32).fill(2 ** 52), 0], [0, 0]) }),
    "safetensors 'a': expected NaN bytes",
  ],
  'sixty-five dimensions': [fileOf({ a: f32(new Array(65).fill(1), [0, 4]) }, 4), 'at most 64'],
  'a range that ends before it begins': [
    fileOf({ a: f32([1], [4, 0]) }, 4),
    "safetensors 'a' data_offsets: expected [begin, end], got [4, 0]",
  ],
  'a range of one number': [fileOf({ a: f32([1], [4]) }, 4), 'expected [begin, end], got [4]'],
  'a range of strings': [fileOf({ a: f32([1], ['0', '4']) }, 4), "got ['0', '4']"],
  'a range shorter than its tensor': [
    fileOf({ a: f32([2], [0, 4]) }, 4),
    "safetensors 'a': expected 8 bytes for F32 [2], got 4",
  ],
  'a tensor outside the data': [
    fileOf({ a: f32([2], [0, 8]) }, 4),
    "safetensors 'a': expected an end within the 4 bytes of data, got 8",
  ],
  'a tensor outside the data by 2⁵²': [
    fileOf({ a: f32([1], [2 ** 52, 2 ** 52 + 4]) }, 4),
    "safetensors 'a': expected an end within the 4 bytes of data, got 4503599627370500",
  ],
  'tensors that overlap': [
    fileOf({ a: f32([2], [0, 8]), b: f32([2], [4, 12]) }, 12),
    "safetensors 'b': expected data from byte 8, got from 4; it overlaps another",
  ],
  'two tensors of the same bytes': [
    fileOf({ a: f32([1], [0, 4]), b: f32([1], [0, 4]) }, 4),
    "safetensors 'b': expected data from byte 4, got from 0; it overlaps another",
  ],
  'a hole between tensors': [
    fileOf({ b: f32([1], [8, 12]), a: f32([1], [0, 4]) }, 12),
    "safetensors 'b': expected data from byte 4, got from 8; the bytes before it belong to none",
  ],
  'an empty tensor in the midst of another': [
    fileOf({ a: f32([2], [0, 8]), b: f32([0], [4, 4]) }, 8),
    "safetensors 'b': expected data from byte 8, got from 4; it overlaps another",
  ],
  'bytes after the last tensor': [
    fileOf({ a: f32([1], [0, 4]) }, 5),
    'safetensors: expected 4 bytes of data, got 5; bytes follow',
  ],
};

test.each(Object.entries(files))('%s is refused', (_, [bytes, message]) => {
  expect(read(bytes)).toContain(message);
  expect(refusal(() => load(bytes as Uint8Array))).toContain(message);
});

test('empty tensors, scalars and a padded header are within the format', () => {
  const header = JSON.stringify({ b: f32([0, 3], [4, 4]), a: f32([], [0, 4]) });
  const { tensors } = readSafetensors(fileOf(`${header}   `, 4));
  expect(Object.entries(tensors).map(([name, { shape }]) => [name, shape])).toEqual([
    ['b', [0, 3]],
    ['a', []],
  ]);
});

test('a name out of a file cannot steer a terminal, or fill it', () => {
  const message = read(fileOf({ [`\u001b[31m\u202e${'x'.repeat(1e5)}`]: 1 }));
  expect(message).toContain("safetensors '\\u{1b}[31m\\u{202e}xxx");
  expect(message).not.toMatch(/\p{C}/u);
  expect(message.length).toBeLessThan(250);
});
