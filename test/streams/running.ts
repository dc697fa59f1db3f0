import { chain, dense, lstm, recur, stateful } from '../../src/index.js';

const count = (n: number, y: Float32Array) => [n + 1, y] as const;
/** A layer with a state of every kind: two arrays, none, a plain function's. */
export const layer = chain(
  lstm(1, 2, { seed: 1 }),
  dense(2, 1, { seed: 1 }),
  recur(count, { initialState: 0 }),
);

/** It, two steps into a stream. */
export function running() {
  const m = stateful(layer);
  m([1]);
  m([2]);
  return m;
}
