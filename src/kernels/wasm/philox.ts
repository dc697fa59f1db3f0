import { increments, multipliers, rounds } from '../philox.js';
import type { Emitter } from './emitter.js';
import { type Code, get, i32, not, plus, repeat, same, set, times } from './module.js';

const xor = (a: Code, b: Code): Code => [a, b, 0x73];
/** A whole number of 32 bits without a sign as one of 64 bits. */
const wide = (value: Code): Code => [value, 0xad];
/** The upper 32 bits of a product. */
const upper = (a: Code, b: Code): Code => [
  [wide(a), wide(b), 0x7e],
  [0x42, 32, 0x88, 0xa7],
];

/**
 * Philox 4x32-10, as the portable one: `words` are the locals of the counter, which become four
 * random words.
 */
export function philox(e: Emitter, words: readonly number[], key: readonly [number, number]): Code {
  const [a, b, c, d] = words;
  const [key0, key1, high, low] = [0, 0, 0, 0].map(() => e.fn.number());
  const [first, second] = multipliers.map(value => i32(value | 0));
  const end = (key[0] + rounds * increments[0]) | 0;
  return [
    [set(key0, i32(key[0] | 0)), set(key1, i32(key[1] | 0))],
    repeat(
      [
        set(high, upper(get(a), first)),
        set(low, times(get(a), first)),
        set(a, xor(xor(upper(get(c), second), get(b)), get(key0))),
        set(b, times(get(c), second)),
        set(c, xor(xor(get(high), get(d)), get(key1))),
        set(d, get(low)),
        set(key0, plus(get(key0), i32(increments[0] | 0))),
        set(key1, plus(get(key1), i32(increments[1] | 0))),
      ],
      not(same(get(key0), i32(end))),
    ),
  ];
}
