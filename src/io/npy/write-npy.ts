import { flatten, isInside, isNdArray, type NdArray, sizeOf } from '../../arrays/ndarray.js';
import { describe, mismatch } from '../../errors.js';

/**
 * The bytes of a `.npy` file, version 1.0, of an ndarray of any shape and stride: float32,
 * row-major, as `numpy.save` writes it. Throws a RecurError for what is no ndarray or reaches
 * beyond its data.
 *
 * @example
 * writeNpy(dense(3, 2).params.weight).length; // → 152
 */
export function writeNpy(array: NdArray): Uint8Array {
  if (!isNdArray(array) || !isInside(array)) {
    throw mismatch('writeNpy', 'an ndarray with its elements inside its data', describe(array));
  }
  const { shape } = array;
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${sizes}), }`;
  const start = Math.ceil((10 + text.length + 1) / 64) * 64;
  const values = flatten(array, new Float32Array(sizeOf(shape)));
  const bytes = new Uint8Array(start + values.byteLength);
  const view = new DataView(bytes.buffer);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  view.setUint16(8, start - 10, true);
  bytes.set(new TextEncoder().encode(`${text.padEnd(start - 11)}\n`), 10);
  for (let i = 0; i < values.length; i++) view.setFloat32(start + 4 * i, values[i], true);
  return bytes;
}
