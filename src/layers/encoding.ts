import { isNdArray, NdView, sizeOf } from '../arrays/ndarray.js';
import { describe, mismatch } from '../errors.js';
import {
  isPlainObject,
  type TypedArray,
  type TypedArrayName,
  typedArrayName,
  typedArrays,
} from './values.js';

/** Where the bytes of an array go when it is encoded: into the text, or beside it. */
export type Store = (bytes: Uint8Array) => Readonly<Record<string, string | number>>;
/** The bytes of an encoded array. */
export type Fetch = (place: Readonly<Record<string, unknown>>, where: string) => Uint8Array;

const deepest = 64;
const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/**
 * Plain data as JSON that loses nothing: arrays as the little-endian bytes that `store` places,
 * numbers that JSON lacks (NaN, −0, ±∞) and undefined as `{ $: … }`. Throws a RecurError that
 * names the path of anything that is not plain data.
 */
export function encode(value: unknown, store: Store, path = 'state', depth = 0): unknown {
  if (depth > deepest) throw mismatch(path, `at most ${deepest} levels`, 'more, or a cycle');
  if (value === undefined) return { $: 'undefined' };
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') {
    const plain = Number.isFinite(value) && !Object.is(value, -0);
    return plain ? value : { $: 'number', value: Object.is(value, -0) ? '-0' : String(value) };
  }
  const kind = typedArrayName(value);
  if (kind) return { $: kind, ...store(bytesOf(value as TypedArray)) };
  if (isNdArray(value) && typedArrayName(value.data)) return encodeNdArray(value, store);
  if (Array.isArray(value)) {
    return Array.from(value, (v, i) => encode(v, store, `${path}[${i}]`, depth + 1));
  }
  if (!isPlainObject(value)) {
    throw mismatch(
      path,
      'numbers, strings, booleans, null, arrays or plain objects',
      describe(value),
    );
  }
  const entries = Object.entries(value).map(([key, v]): [string, unknown] => {
    if (v === undefined) throw mismatch(`${path}.${key}`, 'plain data', 'undefined');
    return [key, encode(v, store, `${path}.${key}`, depth + 1)];
  });
  return Object.hasOwn(value, '$') ? { $: 'object', entries } : Object.fromEntries(entries);
}

function encodeNdArray(array: { data: unknown; shape: readonly number[] } & NdLike, store: Store) {
  const data = array.data as TypedArray;
  const kind = typedArrayName(data) as TypedArrayName;
  const flat = new typedArrays[kind](sizeOf(array.shape));
  const index = array.shape.map(() => 0);
  for (let k = 0; k < flat.length; k++) {
    flat[k] = data[index.reduce((at, i, d) => at + i * array.stride[d], array.offset)];
    for (let d = index.length - 1; d >= 0 && ++index[d] === array.shape[d]; d--) index[d] = 0;
  }
  return { $: 'ndarray', dtype: kind, shape: [...array.shape], ...store(bytesOf(flat)) };
}

interface NdLike {
  readonly stride: readonly number[];
  readonly offset: number;
}

/** The value that `encode` encoded; throws a RecurError for anything else. */
export function decode(value: unknown, fetch: Fetch, path = 'state', depth = 0): unknown {
  if (depth > deepest) throw mismatch(path, `at most ${deepest} levels`, 'more');
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value))
    return value.map((v, i) => decode(v, fetch, `${path}[${i}]`, depth + 1));
  const record = value as Record<string, unknown>;
  if (Object.hasOwn(record, '$')) return decodeTagged(record, fetch, path, depth);
  return Object.fromEntries(
    Object.entries(record).map(([key, v]) => [key, decode(v, fetch, `${path}.${key}`, depth + 1)]),
  );
}

function decodeTagged(
  record: Readonly<Record<string, unknown>>,
  fetch: Fetch,
  path: string,
  depth: number,
): unknown {
  const { $: tag, value, entries, shape, dtype } = record;
  if (tag === 'undefined') return undefined;
  if (tag === 'number' && ['-0', 'NaN', 'Infinity', '-Infinity'].includes(value as string)) {
    return Number(value);
  }
  if (tag === 'object' && Array.isArray(entries)) {
    return Object.fromEntries(
      entries.map((entry: unknown): [string, unknown] => {
        if (!Array.isArray(entry) || typeof entry[0] !== 'string') {
          throw mismatch(path, 'pairs of a name and a value', describe(entry));
        }
        return [entry[0], decode(entry[1], fetch, `${path}.${entry[0]}`, depth + 1)];
      }),
    );
  }
  const kind = tag === 'ndarray' ? dtype : tag;
  if (typeof kind !== 'string' || !Object.hasOwn(typedArrays, kind)) {
    throw mismatch(path, 'an encoded array or number', describe(kind));
  }
  const array = fromBytes(kind as TypedArrayName, fetch(record, path), path);
  return tag === 'ndarray' ? shaped(array, shape, path) : array;
}

function shaped(data: TypedArray, shape: unknown, path: string): unknown {
  const counts = Array.isArray(shape) && shape.every(n => Number.isSafeInteger(n) && n >= 0);
  if (!counts || sizeOf(shape) !== data.length) {
    throw mismatch(path, `a shape of ${data.length} elements`, JSON.stringify(shape) ?? 'none');
  }
  if (data instanceof Float32Array) return new NdView(data, shape);
  const { stride, offset } = new NdView(new Float32Array(0), shape);
  return { data, shape, stride, offset };
}

function bytesOf(array: TypedArray): Uint8Array {
  const { buffer, byteOffset, byteLength, BYTES_PER_ELEMENT } = array;
  const bytes = new Uint8Array(buffer, byteOffset, byteLength).slice();
  return littleEndian ? bytes : reversed(bytes, BYTES_PER_ELEMENT);
}

function fromBytes(kind: TypedArrayName, bytes: Uint8Array, path: string): TypedArray {
  const { BYTES_PER_ELEMENT: width } = typedArrays[kind];
  if (bytes.length % width) {
    throw mismatch(path, `bytes of whole ${kind} elements, ${width} each`, `${bytes.length} bytes`);
  }
  const own = new Uint8Array(bytes);
  return new typedArrays[kind]((littleEndian ? own : reversed(own, width)).buffer);
}

function reversed<B extends Uint8Array>(bytes: B, width: number): B {
  for (let at = 0; at < bytes.length; at += width) bytes.subarray(at, at + width).reverse();
  return bytes;
}

/** Bytes as base64 text. */
export function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return btoa(text);
}

/** The bytes of base64 text; throws a RecurError for anything else. */
export function fromBase64(text: unknown, where: string): Uint8Array {
  if (typeof text !== 'string') throw mismatch(where, 'base64 text', describe(text));
  try {
    return Uint8Array.from(atob(text), c => c.charCodeAt(0));
  } catch {
    throw mismatch(where, 'base64 text', describe(text));
  }
}
