import type { Code } from './code.js';
import type { Emitter } from './emitter.js';
import * as f32x4 from './f32x4.js';
import { lanes } from './lanes.js';
import * as local from './local.js';
import { advance, until } from './loops.js';
import { longestSum } from './product.js';
import * as v128 from './v128.js';

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
  const [pointer, end, last] = e.fn.numbers(3);
  const part = e.fn.vector();
  const groups = size >> 2;
  const isSum = combine === f32x4.add;
  // The first element can be among the largest twice; a sum begins at zero.
  const start = isSum ? e.constant(0) : v128.load32Splat(base, at);
  const block = (count: number): Code => [
    local.set(part, isSum ? e.constant(0) : local.get(total)),
    until(end, pointer, count * 16, [
      local.set(part, combine(local.get(part), v128.load(local.get(pointer), at))),
      advance(pointer, 16),
    ]),
    local.set(total, combine(local.get(total), local.get(part))),
  ];
  const rest = groups % longestSum;
  const across = (order: readonly number[]) =>
    local.set(total, combine(local.get(total), lanes(local.get(total), order)));
  return [
    [local.set(pointer, base), local.set(total, start)],
    groups > rest ? until(last, pointer, (groups - rest) * 16, block(longestSum)) : [],
    rest ? block(rest) : [],
    [across([2, 3, 0, 1]), across([1, 0, 3, 2])],
    Array.from({ length: size & 3 }, (_, k) =>
      local.set(total, combine(local.get(total), v128.load32Splat(local.get(pointer), at + k * 4))),
    ),
  ];
}
