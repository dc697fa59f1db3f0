import { describe, mismatch } from '../errors.js';
import { flatten, isNdArray, sizeOf } from './ndarray.js';

/**
 * Numbers given in any form (one number, a flat or nested array, a typed array, an ndarray) as a
 * row-major float32 copy and its shape. Throws a RecurError for anything else and for ragged rows.
 */
export function readNumbers(where: string, value: unknown, expected: string) {
  if (isNdArray(value)) {
    const values = flatten(value, new Float32Array(sizeOf(value.shape)));
    return { values, shape: value.shape };
  }
  // What is numbers for sure is copied at once: states come back like this with each call of a cell.
  if (value instanceof Float32Array || value instanceof Float64Array) {
    return { values: new Float32Array(value), shape: [value.length] };
  }
  let items: unknown = typeof value === 'number' ? [value] : value;
  if (!Array.isArray(items) && !ArrayBuffer.isView(items)) {
    throw mismatch(where, expected, describe(value));
  }
  const shape: number[] = [];
  for (let row = items as unknown[]; Array.isArray(row) && shape.length < 3; row = row[0] as []) {
    shape.push(row.length);
  }
  if (Array.isArray(items)) items = items.flat(shape.length);
  const list = items as ArrayLike<unknown>;
  if (shape.length === 0) shape.push(list.length);
  const values = Float32Array.from(list, (item, i) => {
    if (typeof item === 'number') return item;
    throw mismatch(where, `${expected}, of numbers`, `${describe(item)} at [${i}]`);
  });
  if (sizeOf(shape) !== values.length) {
    throw mismatch(where, `${expected}, every row of one length`, 'ragged rows');
  }
  return { values, shape };
}
