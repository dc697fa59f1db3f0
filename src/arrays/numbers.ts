import { describe, mismatch } from '../errors.js';
import { flatten, isNdArray, sizeOf } from './ndarray.js';
import { bytesHint, isVector } from './vector.js';

/**
 * Numbers given in any form (one number, a flat or nested array, a typed array, an ndarray) as a
 * row-major float32 copy and its shape. Throws a RecurError for anything else and for ragged rows.
 */
export function readNumbers(where: string, value: unknown, expected: string) {
  if (isNdArray(value)) {
    const values = flatten(value, new Float32Array(sizeOf(value.shape)));
    return { values, shape: value.shape };
  }
  // What is numbers for sure is copied at once: states come back like this with each call of a
  // cell.
  if (value instanceof Float32Array || value instanceof Float64Array) {
    return { values: new Float32Array(value), shape: [value.length] };
  }
  let list: readonly unknown[] = typeof value === 'number' ? [value] : (value as []);
  if (!isVector(list)) throw mismatch(where, expected, describe(value), bytesHint(value));
  const shape = [list.length];
  while (Array.isArray(list) && Array.isArray(list[0]) && shape.length < 4) {
    const [{ length }] = list;
    const odd = list.findIndex(row => !Array.isArray(row) || row.length !== length);
    const rows = `${expected}, rows of ${length} as the first`;
    if (odd >= 0) throw mismatch(where, rows, `${describe(list[odd])} as row ${odd}`);
    shape.push(length);
    list = list.flat();
  }
  const values = Float32Array.from(list, (item, i) => {
    if (typeof item === 'number') return item;
    throw mismatch(where, `${expected}, of numbers`, `${describe(item)} at [${i}]`);
  });
  return { values, shape };
}
