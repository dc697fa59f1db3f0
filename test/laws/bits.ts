import { expect } from 'vitest';
import { isNdArray, type NdArray } from '../../src/arrays/ndarray.js';

/**
 * Fails unless two values are the same in class, shape and every bit that Object.is tells apart.
 */
export function sameBits(got: unknown, want: unknown): void {
  const at = difference(got, want, 'it');
  if (at) expect(got, at).toStrictEqual(want);
  if (at) throw new Error(at);
}

/** Where two values differ, in words; undefined where they do not. */
function difference(got: unknown, want: unknown, at: string): string | undefined {
  if (typeof want !== 'object' || want === null) {
    return Object.is(got, want) ? undefined : `${at} is ${got}, not ${want}`;
  }
  if (typeof got !== 'object' || got === null) return `${at} is ${got}`;
  if (got.constructor !== want.constructor) return `${at} is of another class`;
  if (isNdArray(want)) return ofNdArrays(got as NdArray, want, at);
  if (ArrayBuffer.isView(want) || Array.isArray(want)) {
    return ofLists(got as ArrayLike<unknown>, want as unknown as ArrayLike<unknown>, at);
  }
  const keys = Object.keys(want);
  if (Object.keys(got).join() !== keys.join()) return `${at} has other keys`;
  for (const key of keys) {
    const found = difference(Reflect.get(got, key), Reflect.get(want, key), `${at}.${key}`);
    if (found) return found;
  }
  return undefined;
}

function ofNdArrays(got: NdArray, want: NdArray, at: string): string | undefined {
  if (String(got.shape) !== String(want.shape)) return `${at} is of shape [${got.shape}]`;
  return ofLists(flatten(got), flatten(want), at);
}

function ofLists(got: ArrayLike<unknown>, want: ArrayLike<unknown>, at: string) {
  if (got.length !== want.length) return `${at} is ${got.length} long, not ${want.length}`;
  for (let i = 0; i < want.length; i++) {
    const found = difference(got[i], want[i], `${at}[${i}]`);
    if (found) return found;
  }
  return undefined;
}

/** The elements of an ndarray in row-major order, in the test's own way. */
function flatten({ data, shape, stride, offset }: NdArray): number[] {
  const at = (d: number, from: number): number[] =>
    d === shape.length
      ? [data[from]]
      : Array.from({ length: shape[d] }, (_, i) => at(d + 1, from + i * stride[d])).flat();
  return at(0, offset);
}

/** The numbers of an output or a datum of any form, in row-major order. */
export function numbersOf(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  return isNdArray(value) ? flatten(value) : [...(value as Iterable<number>)];
}

/** Fails unless two sequences of outputs hold the same numbers, whatever their forms. */
export function sameNumbers(got: readonly unknown[], want: readonly unknown[]): void {
  sameBits(got.map(numbersOf), want.map(numbersOf));
}

/** Column j of an output or a state array of shape `[rows, batch]`. */
export function columnOf(value: unknown, j: number): number[] {
  const { data, shape, stride, offset } = value as NdArray;
  return Array.from({ length: shape[0] }, (_, i) => data[offset + i * stride[0] + j * stride[1]]);
}
