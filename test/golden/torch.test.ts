import { describe, expect, test } from 'vitest';
import { type Golden, uniform } from './generate.js';
import { lawOf, runModel, runReference, worstOf } from './run.js';
// biome-ignore lint/correctness/useImportExtensions: data, not code
import golden from './torch.json' with { type: 'json' };

const { cases, check } = golden as Golden;
const table = cases.map(one => [one.name, one] as const);

test('weights and inputs are the numbers that the script drew', () => {
  const { seed, scale, values } = check;
  expect([...uniform(seed, values.length, scale)]).toEqual(values);
});

test('the cases are RNN, LSTM and GRU of one to three layers and sizes 1 to 257', () => {
  expect(cases).toHaveLength(84);
  expect(new Set(cases.map(({ cell }) => cell))).toEqual(new Set(['rnn', 'lstm', 'gru']));
  expect(new Set(cases.map(({ layers }) => layers))).toEqual(new Set([1, 2, 3]));
  const sizes = new Set(cases.map(({ hiddenSize }) => hiddenSize));
  expect(sizes).toEqual(new Set([1, 3, 5, 8, 33, 64, 257]));
  expect(cases.filter(({ bias }) => !bias).length).toBeGreaterThan(10);
});

describe('the backend in use is within law 6 of torch in float64 after 1,000 free steps', () => {
  test.each(table)('%s', (_, one) => {
    expect(worstOf(runModel(one), one)).toBeLessThanOrEqual(lawOf(one));
  });
});

describe('the reference is torch in float64 to 1e-12', { timeout: 60_000 }, () => {
  test.each(table)('%s', (_, one) => {
    expect(worstOf(runReference(one), one)).toBeLessThanOrEqual(1e-12);
  });
});
