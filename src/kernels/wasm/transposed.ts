import type { Emitter } from './emitter.js';
import {
  below,
  type Code,
  f32x4,
  get,
  halves,
  i32,
  lanes,
  load,
  plus,
  repeat,
  set,
  store,
} from './module.js';

/**
 * Groups of four rows of one partial sum: a single running float32 sum over more loses too many
 * bits.
 */
const longestSum = 32;

/**
 * Where the numbers of a transposed product lie: pointers, and the rest of the addresses in bytes.
 */
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
  const [weights, to, end] = [0, 0, 0].map(() => e.fn.number());
  const totals = [0, 0, 0, 0].map(() => e.fn.vector());
  const some = (count: number): Code => [
    e.fn.scope(() => sums(e, p, get(weights), totals, count)),
    store(get(to), p.outputAt, across(e, totals)),
    set(weights, plus(get(weights), i32(count * p.column))),
    set(to, plus(get(to), i32(16))),
  ];
  const wholes = p.columns >> 2;
  return [
    [set(weights, p.weights), set(to, p.output)],
    wholes ? until(end, to, wholes, some(4)) : [],
    p.columns & 3 ? some(p.columns & 3) : [],
  ];
}

/** Again and again for so many groups of four floats, over which `body` moves the pointer. */
const until = (end: number, pointer: number, count: number, body: Code): Code => [
  set(end, plus(get(pointer), i32(count * 16))),
  repeat(body, below(get(pointer), get(end))),
];

/** The sums of so many columns, from the first one's weights on, in `totals`; the others are 0. */
function sums(
  e: Emitter,
  { vector: begin, vectorAt, weightsAt, column, pitch, rows }: Transposed,
  first: Code,
  totals: readonly number[],
  count: number,
): Code {
  const [weights, vector, end, last] = [0, 0, 0, 0].map(() => e.fn.number());
  const v = e.fn.vector();
  const parts = totals.slice(0, count).map(() => e.fn.vector());
  const zero = e.constant(0);
  const groups = rows >> 2;
  const rest = groups % longestSum;
  /** Four rows, or fewer at the end: what is behind the vector counts nothing. */
  const group = (left = 4): Code => {
    const loaded = load(get(vector), vectorAt);
    const order = [0, 1, 2, 3].map(i => (i < left ? i : 4));
    return [
      set(v, left < 4 ? lanes(loaded, order, zero) : loaded),
      parts.map((part, k) => {
        const weight = load(get(weights), weightsAt + k * column);
        return set(part, e.multiplyAdd(weight, get(v), get(part)));
      }),
      set(weights, plus(get(weights), i32(pitch))),
      set(vector, plus(get(vector), i32(16))),
    ];
  };
  const block = (groups: number, left: number): Code => [
    parts.map(part => set(part, zero)),
    groups ? until(end, vector, groups, group()) : [],
    left ? group(left) : [],
    parts.map((part, k) => set(totals[k], f32x4.add(get(totals[k]), get(part)))),
  ];
  return [
    totals.map(total => set(total, zero)),
    [set(weights, first), set(vector, begin)],
    groups > rest ? until(last, vector, groups - rest, block(longestSum, 0)) : [],
    rest || rows & 3 ? block(rest, rows & 3) : [],
  ];
}

/** The sums of the elements of each of four vectors, (0 + 1) + (2 + 3). */
function across(e: Emitter, [a, b, c, d]: readonly number[]): Code {
  const pairs = (x: number, y: number) =>
    f32x4.add(lanes(get(x), [0, 4, 2, 6], get(y)), lanes(get(x), [1, 5, 3, 7], get(y)));
  const [setLow, low] = e.keep(pairs(a, b));
  const [setHigh, high] = e.keep(pairs(c, d));
  const sum = f32x4.add(halves(low, high), lanes(low, [2, 3, 6, 7], high));
  return [setLow, setHigh, sum];
}
