import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Site, site } from './site.js';

let pages: Site;
beforeAll(async () => {
  pages = await site('many');
});
afterAll(() => pages.close());

test('1,000 different models in a page are all compiled', async () => {
  const page = await pages.open();
  const { found, same } = (await page.evaluate('rxrecur.backendsOf(1000)')) as {
    found: Record<string, number>;
    same: boolean;
  };
  await page.close();
  const [[backend, count], ...others] = Object.entries(found);
  expect(backend).toMatch(/^(relaxed-fma|simd)$/);
  expect([count, others]).toEqual([1000, []]);
  expect(same).toBe(true);
});
