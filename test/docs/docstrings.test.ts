import { describe, expect, test } from 'vitest';
import { examples } from './docstrings.js';
import { isAsStated, needs, run, stated } from './program.js';

// Those named 'lmdb …' may generate code.
describe('the examples in the docstrings', () => {
  test.each(examples().map(({ at, text }) => [needs(text) + at, text]))(
    '%s does what it says',
    async (_, text) => {
      const [printed, claims] = [await run(text), stated(text)];
      if (!isAsStated(printed, claims)) expect(printed).toBe(claims);
    },
  );
});
