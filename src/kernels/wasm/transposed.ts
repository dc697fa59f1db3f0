import type { Code } from './code.js';
import type { Emitter } from './emitter.js';
import * as f32x4 from './f32x4.js';
import { halves, lanes } from './lanes.js';
import * as local from './local.js';
import { advance, until } from './loops.js';
import { longestSum } from './product.js';
import * as v128 from './v128.js';

/** Where the numbers of a transposed product lie: pointers, and the rest of each address. */
export interface Transposed {
  /** Weights `[group][column]`, four rows each: as `product` has them. */
  readonly weights: Code;
  readonly weightsAt: number;
  /** Bytes from one row group to the next, and from one column to the next. */
  readonly pitch: number;
  readonly column: number;
  readonly vector: Code;
  readonly vectorAt: number;
  readonly rows: number;
  readonly columns: number;
  readonly output: Code;
  readonly outputAt: number;
}

/**
 * output = weightsᵀ · vector, four columns at a time. Each is four sums, over every fourth row, of
 * partial sums of at most 32 terms; then those are added up in pairs.
 */
export function transposedProduct(e: Emitter, p: Transposed): Code {
  const [weights, to, end] = e.fn.numbers(3);
  const totals = e.fn.vectors(4);
  const someColumns = (count: number): Code => [
    e.fn.scope(() => sums(e, p, local.get(weights), totals, count)),
    v128.store(local.get(to), p.outputAt, across(e, totals)),
    advance(weights, count * p.column),
    advance(to, 16),
  ];
  const groups = p.columns >> 2;
  return [
    [local.set(weights, p.weights), local.set(to, p.output)],
    groups ? until(end, to, groups * 16, someColumns(4)) : [],
    p.columns & 3 ? someColumns(p.columns & 3) : [],
  ];
}

/** The sums of so many columns, from the first one's weights on, in `totals`; the others are 0. */
function sums(
  e: Emitter,
  { vector: begin, vectorAt, weightsAt, column, pitch, rows }: Transposed,
  first: Code,
  totals: readonly number[],
  count: number,
): Code {
  const [weights, vector, end, last] = e.fn.numbers(4);
  const v = e.fn.vector();
  const parts = totals.slice(0, count).map(() => e.fn.vector());
  const zero = e.constant(0);
  const groups = rows >> 2;
  const rest = groups % longestSum;
  /** Four rows, or fewer at the end: numbers behind the vector are read as zeros. */
  const group = (left = 4): Code => {
    const loaded = v128.load(local.get(vector), vectorAt);
    const order = [0, 1, 2, 3].map(i => (i < left ? i : 4));
    return [
      local.set(v, left < 4 ? lanes(loaded, order, zero) : loaded),
      parts.map((part, k) => {
        const weight = v128.load(local.get(weights), weightsAt + k * column);
        return local.set(part, e.multiplyAdd(weight, local.get(v), local.get(part)));
      }),
      advance(weights, pitch),
      advance(vector, 16),
    ];
  };
  const block = (groups: number, left: number): Code => [
    parts.map(part => local.set(part, zero)),
    groups ? until(end, vector, groups * 16, group()) : [],
    left ? group(left) : [],
    parts.map((part, k) => local.set(totals[k], f32x4.add(local.get(totals[k]), local.get(part)))),
  ];
  return [
    totals.map(total => local.set(total, zero)),
    [local.set(weights, first), local.set(vector, begin)],
    groups > rest ? until(last, vector, (groups - rest) * 16, block(longestSum, 0)) : [],
    rest || rows & 3 ? block(rest, rows & 3) : [],
  ];
}

/** The sums of the elements of each of four vectors, (0 + 1) + (2 + 3). */
function across(e: Emitter, [a, b, c, d]: readonly number[]): Code {
  const pairs = (x: number, y: number) =>
    f32x4.add(
      lanes(local.get(x), [0, 4, 2, 6], local.get(y)),
      lanes(local.get(x), [1, 5, 3, 7], local.get(y)),
    );
  const [setLow, low] = e.keep(pairs(a, b));
  const [setHigh, high] = e.keep(pairs(c, d));
  const sum = f32x4.add(halves(low, high), lanes(low, [2, 3, 6, 7], high));
  return [setLow, setHigh, sum];
}
