import { flatten, isNdArray, type NdArray, NdView, sizeOf } from '../arrays/ndarray.js';
import { demand, mismatch } from '../errors.js';
import { littleEndian } from './little-endian.js';
import {
  copyValue,
  isPlainObject,
  type TypedArray,
  type TypedArrayName,
  typedArrayName,
  typedArrays,
} from './values.js';

const deepest = 64;

/** The numbers that JSON lacks. */
const oddNumbers: readonly unknown[] = ['-0', 'NaN', 'Infinity', '-Infinity'];

/** A step of a walk through plain data: what is made of the value at a path. */
type Turn = (value: unknown, path?: string, depth?: number) => unknown;

/**
 * Plain data as JSON that loses nothing: arrays as base64 of their little-endian bytes, numbers
 * that JSON lacks (NaN, −0, ±∞) and undefined as `{ $: … }`. Throws a RecurError that names the
 * path of anything that is not plain data.
 */
export const encode: Turn = (value, path, depth) =>
  encodeWith(encode, toBase64, value, path, depth);

/** Throws what `encode` would throw, and spares the text of the arrays. */
export const checkPlain: Turn = (value, path, depth) =>
  encodeWith(checkPlain, () => '', value, path, depth);

function encodeWith(
  turn: Turn,
  textOf: (kind: TypedArrayName, array: unknown, view: NdArray | undefined) => string,
  value: unknown,
  path = 'state',
  depth = 0,
): unknown {
  const view = isNdArray(value) ? value : undefined;
  const kind = typedArrayName(view ? view.data : value);
  if (kind) {
    const data = textOf(kind, value, view);
    return view ? { $: 'ndarray', dtype: kind, shape: [...view.shape], data } : { $: kind, data };
  }
  if (value === undefined) return { $: 'undefined' };
  const odd = oddNumbers.find(text => Object.is(Number(text), value));
  if (odd) return { $: 'number', value: odd };
  if (value === null || ['number', 'string', 'boolean'].includes(typeof value)) return value;
  const expected = 'numbers, strings, booleans, null, arrays or plain objects';
  demand(Array.isArray(value) || isPlainObject(value), path, expected, value);
  const encoded = inside(value, turn, path, depth);
  return Object.hasOwn(value, '$') ? { $: 'object', entries: Object.entries(encoded) } : encoded;
}

/** The value that `encode` encoded; throws a RecurError for anything else. */
export function decode(value: unknown, path = 'state', depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  // Another thread's, which was posted as it was.
  if (typedArrayName(value)) return copyValue(value);
  if (Array.isArray(value) || !Object.hasOwn(value, '$')) return inside(value, decode, path, depth);
  const { $: tag, entries, value: number, shape, dtype, data } = value as Record<string, unknown>;
  if (tag === 'undefined') return undefined;
  if (tag === 'number' && oddNumbers.includes(number)) return Number(number);
  if (tag === 'object') {
    const isPair = (entry: unknown) => Array.isArray(entry) && typeof entry[0] === 'string';
    const arePairs = Array.isArray(entries) && entries.every(isPair);
    demand(arePairs, path, 'pairs of a name and a value', entries);
    return inside(Object.fromEntries(entries), decode, path, depth);
  }
  const kind = tag === 'ndarray' ? dtype : tag;
  const isKnown = typeof kind === 'string' && Object.hasOwn(typedArrays, kind);
  demand(isKnown, path, 'an encoded array or number', kind);
  const array = fromBase64(kind as TypedArrayName, data, path);
  if (tag !== 'ndarray') return array;
  const counts = Array.isArray(shape) && shape.every(n => Number.isSafeInteger(n) && n >= 0);
  if (!counts || sizeOf(shape) !== array.length) {
    throw mismatch(path, `a shape of ${array.length} elements`, JSON.stringify(shape) ?? 'none');
  }
  const view = new NdView(array as Float32Array, shape);
  return array instanceof Float32Array ? view : { ...view };
}

/** An array or object with `turn` applied to all that it holds. */
function inside(value: object, turn: Turn, path: string, depth: number): object {
  if (depth > deepest) throw mismatch(path, `at most ${deepest} levels`, 'more, or a cycle');
  if (Array.isArray(value)) {
    return Array.from(value, (v, i) => turn(v, `${path}[${i}]`, depth + 1));
  }
  const entries = Object.entries(value);
  return Object.fromEntries(entries.map(([k, v]) => [k, turn(v, `${path}.${k}`, depth + 1)]));
}

function toBase64(kind: TypedArrayName, array: unknown, view: NdArray | undefined): string {
  const Kind = typedArrays[kind];
  const own = view ? flatten(view, new Kind(sizeOf(view.shape))) : new Kind(array as TypedArray);
  return btoa(littleEndian(own).reduce((text, byte) => text + String.fromCharCode(byte), ''));
}

function fromBase64(kind: TypedArrayName, text: unknown, path: string): TypedArray {
  let bytes: Uint8Array<ArrayBuffer> | undefined;
  try {
    const data = atob(text as string);
    // Far sooner than Uint8Array.from, which goes through an iterator.
    bytes = new Uint8Array(data.length).map((_, i) => data.charCodeAt(i));
  } catch {
    // Refused with all else that is no base64.
  }
  demand(bytes && typeof text === 'string', path, 'base64 text', text);
  const Kind = typedArrays[kind];
  const { BYTES_PER_ELEMENT: width } = Kind;
  if (bytes.length % width) {
    throw mismatch(path, `bytes of whole ${kind} elements, ${width} each`, `${bytes.length} bytes`);
  }
  const array = new Kind(bytes.buffer);
  littleEndian(array);
  return array;
}
