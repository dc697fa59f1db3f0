import { rowMajor, sizeOf } from '../../arrays/ndarray.js';
import type { Budget } from './budget.js';

export type Floats = Float32Array | Float64Array;

/** Numbers that views are of. */
export interface Source {
  readonly length: number;
  /** All of them. */
  values(): Floats;
  /** One of them; absent where only all can be had. */
  at?(index: number): number;
}

/** Some of a source's numbers in an order of their own: none of them is copied. */
export interface View {
  readonly source: Source;
  /** One for each dimension. */
  readonly stride: readonly number[];
  readonly offset: number;
}

/** True if a view's numbers lie in the order of its dimensions, one after another. */
export function isInRow({ stride }: View, dims: readonly number[]): boolean {
  const usual = rowMajor(dims);
  return dims.every((n, d) => n === 1 || stride[d] === usual[d]);
}

/** A view's numbers, row-major: the source's own if it is all of them, else a copy. */
export function valuesAt(
  view: View,
  dims: readonly number[],
  floating: boolean,
  budget: Budget,
): Floats {
  const { source, stride, offset } = view;
  const count = sizeOf(dims);
  if (count === source.length && offset === 0 && isInRow(view, dims)) return source.values();
  budget.spend(count);
  const out = floating ? new Float32Array(count) : new Float64Array(count);
  const all = source.at ? undefined : source.values();
  const read = (i: number) => (all ? all[i] : (source.at as (i: number) => number)(i));
  const index = dims.map(() => 0);
  let at = offset;
  for (let k = 0; k < count; k++) {
    out[k] = read(at);
    for (let d = dims.length - 1; d >= 0; d--) {
      at += stride[d];
      if (++index[d] < dims[d]) break;
      at -= stride[d] * dims[d];
      index[d] = 0;
    }
  }
  return out;
}
