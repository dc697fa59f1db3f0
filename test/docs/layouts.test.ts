import { expect, test } from 'vitest';
import { root } from './blocks.js';
import { layoutsPage } from './layouts-page.js';

test('the page of layouts is the table that readers and writers use', async () => {
  await expect(layoutsPage()).toMatchFileSnapshot(`${root}docs/layouts.md`);
});
