import { type Code, simd } from './code.js';

/** `i8x16.shuffle` of whole floats: of the elements of v, 0 to 3, and of w, 4 to 7. */
export function lanes(v: Code, order: readonly number[], w = v): Code {
  return [v, w, simd(0x0d), order.map(lane => [0, 1, 2, 3].map(byte => lane * 4 + byte))];
}

/** v, which is read twice, with its first element in place of those after the first n. */
export function firstLanes(v: Code, n: number): Code {
  const order = [0, 1, 2, 3].map(i => (i < n ? i : 0));
  return lanes(v, order);
}

/** The first two elements of a, then those of b. */
export const halves = (a: Code, b: Code): Code => lanes(a, [0, 1, 4, 5], b);
