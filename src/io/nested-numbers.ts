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
  const values = (shape.length === 1 ? value : (value as unknown[]).flat(shape.length - 1)) as [];
  return Float32Array.from(values, (item: unknown, i) => {
    const number = typeof item === 'number' ? Math.fround(item) : Number.NaN;
    if (Number.isFinite(number)) return number;
    throw mismatch(where, 'finite float32 numbers', `${describe(item)} at [${i}]`);
  });
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
