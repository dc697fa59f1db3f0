import type { Emitter } from './emitter.js';
import {
  below,
  type Code,
  f32x4,
  get,
  i32,
  lanes,
  load,
  loadSplat,
  plus,
  repeat,
  set,
} from './module.js';

/** Groups of four floats of one partial sum: a single running sum over more loses too many bits. */
const longestSum = 32;

/** A vector in memory: a pointer, and the rest of the address in bytes. */
export interface Reduced {
  readonly base: Code;
  readonly at: number;
  readonly size: number;
}

/**
 * The sum or the largest of a vector's elements, four times, in `total`. The order of the additions
 * follows from the size alone.
 */
export function reduction(
  e: Emitter,
  { base, at, size }: Reduced,
  combine: (a: Code, b: Code) => Code,
  total: number,
): Code {
  const pointer = e.fn.number();
  const end = e.fn.number();
  const last = e.fn.number();
  const part = e.fn.vector();
  const groups = size >> 2;
  const isSum = combine === f32x4.add;
  // The first element can be among the largest twice; a sum begins at zero.
  const start = isSum ? e.constant(0) : loadSplat(base, at);
  const until = (local: number, count: number, body: Code) => [
    set(local, plus(get(pointer), i32(count * 16))),
    repeat(body, below(get(pointer), get(local))),
  ];
  const block = (count: number): Code => [
    set(part, isSum ? e.constant(0) : get(total)),
    until(end, count, [
      set(part, combine(get(part), load(get(pointer), at))),
      set(pointer, plus(get(pointer), i32(16))),
    ]),
    set(total, combine(get(total), get(part))),
  ];
  const rest = groups % longestSum;
  const across = (order: readonly number[]) =>
    set(total, combine(get(total), lanes(get(total), order)));
  return [
    [set(pointer, base), set(total, start)],
    groups > rest ? until(last, groups - rest, block(longestSum)) : [],
    rest ? block(rest) : [],
    [across([2, 3, 0, 1]), across([1, 0, 3, 2])],
    Array.from({ length: size & 3 }, (_, k) =>
      set(total, combine(get(total), loadSplat(get(pointer), at + k * 4))),
    ),
  ];
}
