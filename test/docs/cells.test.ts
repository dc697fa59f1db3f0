import { expect, test } from 'vitest';
import { root } from './blocks.js';
import { cellsPage } from './cells-page.js';

test('the page of cells is what the library prints of them', async () => {
  await expect(cellsPage()).toMatchFileSnapshot(`${root}docs/cells.md`);
});
