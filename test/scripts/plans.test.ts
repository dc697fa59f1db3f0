import { expect, test } from 'vitest';
import { check } from '../../src/graph/check.js';
import { ownTexts, plansFile, plansModule } from './plans.js';

test('the generated plans are those of the texts in src', async () => {
  await expect(plansModule()).toMatchFileSnapshot(plansFile);
});

test.each(ownTexts())('the text of $plan is one that the checker takes', own => {
  const { name, text, declarations } = own;
  // A library's own text may use names that are taken: batch normalisation has a weight of its own.
  expect(check(name, text, declarations).plan.nodes.length).toBeGreaterThan(0);
});
