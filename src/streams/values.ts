import { isNdArray } from '../arrays/ndarray.js';

/** The typed arrays that a state may hold, by name. */
export const typedArrays = {
  Float32Array,
  Float64Array,
  Int8Array,
  Int16Array,
  Int32Array,
  Uint8Array,
  Uint8ClampedArray,
  Uint16Array,
  Uint32Array,
};

export type TypedArrayName = keyof typeof typedArrays;
export type TypedArray = InstanceType<(typeof typedArrays)[TypedArrayName]>;

/** The name of a typed array's kind, or undefined for anything else. */
export function typedArrayName(value: unknown): TypedArrayName | undefined {
  const name = ArrayBuffer.isView(value) ? (value as TypedArray)[Symbol.toStringTag] : '';
  return Object.hasOwn(typedArrays, name) ? (name as TypedArrayName) : undefined;
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  if (Object.getOwnPropertySymbols(value).length) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/**
 * A deep copy of plain data (typed arrays, ndarrays, arrays, plain objects), cycles and all; what
 * is none of these stays itself.
 */
export function copyValue(value: unknown, copies = new Map<unknown, unknown>()): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (copies.has(value)) return copies.get(value);
  const kind = typedArrayName(value);
  // Not slice(): a Buffer's shares its bytes.
  if (kind) return new typedArrays[kind](value as TypedArray);
  const plain = Array.isArray(value) || isPlainObject(value);
  if (!plain && !(isNdArray(value) && typedArrayName(value.data))) return value;
  const prototype: object | null = Object.getPrototypeOf(value);
  const copy: object = Array.isArray(value) ? new Array(value.length) : Object.create(prototype);
  copies.set(value, copy);
  for (const [key, v] of Object.entries(value)) {
    // Not copy[key] = …, which for __proto__ sets the prototype.
    Object.defineProperty(copy, key, {
      value: copyValue(v, copies),
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  return copy;
}
