import { expect, test } from 'vitest';
import { builtIn } from '../cells/kinds.js';
import { kindNames } from '../laws/nets.js';
import { root } from './blocks.js';
import { cellsPage, order } from './cells-page.js';

test('the page of cells is what the library prints of them', async () => {
  await expect(cellsPage()).toMatchFileSnapshot(`${root}docs/cells.md`);
});

test('the page and the laws leave no cell out', () => {
  const names = Object.keys(builtIn).filter(name => !name.includes(','));
  expect(order.split(' ').sort()).toEqual(names.sort());
  expect(kindNames).toEqual(expect.arrayContaining(names));
});
