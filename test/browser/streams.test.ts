import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { digests, outputs } from './page/streams.js';
import { type Site, site } from './site.js';

/**
 * Digests of 1,000 steps on plain SIMD, as Node 20, Node 24 and Chromium say them: each lane of CI
 * compares its own with these.
 */
const everywhere = { lstm: '3d6aec8c', gru: '411e5c88', chain: 'e2b59059' };

const strict = "script-src 'self'";
const allowed = "script-src 'self' 'wasm-unsafe-eval'";

let pages: Site;
beforeAll(async () => {
  pages = await site('streams', 'worker', 'worklet');
});
afterAll(() => pages.close());

async function ask<T>(policy: string, expression: string): Promise<T> {
  const page = await pages.open(policy);
  const answer = await page.evaluate(`rxrecur.${expression}`);
  await page.close();
  return answer as T;
}

test('plain SIMD says the same bits here and in Chromium as everywhere', async () => {
  expect(digests('simd')).toEqual(everywhere);
  expect(await ask(allowed, "digests('simd')")).toEqual(everywhere);
});

describe('a page that forbids WebAssembly', () => {
  test('runs on the portable backend, and allowed it takes SIMD', async () => {
    expect(await ask(strict, 'fastest()')).toBe('portable');
    expect(await ask(allowed, 'fastest()')).toMatch(/^(relaxed-fma|simd)$/);
  });

  test('says the numbers of SIMD within law 6 of both', async () => {
    const got = await ask<Record<string, number[]>>(strict, 'outputs()');
    for (const [name, ys] of Object.entries(outputs('simd'))) {
      const off = ys.map((y, i) => Math.abs(y - got[name][i]));
      // Either may be off by as much from the reference; a chain by twice that.
      expect(Math.max(...off)).toBeLessThanOrEqual(name === 'chain' ? 4e-6 : 2e-6);
    }
  });
});

test('a module worker and an audio worklet say the bits of their page', async () => {
  const own = await ask(allowed, 'digests()');
  expect(await ask(allowed, 'inWorker()')).toEqual(own);
  expect(await ask(allowed, 'inWorklet()')).toEqual(own);
});
