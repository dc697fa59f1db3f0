import { expect, test } from 'vitest';
import { dense, gru } from '../../src/index.js';
import { load, readSafetensors, save } from '../../src/io/index.js';
import { edited, fileOf, refusal } from './files.js';

const metadata = { quantization: 'rxrecur/int8' };
const integers = { dtype: 'I8', shape: [2, 3], data_offsets: [8, 14] };
const scales = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };

/** A file of `[2, 3]` integers with these scales. */
function withScales(...values: number[]): Uint8Array {
  const data = [...new Uint8Array(Float32Array.from(values).buffer), 1, 2, 3, 4, 5, 0x80];
  return fileOf({ __metadata__: metadata, w: integers, 'w.scale': scales }, data);
}

test('an integer is read times the scale of its row', () => {
  const { tensors } = readSafetensors(withScales(0.5, 2));
  expect(Object.keys(tensors)).toEqual(['w']);
  expect(Array.from(tensors.w.data)).toEqual([0.5, 1, 1.5, 8, 10, -256]);
  expect(tensors.w.shape).toEqual([2, 3]);
});

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
const missing = "safetensors 'w.scale': expected [2] (a scale for each row of 'w'), got none";

const files: Readonly<Record<string, readonly [bytes: Uint8Array, message: string]>> = {
  'no scale': [
    fileOf({ __metadata__: metadata, w: { ...integers, data_offsets: [0, 6] } }, 6),
    missing,
  ],
  'a scale of another name': [
    fileOf({ __metadata__: metadata, w: integers, 'v.scale': scales }, 14),
    missing,
  ],
  'a scale too few': [
    fileOf(
      {
        __metadata__: metadata,
        w: { ...integers, data_offsets: [4, 10] },
        'w.scale': { ...scales, shape: [1], data_offsets: [0, 4] },
      },
      10,
    ),
    "safetensors 'w.scale': expected [2] (a scale for each row of 'w'), got [1]",
  ],
  'scales in a column': [
    fileOf({ __metadata__: metadata, w: integers, 'w.scale': { ...scales, shape: [2, 1] } }, 14),
    "'w.scale': expected [2] (a scale for each row of 'w'), got [2, 1]",
  ],
  'scales of float16': [
    fileOf(
      {
        __metadata__: metadata,
        w: { ...integers, data_offsets: [4, 10] },
        'w.scale': { dtype: 'F16', shape: [2], data_offsets: [0, 4] },
      },
      10,
    ),
    "safetensors 'w.scale': expected F32, got F16",
  ],
  'scales of int8, with scales of their own': [
    fileOf(
      {
        __metadata__: metadata,
        'w.scale.scale': scales,
        w: integers,
        'w.scale': { dtype: 'I8', shape: [2], data_offsets: [14, 16] },
      },
      16,
    ),
    "safetensors 'w.scale': expected F32, got I8",
  ],
  'a scale that is NaN': [
    withScales(1, nan),
    "safetensors 'w.scale': expected finite scales of 0 or more, got NaN at [1]",
  ],
  'an infinite scale': [withScales(infinity, 1), 'got Infinity at [0]'],
  'a negative scale': [withScales(-1, 1), 'got -1 at [0]'],
};

test.each(Object.entries(files))('%s is refused', (_, [bytes, message]) => {
  expect(refusal(() => readSafetensors(bytes))).toContain(message);
  expect(refusal(() => load(bytes))).toContain(message);
});

test('integers without a word of scales stay unread, and are no weights of a model', () => {
  const file = fileOf({ w: integers, 'w.scale': scales }, 14);
  const { tensors } = readSafetensors(file);
  expect(Object.keys(tensors)).toEqual(['w', 'w.scale']);
  expect(refusal(() => tensors.w.data)).toBe(
    "safetensors 'w': expected F32, F64, F16, BF16, got I8",
  );
  const model = edited(save(dense(3, 2), { weights: 'int8' }), ({ metadata }) => {
    delete metadata.quantization;
  });
  expect(refusal(() => load(model))).toBe(
    "safetensors 'weight': expected F32, F64, F16, BF16, got I8",
  );
});

test('a product beyond float32 is no weight of a model', () => {
  const file = edited(save(dense(3, 2, { seed: 1 }), { weights: 'int8' }), ({ tensors, data }) => {
    const [begin] = tensors['weight.scale'].data_offsets;
    new DataView(data.buffer, data.byteOffset).setFloat32(begin, 3e38, true);
  });
  expect(refusal(() => load(file))).toMatch(
    /^model 'weight': expected finite float32 numbers, got -?Infinity at \[0, \d\]$/,
  );
});

test('scales of a tensor that is not of int8 are left over', () => {
  const file = edited(save(gru(2, 3), { weights: 'int8' }), ({ tensors }) => {
    const { shape, data_offsets: offsets } = tensors.weightIh;
    tensors.weightIh = { dtype: 'U8', shape, data_offsets: offsets };
  });
  expect(refusal(() => load(file))).toContain("safetensors 'weightIh': expected F32");
  const { 'weightIh.scale': scale } = readSafetensors(file).tensors;
  expect(scale.shape).toEqual([9]);
});
