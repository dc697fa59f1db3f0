import { increments, multipliers, rounds } from '../philox.js';
import type { Code } from './code.js';
import type { Emitter } from './emitter.js';
import * as i32 from './i32.js';
import * as i64 from './i64.js';
import * as local from './local.js';
import { advance, repeat } from './loops.js';

/** The upper 32 bits of a product. */
const upper = (a: Code, b: Code): Code =>
  i32.wrapI64(i64.shrU(i64.mul(i64.extendI32U(a), i64.extendI32U(b)), i64.const(32)));

/**
 * Philox 4x32-10, as the portable one: `words` are the locals of the counter, which become four
 * random words.
 */
export function philox(e: Emitter, words: readonly number[], key: readonly [number, number]): Code {
  const [a, b, c, d] = words;
  const [key0, key1, high, low] = e.fn.numbers(4);
  const [first, second] = multipliers.map(value => i32.const(value | 0));
  const end = (key[0] + rounds * increments[0]) | 0;
  return [
    [local.set(key0, i32.const(key[0] | 0)), local.set(key1, i32.const(key[1] | 0))],
    repeat(
      [
        local.set(high, upper(local.get(a), first)),
        local.set(low, i32.mul(local.get(a), first)),
        local.set(a, i32.xor(i32.xor(upper(local.get(c), second), local.get(b)), local.get(key0))),
        local.set(b, i32.mul(local.get(c), second)),
        local.set(c, i32.xor(i32.xor(local.get(high), local.get(d)), local.get(key1))),
        local.set(d, local.get(low)),
        advance(key0, increments[0] | 0),
        advance(key1, increments[1] | 0),
      ],
      i32.ne(local.get(key0), i32.const(end)),
    ),
  ];
}
