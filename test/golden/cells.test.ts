import { describe, expect, test } from 'vitest';
import { builtIn } from '../cells/kinds.js';
// biome-ignore lint/correctness/useImportExtensions: data, not code
import golden from './cells.json' with { type: 'json' };
import { type Golden, uniform } from './generate.js';
import { lawOf, runModel, runReference, worstOf } from './run.js';

const { cases, check } = golden as Golden;
const table = cases.map(one => [one.name, one] as const);

test('weights and inputs are the numbers that the script drew', () => {
  const { seed, scale, values } = check;
  expect([...uniform(seed, values.length, scale)]).toEqual(values);
});

test('the cases cover every recurrent cell of the library', () => {
  const names = Object.keys(builtIn).filter(name => name !== 'dense' && !name.includes(','));
  expect(new Set(cases.map(({ cell }) => cell))).toEqual(new Set(names));
  expect(cases.some(({ options }) => options.resetGate === 'before')).toBe(true);
});

describe("the backend in use is within law 6 of the papers' equations after 1,000 free steps", () => {
  test.each(table)('%s', (_, one) => {
    expect(worstOf(runModel(one), one)).toBeLessThanOrEqual(lawOf(one));
  });
});

describe("the reference is the papers' equations to 1e-12", () => {
  test.each(table)('%s', (_, one) => {
    expect(worstOf(runReference(one), one)).toBeLessThanOrEqual(1e-12);
  });
});
