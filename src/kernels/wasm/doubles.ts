import { type Code, operation, simd } from './module.js';

/** Pairs of doubles. */
export const f64x2 = {
  add: operation(0xf0),
  divide: operation(0xf3),
  /** Of the first two floats. */
  promote: operation(0x5f),
  /** Two floats, and two zeros. */
  demote: operation(0x5e),
  /** A whole number, twice. */
  splat: (value: Code): Code => [value, 0xb7, simd(0x14)],
};

/** The first two elements of a, then those of b. */
export const halves = (a: Code, b: Code): Code => [
  [a, b, simd(0x0d)],
  Array.from({ length: 16 }, (_, byte) => (byte < 8 ? byte : byte + 8)),
];
