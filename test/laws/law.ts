import fc from 'fast-check';
import { test } from 'vitest';

/** LAW_RUNS=10000 searches longer than a test run has time for. */
const numRuns = Number(process.env.LAW_RUNS ?? 100);
/** LAW_SEED=123 tries the examples of a failure that printed this seed. */
const seed = process.env.LAW_SEED;
const trials = { numRuns, ...(seed && { seed: Number(seed) }) };
/** Milliseconds: most laws take less than ten an example, some many times that. */
const timeout = Math.max(10_000, 300 * numRuns);

/**
 * A test that tries a law on random examples; fast-check prints the smallest one that breaks it.
 */
export function law<Ts extends [unknown, ...unknown[]]>(
  name: string,
  examples: { readonly [K in keyof Ts]: fc.Arbitrary<Ts[K]> },
  holds: (...example: Ts) => void,
): void {
  const all = fc.tuple(...(examples as readonly fc.Arbitrary<unknown>[]));
  test(name, { timeout }, () => {
    fc.assert(
      fc.property(all, example => holds(...(example as Ts))),
      trials,
    );
  });
}

/** A law whose trials take their time, one after another. */
export function lawInTime<Ts extends [unknown, ...unknown[]]>(
  name: string,
  examples: { readonly [K in keyof Ts]: fc.Arbitrary<Ts[K]> },
  holds: (...example: Ts) => Promise<void>,
): void {
  const all = fc.tuple(...(examples as readonly fc.Arbitrary<unknown>[]));
  test(name, { timeout }, () =>
    fc.assert(
      fc.asyncProperty(all, example => holds(...(example as Ts))),
      trials,
    ),
  );
}
