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
  const name = Object.prototype.toString.call(value).slice(8, -1);
  return Object.hasOwn(typedArrays, name) ? (name as TypedArrayName) : undefined;
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (Object.getOwnPropertySymbols(value).length) return false;
  return prototype === null || prototype === Object.prototype;
}

/**
 * A deep copy of plain data, cycles and all; what is not plain data (class instances, functions)
 * stays itself.
 */
export function copyValue(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? copyObject(value, new Map()) : value;
}

function copyObject(value: object, copies: Map<object, object>): object {
  const known = copies.get(value);
  if (known) return known;
  const inner = (v: unknown) => (typeof v === 'object' && v !== null ? copyObject(v, copies) : v);
  const whole = copyArray(value);
  if (whole) {
    copies.set(value, whole);
    return whole;
  }
  if (Array.isArray(value)) {
    const copy: unknown[] = new Array(value.length);
    copies.set(value, copy);
    for (const [i, v] of value.entries()) copy[i] = inner(v);
    return copy;
  }
  if (!isPlainObject(value)) return value;
  const copy: Record<string, unknown> = {};
  copies.set(value, copy);
  for (const [key, v] of Object.entries(value)) {
    if (key !== '__proto__') copy[key] = inner(v);
    else Object.defineProperty(copy, key, { ...plainProperty, value: inner(v) });
  }
  return copy;
}

const plainProperty = { writable: true, enumerable: true, configurable: true };

/** A typed array or an ndarray over one, copied; undefined for anything else. */
function copyArray(value: object): object | undefined {
  const kind = typedArrayName(value);
  // Not slice(): a Buffer's shares its bytes.
  if (kind) return new typedArrays[kind](value as TypedArray);
  const kindOfData = isNdArray(value) ? typedArrayName(value.data) : undefined;
  if (!isNdArray(value) || !kindOfData) return undefined;
  const data = new typedArrays[kindOfData](value.data);
  const own = { data, shape: [...value.shape], stride: [...value.stride] };
  return Object.assign(Object.create(Object.getPrototypeOf(value)), value, own);
}
