import { flatten, isNdArray, NdView, sizeOf } from '../arrays/ndarray.js';
import { describe, mismatch } from '../errors.js';
import {
  isPlainObject,
  type TypedArray,
  type TypedArrayName,
  typedArrayName,
  typedArrays,
} from './values.js';

const deepest = 64;
const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/**
 * Plain data as JSON that loses nothing: arrays as base64 of their little-endian bytes, numbers
 * that JSON lacks (NaN, −0, ±∞) and undefined as `{ $: … }`. Throws a RecurError that names the
 * path of anything that is not plain data.
 */
export function encode(value: unknown, path = 'state', depth = 0): unknown {
  const kind = typedArrayName(value);
  if (kind) return { $: kind, data: toBase64(value as TypedArray) };
  const dtype = isNdArray(value) ? typedArrayName(value.data) : undefined;
  if (isNdArray(value) && dtype) {
    const data = toBase64(flatten(value, new typedArrays[dtype](sizeOf(value.shape))));
    return { $: 'ndarray', dtype, shape: [...value.shape], data };
  }
  if (value === undefined) return { $: 'undefined' };
  if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))) {
    return { $: 'number', value: Object.is(value, -0) ? '-0' : String(value) };
  }
  if (value === null || ['number', 'string', 'boolean'].includes(typeof value)) return value;
  if (!Array.isArray(value) && !isPlainObject(value)) {
    const expected = 'numbers, strings, booleans, null, arrays or plain objects';
    throw mismatch(path, expected, describe(value));
  }
  if (depth > deepest) throw mismatch(path, `at most ${deepest} levels`, 'more, or a cycle');
  if (Array.isArray(value)) {
    return Array.from(value, (v, i) => encode(v, `${path}[${i}]`, depth + 1));
  }
  const entries = Object.entries(value).map(([key, v]): [string, unknown] => {
    return [key, encode(v, `${path}.${key}`, depth + 1)];
  });
  return Object.hasOwn(value, '$') ? { $: 'object', entries } : Object.fromEntries(entries);
}

/** The value that `encode` encoded; throws a RecurError for anything else. */
export function decode(value: unknown, path = 'state', depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > deepest) throw mismatch(path, `at most ${deepest} levels`, 'more');
  if (Array.isArray(value)) return value.map((v, i) => decode(v, `${path}[${i}]`, depth + 1));
  const record = value as Record<string, unknown>;
  const isTagged = Object.hasOwn(record, '$');
  if (isTagged && record.$ !== 'object') return decodeTagged(record, path);
  const entries = isTagged ? record.entries : Object.entries(record);
  if (!Array.isArray(entries))
    throw mismatch(path, 'pairs of a name and a value', describe(entries));
  return Object.fromEntries(
    entries.map((entry: unknown): [string, unknown] => {
      const [key, v] = Array.isArray(entry) ? entry : [];
      if (typeof key === 'string') return [key, decode(v, `${path}.${key}`, depth + 1)];
      throw mismatch(path, 'pairs of a name and a value', describe(entry));
    }),
  );
}

function decodeTagged(record: Readonly<Record<string, unknown>>, path: string): unknown {
  const { $: tag, value, shape, dtype, data } = record;
  if (tag === 'undefined') return undefined;
  if (tag === 'number' && ['-0', 'NaN', 'Infinity', '-Infinity'].includes(value as string)) {
    return Number(value);
  }
  const kind = tag === 'ndarray' ? dtype : tag;
  if (typeof kind !== 'string' || !Object.hasOwn(typedArrays, kind)) {
    throw mismatch(path, 'an encoded array or number', describe(kind));
  }
  const array = fromBase64(kind as TypedArrayName, data, path);
  if (tag !== 'ndarray') return array;
  const counts = Array.isArray(shape) && shape.every(n => Number.isSafeInteger(n) && n >= 0);
  if (!counts || sizeOf(shape) !== array.length) {
    throw mismatch(path, `a shape of ${array.length} elements`, JSON.stringify(shape) ?? 'none');
  }
  const view = new NdView(array as Float32Array, shape);
  return array instanceof Float32Array ? view : { ...view };
}

function toBase64(array: TypedArray): string {
  const bytes = swapped(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), array);
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

function fromBase64(kind: TypedArrayName, text: unknown, path: string): TypedArray {
  const Kind = typedArrays[kind];
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    if (typeof text !== 'string') throw text;
    bytes = Uint8Array.from(atob(text), c => c.charCodeAt(0));
  } catch {
    throw mismatch(path, 'base64 text', describe(text));
  }
  const { BYTES_PER_ELEMENT: width } = Kind;
  if (bytes.length % width) {
    throw mismatch(path, `bytes of whole ${kind} elements, ${width} each`, `${bytes.length} bytes`);
  }
  return new Kind(swapped(bytes, Kind).buffer);
}

/** A copy of elements' bytes between this machine's order and little-endian. */
function swapped(bytes: Uint8Array, { BYTES_PER_ELEMENT: width }: { BYTES_PER_ELEMENT: number }) {
  const copy = new Uint8Array(bytes);
  for (let at = 0; !littleEndian && at < copy.length; at += width) {
    copy.subarray(at, at + width).reverse();
  }
  return copy;
}
