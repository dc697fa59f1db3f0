import { unzipSync, zipSync } from 'fflate';
import { readNpy, readNpz, writeNpy } from '../../src/io/npy/index.js';
import type { Reader } from './reader.js';

const range = (n: number) => Float32Array.from({ length: n }, (_, i) => i - 1.5);
const matrix = writeNpy({ data: range(12), shape: [3, 4], stride: [4, 1], offset: 0 });
const vector = writeNpy({ data: range(3), shape: [3], stride: [1], offset: 0 });

/** The same bytes under another header of the same length. */
function recast(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const text = Buffer.from(bytes).toString('latin1').replace(from, to);
  return Uint8Array.from(Buffer.from(text, 'latin1'));
}

export const npy: Reader = {
  name: 'npy',
  seeds: () =>
    [
      matrix,
      vector,
      recast(matrix, "'<f4', 'fortran_order': False", "'>i4', 'fortran_order': True "),
      recast(recast(vector, '<f4', '|u1'), '(3,)', '(12)').map((b, i) => (i < 128 ? b : i)),
    ].slice(0, 3),
  read: readNpy,
};

export const npz: Reader = {
  name: 'npz',
  seeds: () => [
    zipSync({ 'weight.npy': matrix, 'bias.npy': vector }, { level: 6 }),
    zipSync({ 'weight.npy': matrix, 'bias.npy': vector }, { level: 0 }),
    zipSync({
      'zeros.npy': writeNpy({
        data: new Float32Array(2000),
        shape: [2000],
        stride: [1],
        offset: 0,
      }),
    }),
  ],
  read: readNpz,
  inside(seed, mutate) {
    const [[name, bytes], ...others] = Object.entries(unzipSync(seed));
    return zipSync({ [name]: mutate(bytes), ...Object.fromEntries(others) });
  },
};
