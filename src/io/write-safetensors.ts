import { flatten, isInside, isNdArray, type NdArray, NdView, sizeOf } from '../arrays/ndarray.js';
import { describe, mismatch } from '../errors.js';
import { littleEndian } from '../streams/little-endian.js';
import { int8Rows, scaleName } from './int8.js';
import { quoted } from './json.js';
import { metadataName, metadataOf, whereOf } from './read-safetensors.js';
import { type FileTensor, Rounder, type RoundingOptions } from './rounding.js';

/**
 * A safetensors file of float32 tensors: `[…]` ndarrays of any shape and stride, copied row-major
 * and rounded to float32, or the matrices to what `weights` says; and strings by name as its
 * metadata. The data begins at a multiple of eight bytes, wider numbers first.
 *
 * Throws a RecurError that names a tensor that is no ndarray, reaches beyond its data or has a
 * number that can't be rounded so, and metadata that are no strings.
 *
 * @example
 * const bytes = writeSafetensors({ gain: dense(2, 1).params.weight }, { made: 'by hand' });
 * readSafetensors(bytes).metadata.made; // → by hand
 */
export function writeSafetensors(
  tensors: Readonly<Record<string, NdArray>>,
  metadata: Readonly<Record<string, string>> = {},
  options: RoundingOptions = {},
): Uint8Array {
  const rounder = new Rounder('writeSafetensors', options);
  const bytes = writeTensors(tensors, metadata, rounder, () => true);
  rounder.tell();
  return bytes;
}

/** `writeSafetensors`, where `rounds` tells the tensors that may be rounded. */
export function writeTensors(
  tensors: Readonly<Record<string, NdArray>>,
  metadata: Readonly<Record<string, string>>,
  rounder: Rounder,
  rounds: (name: string) => boolean,
): Uint8Array {
  const parts = Object.entries(tensors).flatMap(([name, tensor]) => {
    const where = whereOf(name);
    if (name === metadataName) throw mismatch(where, 'another name', 'the name of the metadata');
    if (!isNdArray(tensor) || !isInside(tensor)) {
      throw mismatch(where, 'an ndarray with its elements inside its data', describe(tensor));
    }
    const values = flatten(tensor, new Float32Array(sizeOf(tensor.shape)));
    const view = new NdView(values, tensor.shape);
    return rounder.partsOf(where, name, view, rounds(name));
  });
  const scaled = parts.filter(({ dtype }) => dtype === 'I8');
  for (const { name } of scaled) {
    if (!Object.hasOwn(tensors, scaleName(name))) continue;
    const got = `the name of the scales of ${quoted(name)}`;
    throw mismatch(whereOf(scaleName(name)), 'another name', got);
  }
  const more = scaled.length ? { quantization: int8Rows } : {};
  return assembled(parts, metadataOf({ ...metadata, ...more, ...rounder.metadata() }));
}

/** Wider numbers first: each then begins at a multiple of its width. */
function assembled(tensors: readonly FileTensor[], metadata: Readonly<Record<string, string>>) {
  const header: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) header.push([metadataName, metadata]);
  const sorted = [...tensors].sort((a, b) => widthOf(b) - widthOf(a));
  let size = 0;
  for (const { name, dtype, shape, values } of sorted) {
    const offsets = [size, (size += values.byteLength)];
    header.push([name, { dtype, shape, data_offsets: offsets }]);
  }
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const start = 8 + Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(start + size).fill(0x20, 8, start);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - 8), true);
  bytes.set(text, 8);
  let at = start;
  for (const { values } of sorted) {
    bytes.set(littleEndian(values.slice()), at);
    at += values.byteLength;
  }
  return bytes;
}

const widthOf = ({ values }: FileTensor) => values.BYTES_PER_ELEMENT;
