// Systems that take turns with the steps of one network, in Node and in a page alike.
import { median } from './quantile.mjs';

/** Rounds that are not counted: engines compile meanwhile. */
const warm = 4;
/** Steps from the beginning after which answers are compared, and how near they must be. */
const [compared, near] = [12, 1e-4];

/** An answer, or the parts of one. */
const numbersIn = y => Float32Array.from(Array.isArray(y) ? y.flatMap(part => [...part]) : y);

/** Throws if a system's first answers are not those of the first system. */
async function agree(systems, xs) {
  const [[, first], ...others] = Object.entries(systems);
  for (const [t, x] of xs.slice(0, compared).entries()) {
    const own = numbersIn(await first.step(x));
    const bound = near * Math.max(1, ...own.map(Math.abs));
    for (const [name, system] of others) {
      const theirs = numbersIn(await system.step(x));
      const i = own.findIndex((y, k) => !(Math.abs(y - theirs[k]) <= bound));
      if (i >= 0 || theirs.length !== own.length) {
        throw new Error(`${name}, step ${t}: ${theirs[i]} at [${i}] is not ${own[i]}`);
      }
    }
  }
}

/**
 * Median µs of a step of each system, and the medians of what share of another's time the first
 * one takes in the same round; `clock` tells milliseconds.
 */
export async function inTurns(systems, xs, { clock, rounds }) {
  await agree(systems, xs);
  const names = Object.keys(systems);
  const seen = Object.fromEntries(names.map(name => [name, []]));
  for (let round = -warm; round < rounds; round++) {
    // Who comes first changes.
    for (const name of round % 2 ? [...names].reverse() : names) {
      const { step } = systems[name];
      const start = clock();
      for (const x of xs) {
        const pending = step(x);
        if (pending instanceof Promise) await pending;
      }
      if (round >= 0) seen[name].push(((clock() - start) / xs.length) * 1000);
    }
  }
  const each = of => Object.fromEntries(names.map(name => [name, median(of(seen[name]))]));
  const own = seen[names[0]];
  return {
    times: each(times => times),
    shares: each(times => times.map((time, k) => own[k] / time)),
  };
}
