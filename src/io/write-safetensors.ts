import { flatten, isInside, isNdArray, type NdArray, sizeOf } from '../arrays/ndarray.js';
import { describe, mismatch } from '../errors.js';
import { metadataName, metadataOf, whereOf } from './read-safetensors.js';

/**
 * A safetensors file of float32 tensors: `[…]` ndarrays of any shape and stride, copied row-major
 * and rounded to float32, and strings by name as its metadata. The data begins at a multiple of
 * eight bytes. Throws a RecurError that names a tensor that is no ndarray or reaches beyond its
 * data, and metadata that are no strings.
 *
 * @example
 * const bytes = writeSafetensors({ gain: dense(2, 1).params.weight }, { made: 'by hand' });
 * readSafetensors(bytes).metadata.made; // → by hand
 */
export function writeSafetensors(
  tensors: Readonly<Record<string, NdArray>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const header: [string, unknown][] = [];
  const arrays: Float32Array[] = [];
  let size = 0;
  if (Object.keys(metadata).length > 0) header.push([metadataName, metadataOf({ ...metadata })]);
  for (const [name, tensor] of Object.entries(tensors)) {
    const where = whereOf(name);
    if (name === metadataName) throw mismatch(where, 'another name', 'the name of the metadata');
    if (!isNdArray(tensor) || !isInside(tensor)) {
      throw mismatch(where, 'an ndarray with its elements inside its data', describe(tensor));
    }
    const values = flatten(tensor, new Float32Array(sizeOf(tensor.shape)));
    const offsets = [size, (size += values.byteLength)];
    header.push([name, { dtype: 'F32', shape: [...tensor.shape], data_offsets: offsets }]);
    arrays.push(values);
  }
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const start = 8 + Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(start + size).fill(0x20, 8, start);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(start - 8), true);
  bytes.set(text, 8);
  let at = start;
  for (const values of arrays) {
    for (let i = 0; i < values.length; i++, at += 4) view.setFloat32(at, values[i], true);
  }
  return bytes;
}
