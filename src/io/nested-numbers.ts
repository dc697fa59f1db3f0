import { sizeOf } from '../arrays/ndarray.js';
import { describe, mismatch, shapeText } from '../errors.js';

/** A tensor as nested arrays of JSON: its numbers, row-major float32. */
export interface NestedTensor {
  readonly shape: readonly number[];
  /** In words: `input 1, 4 gates × 16`. */
  readonly meaning: string;
}

/**
 * The numbers of nested arrays that must have a shape; nothing is allocated before they have.
 * Throws a RecurError that names both shapes.
 */
export function nestedNumbers(
  where: string,
  value: unknown,
  { shape, meaning }: NestedTensor,
): Float32Array {
  const expected = `${shapeText(shape)} (${meaning})`;
  const got = nestedShape(value, shape.length);
  const fits = got.length === shape.length && got.every((n, d) => n === shape[d]);
  if (!fits) throw mismatch(where, expected, shapeOrWords(value, got));
  checkRows(where, value, shape, expected);
  const result = new Float32Array(sizeOf(shape));
  fill(where, value as readonly unknown[], shape.length, result, 0);
  return result;
}

/** Copies the numbers of arrays within arrays; returns how many there are by now. */
function fill(
  where: string,
  row: readonly unknown[],
  levels: number,
  result: Float32Array,
  from: number,
): number {
  let at = from;
  for (const item of row) {
    if (levels > 1) at = fill(where, item as readonly unknown[], levels - 1, result, at);
    else {
      result[at] = typeof item === 'number' ? item : Number.NaN;
      if (!Number.isFinite(result[at])) {
        throw mismatch(where, 'finite float32 numbers', `${describe(item)} at [${at}]`);
      }
      at += 1;
    }
  }
  return at;
}

/** The lengths of an array, of its first element, and so on, as far as they are arrays. */
export function nestedShape(value: unknown, most: number): readonly number[] {
  const shape: number[] = [];
  for (let row = value; Array.isArray(row) && shape.length <= most; row = row[0]) {
    shape.push(row.length);
  }
  return shape;
}

function shapeOrWords(value: unknown, got: readonly number[]): string {
  return got.length ? shapeText(got) : describe(value);
}

/** Refuses rows that are not all of the shape of the first. */
function checkRows(
  where: string,
  value: unknown,
  [length, ...inner]: readonly number[],
  expected: string,
): void {
  const rows = value as readonly unknown[];
  if (!Array.isArray(rows) || rows.length !== length) {
    throw mismatch(where, expected, 'ragged rows');
  }
  if (inner.length) for (const row of rows) checkRows(where, row, inner, expected);
}
