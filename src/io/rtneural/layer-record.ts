import { describe, mismatch, shapeText } from '../../errors.js';
import { nestedNumbers } from '../nested-numbers.js';

/** A layer as the file has it. */
export interface LayerRecord {
  readonly where: string;
  readonly layer: Readonly<Record<string, unknown>>;
  readonly size: number;
  readonly weights: readonly unknown[];
  /** As the file calls it; '' is none. */
  readonly activation: string;
}

/** The product of all sizes stays far below what a number holds. */
const largestSize = 2 ** 24;

/** The last number of a Keras shape `[null, null, 8]`. */
export function lastSize(where: string, shape: unknown): number {
  if (Array.isArray(shape) && shape.length > 0 && shape.length < 4) {
    const size: unknown = shape[shape.length - 1];
    if (Number.isSafeInteger(size) && (size as number) >= 1 && (size as number) <= largestSize) {
      return size as number;
    }
  }
  const got = Array.isArray(shape) ? shapeText(shape.slice(0, 5).map(describe)) : describe(shape);
  throw mismatch(where, `a shape of 1 to 3 that ends with 1 to ${largestSize}`, got);
}

export function vector({ where, size }: LayerRecord, name: string, value: unknown): Float32Array {
  return nestedNumbers(`${where} ${name}`, value, { shape: [size], meaning: `output ${size}` });
}

/** How many arrays of weights there are; refuses fewer and more. */
export function countOf({ where, weights }: LayerRecord, least: number, most: number): number {
  const { length } = weights;
  if (length >= least && length <= most) return length;
  const expected = least === most ? `${least}` : `${least} to ${most}`;
  throw mismatch(`${where} weights`, `${expected} arrays`, `${length}`);
}

/** Refuses a layer that keeps its size but tells another. */
export function checkSame({ where, size }: LayerRecord, inputSize: number): void {
  if (size === inputSize) return;
  throw mismatch(`${where} shape`, `size ${inputSize}, as what comes before`, `${size}`);
}
