// The job that chaos is done to: its model, its events and what they ask for. Shared by workers
// and checker; of the library it has only the model.
import { chain, dense, lstm } from '../../dist/index.js';

export const name = 'chaos';
export const partitions = 6;
/** A key's state is given up after so many milliseconds of log time. */
export const idle = 400;
export const model = chain(lstm(2, 16, { seed: 1 }), dense(16, 3, { seed: 2 }));

/** Random numbers from 0 to 1, from a seed: mulberry32. */
export function random(seed) {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** An event's value: two numbers; one in 50 resets its key, one in 100 is no vector of two. */
export function drawValue(next) {
  const [choice, a, b] = [next(), next() - 0.5, next() - 0.5];
  if (choice < 0.01) return { x: [a] };
  return choice < 0.03 ? { x: [a, b], reset: true } : { x: [a, b] };
}
