import type { Code } from './code.js';
import * as control from './control.js';
import * as i32 from './i32.js';
import * as local from './local.js';

/** Runs `body` once, and again while `condition` holds after it. */
export const repeat = (body: Code, condition: Code): Code =>
  control.loop([body, control.brIf(0, condition)]);

/** Adds to a local. */
export const advance = (index: number, by: number): Code =>
  local.set(index, i32.add(local.get(index), i32.const(by)));

/** Runs `body`, which moves the pointer, until that is `bytes` on; `end` is a local for there. */
export const until = (end: number, pointer: number, bytes: number, body: Code): Code => [
  local.set(end, i32.add(local.get(pointer), i32.const(bytes))),
  repeat(body, i32.ltU(local.get(pointer), local.get(end))),
];

/** Runs `body` for each offset that is a multiple of `step` below `end`, at least for 0. */
export const eachOffset = (offset: number, step: number, end: number, body: Code): Code => [
  local.set(offset, i32.const(0)),
  repeat([body, advance(offset, step)], i32.ltU(local.get(offset), i32.const(end))),
];

/** Runs `body` as often as the local says, at least once, and counts that down to 0. */
export const countDown = (left: number, body: Code): Code =>
  repeat([body, local.set(left, i32.sub(local.get(left), i32.const(1)))], local.get(left));
