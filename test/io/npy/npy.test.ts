import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { flatten } from '../../../src/arrays/ndarray.js';
import { dense } from '../../../src/index.js';
import { readNpy, readNpz, writeNpy } from '../../../src/io/npy/index.js';
import { sameBits } from '../../laws/bits.js';

interface Golden {
  readonly files: Readonly<
    Record<string, { readonly npy: string; readonly shape: number[]; readonly values: number[] }>
  >;
  readonly archives: Readonly<Record<'stored' | 'deflated', string>>;
  readonly weight: readonly number[];
}

const golden = JSON.parse(
  readFileSync(new URL('../../golden/npy.json', import.meta.url), 'utf8'),
) as Golden;
const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));
const flat = (array: ReturnType<typeof readNpy>) =>
  Array.from(flatten(array, new Float32Array(array.size)));

test.each(Object.entries(golden.files))(
  "%s: NumPy's shape and values",
  (_, { npy, shape, values }) => {
    const array = readNpy(bytesOf(npy));
    expect(array.shape).toEqual(shape);
    expect(flat(array)).toEqual(values.map(Math.fround));
  },
);

test('an array in Fortran order keeps it in its strides', () => {
  const array = readNpy(bytesOf(golden.files.fortran.npy));
  expect(array.stride).toEqual([1, 3]);
  expect(array.get(2, 1)).toBe(Math.fround(6 / 7));
});

test.each(Object.entries(golden.archives))('an archive, %s, has its arrays by name', (_, npz) => {
  const { weight, bias, ...others } = readNpz(bytesOf(npz));
  expect(others).toEqual({});
  expect(weight.shape).toEqual([8, 12]);
  expect(flat(weight)).toEqual(golden.weight);
  expect(flat(bias)).toEqual(new Array(500).fill(0));
});

test('what is written is read back bit for bit, whatever its strides', () => {
  const { weight, bias } = dense(5, 3, { seed: 1 }).params;
  sameBits(readNpy(writeNpy(weight)), weight);
  sameBits(readNpy(writeNpy(bias)), bias);
  const turned = { data: weight.data, shape: [5, 3], stride: [1, 5], offset: 0 };
  expect(readNpy(writeNpy(turned)).get(4, 2)).toBe(weight.get(2, 4));
  const scalar = { data: [-0], shape: [], stride: [], offset: 0 };
  expect(Object.is(readNpy(writeNpy(scalar)).get(), -0)).toBe(true);
  const odd = { data: [Number.NaN, 1 / 0], shape: [2], stride: [1], offset: 0 };
  expect(Array.from(readNpy(writeNpy(odd)).data)).toEqual([Number.NaN, Number.POSITIVE_INFINITY]);
});

test('what is written is what NumPy writes', () => {
  for (const name of ['<f4', 'vector', 'empty', 'scalar']) {
    const { npy, shape, values } = golden.files[name];
    const stride = shape.map((_, d) => shape.slice(d + 1).reduce((product, n) => product * n, 1));
    const written = writeNpy({ data: values, shape, stride, offset: 0 });
    expect(Buffer.from(written).toString('latin1')).toBe(
      Buffer.from(npy, 'base64').toString('latin1'),
    );
  }
});
