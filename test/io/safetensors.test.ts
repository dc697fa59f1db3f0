import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NdView, sizeOf } from '../../src/arrays/ndarray.js';
import { readSafetensors, writeSafetensors } from '../../src/io/index.js';
import { sameBits } from '../laws/bits.js';
import { law } from '../laws/law.js';
import { generator, signal, someSeed, view } from '../laws/streams.js';
import { fileOf, partsOf, refusal } from './files.js';

const someName = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('__proto__', 'constructor', 'toString', '', '0', 'a"\\b', '\u0000', 'größe'),
);
const someShape = fc.array(fc.constantFrom(0, 1, 2, 3), { maxLength: 4 });

law(
  'what is written is read again, whatever its names, shapes and strides',
  [
    fc.uniqueArray(fc.tuple(someName, someShape), { selector: ([name]) => name, maxLength: 6 }),
    fc.uniqueArray(fc.tuple(someName, fc.string()), { selector: ([name]) => name, maxLength: 4 }),
    someSeed,
  ],
  (entries, metadata, seed) => {
    const random = generator(seed);
    const written = entries.map(([name, shape]) => {
      const size = sizeOf(shape);
      const values = (signal(seed, size, 1)[0] ?? []).map(Math.fround);
      const tensor = new NdView(Float32Array.from(values), shape);
      return [name, view(values, shape, random), tensor] as const;
    });
    const bytes = writeSafetensors(
      Object.fromEntries(written.map(([name, given]) => [name, given])),
      Object.fromEntries(metadata),
    );
    const read = readSafetensors(bytes);
    expect(Object.keys(read.tensors).sort()).toEqual(entries.map(([name]) => name).sort());
    for (const [name, , tensor] of written) sameBits(read.tensors[name], tensor);
    expect(Object.entries(read.metadata).sort()).toEqual([...metadata].sort());
  },
);

test('a name that every object has is no tensor unless the file has it', () => {
  const { tensors, metadata } = readSafetensors(writeSafetensors({}));
  for (const name of ['__proto__', 'constructor', 'toString']) {
    expect([tensors[name], metadata[name]]).toEqual([undefined, undefined]);
  }
  const own = readSafetensors(
    fileOf('{"__proto__":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}', [0, 0, 128, 63]),
  );
  expect(Object.keys(own.tensors)).toEqual(['__proto__']);
  sameBits(Object.values(own.tensors)[0], new NdView(Float32Array.of(1), []));
  expect(({} as Record<string, unknown>).dtype).toBeUndefined();
});

test('data begin at a multiple of eight bytes, in little-endian float32', () => {
  const bytes = writeSafetensors({ a: new NdView(Float32Array.of(1, -0), [2]) });
  const { tensors, data } = partsOf(bytes);
  expect(tensors).toEqual({ a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } });
  expect(data.byteOffset % 8).toBe(0);
  expect([...data]).toEqual([0, 0, 128, 63, 0, 0, 0, 128]);
});

test('numbers that are not finite are written and read; it is models that refuse them', () => {
  const values = Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
  const { tensors } = readSafetensors(writeSafetensors({ a: new NdView(values, [3]) }));
  sameBits(tensors.a, new NdView(values, [3]));
});

test('the sixteen bits of F16 and BF16 give every number that they can', () => {
  const file = (dtype: string, bits: number[]) =>
    fileOf(
      { a: { dtype, shape: [bits.length], data_offsets: [0, bits.length * 2] } },
      bits.flatMap(b => [b & 255, b >> 8]),
    );
  const numbers = (dtype: string, bits: number[]) =>
    Array.from(readSafetensors(file(dtype, bits)).tensors.a.data);
  const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
  expect(
    numbers('F16', [0x3c00, 0xc000, 0x8000, 1, 0x3ff, 0x400, 0x7bff, 0x7c00, 0xfc00, 0x7c01]),
  ).toEqual([1, -2, -0, 2 ** -24, 1023 * 2 ** -24, 2 ** -14, 65504, infinity, -infinity, nan]);
  expect(numbers('BF16', [0x3f80, 0xc000, 0x8000, 0x4049, 1, 0x7f80, 0x7fc0])).toEqual([
    1,
    -2,
    -0,
    3.140625,
    2 ** -133,
    infinity,
    nan,
  ]);
});

test('a tensor of integers spoils no file, and is refused by name when its data are asked for', () => {
  const { tensors } = readSafetensors(
    fileOf(
      {
        steps: { dtype: 'I64', shape: [1], data_offsets: [4, 12] },
        w: { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
      },
      12,
    ),
  );
  expect(tensors.w.data).toEqual(new Float32Array(1));
  expect(tensors.steps.shape).toEqual([1]);
  expect(refusal(() => tensors.steps.data)).toBe(
    "safetensors 'steps': expected F32, F64, F16, BF16, got I64",
  );
});

test('what is no tensor is not written, and its name is told', () => {
  const wrong = (tensor: unknown) => refusal(() => writeSafetensors({ w: tensor as never }));
  const short = { data: [1, 2], shape: [2, 2], stride: [2, 1], offset: 0 };
  expect(wrong([1, 2])).toMatch(
    /^safetensors 'w': expected an ndarray with .* an array of length 2/,
  );
  expect(wrong(short)).toMatch(/^safetensors 'w': .*inside its data, got an ndarray \[2, 2\]/);
  expect(wrong({ ...short, shape: [1, 1], stride: [1, 1], offset: -1 })).toContain("'w'");
  expect(wrong({ ...short, shape: [1.5], stride: [1] })).toContain("'w'");
  expect(
    refusal(() => writeSafetensors({ __metadata__: new NdView(new Float32Array(1), []) })),
  ).toBe("safetensors '__metadata__': expected another name, got the name of the metadata");
  expect(refusal(() => writeSafetensors({}, { made: 2026 as never }))).toBe(
    "safetensors '__metadata__' 'made': expected a string, got 2026",
  );
});
