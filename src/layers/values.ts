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
  return prototype === null || prototype === Object.prototype;
}

/** A deep copy of plain data; what is not plain data (class instances, functions) stays itself. */
export function copyValue(value: unknown): unknown {
  if (typedArrayName(value)) return (value as TypedArray).slice();
  if (Array.isArray(value)) return value.map(copyValue);
  if (isNdArray(value) && typedArrayName(value.data)) {
    const data = (value.data as TypedArray).slice();
    const prototype: object | null = Object.getPrototypeOf(value);
    return Object.assign(Object.create(prototype), value, { data });
  }
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, copyValue(v)]));
}
