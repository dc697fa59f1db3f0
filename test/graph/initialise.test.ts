import { describe, expect, test } from 'vitest';
import {
  defineCell,
  denseCell,
  fastGrnnCell,
  gruCell,
  indRnnCell,
  janetCell,
  lstmCell,
  peepholeLstmCell,
  RecurError,
  rnnCell,
} from '../../src/core.js';
import { allKinds } from '../cells/kinds.js';

const mean = (values: ArrayLike<number>) =>
  Array.from(values).reduce((sum, v) => sum + v, 0) / values.length;

describe('weights are Glorot uniform over the stacked shape', () => {
  const { weightIh, weightHh } = lstmCell(40, 60, { seed: 1 }).params;
  const { weight } = denseCell(100, 50, { seed: 2 }).params;
  test.each([
    ['weightIh [240, 40] of an LSTM', weightIh, 240 + 40],
    ['weightHh [240, 60] of an LSTM', weightHh, 240 + 60],
    ['weight [50, 100] of a dense layer', weight, 150],
  ])('%s', (_, { data }, sum) => {
    const limit = Math.sqrt(6 / sum);
    const n = data.length;
    // Of n uniform numbers: the mean within five of its deviations, the variance within 5 %.
    expect(Math.abs(mean(data))).toBeLessThan((5 * limit) / Math.sqrt(3 * n));
    expect(mean(data.map(v => v * v)) / (limit ** 2 / 3)).toBeCloseTo(1, 1);
    expect(Math.max(...data)).toBeLessThanOrEqual(limit);
    expect(Math.min(...data)).toBeGreaterThanOrEqual(-limit);
    // Both ends of the range are reached: the bound is the limit, not something smaller.
    expect(Math.max(...data)).toBeGreaterThan(0.99 * limit);
    expect(Math.min(...data)).toBeLessThan(-0.99 * limit);
    const quarters = [0, 0, 0, 0];
    for (const v of data) quarters[Math.min(3, Math.floor(((v / limit + 1) / 2) * 4))] += 1;
    for (const count of quarters) expect(count / n).toBeCloseTo(0.25, 1);
  });
});

describe('biases', () => {
  test('are zero', () => {
    for (const make of [rnnCell, gruCell, peepholeLstmCell]) {
      const { biasHh } = make(3, 4, { seed: 1 }).params;
      expect(biasHh.data.every(v => Object.is(v, 0))).toBe(true);
    }
    expect(gruCell(3, 4).params.biasIh.data).toEqual(new Float32Array(12));
    expect(denseCell(3, 4).params.bias.data).toEqual(new Float32Array(4));
  });

  test.each([
    ['an LSTM', lstmCell(3, 2), [0, 0, 1, 1, 0, 0, 0, 0]],
    ['a peephole LSTM', peepholeLstmCell(3, 2), [0, 0, 1, 1, 0, 0, 0, 0]],
    ['a JANET', janetCell(3, 2), [1, 1, 0, 0]],
  ])("of the forget rows of %s's biasIh are 1", (_, { params }, expected) => {
    expect([...params.biasIh.data]).toEqual(expected);
  });

  test('of rows behind a map without bias are where that leaves them', () => {
    const cell = defineCell('Mine', "a = W x + U h\nh' = a * σ(W_i x) * σ(W_f x)", {
      biasIh: { f: 2 },
    })(1, 2);
    expect([...cell.params.biasIh.data]).toEqual([0, 0, 2, 2]);
  });
});

test('vectors and scalars start where they are declared to', () => {
  expect(indRnnCell(2, 3).params.u.data).toEqual(Float32Array.of(1, 1, 1));
  const { b_z, b_n, zeta, nu } = fastGrnnCell(2, 3).params;
  expect([b_z, b_n, zeta, nu].map(({ data }) => [...data])).toEqual([
    [1, 1, 1],
    [1, 1, 1],
    [1],
    [-4],
  ]);
});

const bits = (params: object) =>
  Object.values(params).map(({ data }: { data: Float32Array }) => [...data]);

test.each(allKinds)('the same seed makes the same %s, another seed another', (_, make) => {
  const one = bits(make(4, 6, { seed: 123 }).params);
  expect(bits(make(4, 6, { seed: 123 }).params)).toEqual(one);
  for (const seed of [0, 124, 2 ** 32 + 123, Number.MAX_SAFE_INTEGER]) {
    const [first] = bits(make(4, 6, { seed }).params);
    const same = first.filter((v, i) => v === one[0][i]).length;
    expect(same).toBe(0);
  }
});

test('without a seed no two cells are the same', () => {
  expect(bits(rnnCell(4, 6).params)).not.toEqual(bits(rnnCell(4, 6).params));
});

test('one seed gives the numbers that it always gave', () => {
  const { weightIh, weightHh } = rnnCell(1, 2, { seed: 42 }).params;
  const values = [...weightIh.data, ...weightHh.data].map(v => v.toFixed(6));
  expect(values.join(' ')).toBe('-0.795240 1.186201 -1.041464 0.667176 -0.923964 0.316231');
});

test.each([-1, 0.5, 2 ** 53, Number.NaN, '1', null])('%j as a seed is refused', seed => {
  const make = () => rnnCell(1, 2, { seed: seed as number });
  expect(make).toThrow(RecurError);
  expect(make).toThrow('rnn.seed: expected a whole number from 0 to 2⁵³ − 1, got ');
});
