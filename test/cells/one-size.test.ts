import { describe, expect, test } from 'vitest';
import {
  type AnyCell,
  activationCell,
  batchNormCell,
  defineCell,
  dropoutCell,
  equations,
  layerNormCell,
  preluCell,
  reference,
  softmaxCell,
  stateful,
} from '../../src/core.js';
import { backends } from '../../src/kernels/backends.js';

const sizes = [1, 3, 8, 257];

/** Numbers in ±2, the same for the same seed. */
const numbers = (size: number, seed: number) =>
  Float32Array.from({ length: size }, (_, i) => 2 * Math.sin(i * 12.9898 + seed));

const mean = (v: readonly number[]) => v.reduce((sum, x) => sum + x, 0) / v.length;

type Make = (size: number) => AnyCell;
type Formula = (x: readonly number[]) => number[];

const params = (size: number) => ({
  weight: numbers(size, 1),
  bias: numbers(size, 2),
  runningMean: numbers(size, 3),
  runningVar: numbers(size, 4).map(Math.abs),
});

/** Each cell, and its formula in double precision. */
const cells: Readonly<Record<string, readonly [Make, Formula]>> = {
  batchNorm: [
    size => batchNormCell(size, { params: params(size), epsilon: 1e-3 }),
    x => {
      const { weight, bias, runningMean, runningVar } = params(x.length);
      return x.map((v, i) => {
        return ((v - runningMean[i]) / Math.sqrt(runningVar[i] + 1e-3)) * weight[i] + bias[i];
      });
    },
  ],
  layerNorm: [
    size => {
      const { weight, bias } = params(size);
      return layerNormCell(size, { params: { weight, bias }, epsilon: 0.1 });
    },
    x => {
      const { weight, bias } = params(x.length);
      const centre = mean(x);
      const variance = mean(x.map(v => (v - centre) ** 2));
      return x.map((v, i) => ((v - centre) / Math.sqrt(variance + 0.1)) * weight[i] + bias[i]);
    },
  ],
  softmax: [
    size => softmaxCell(size),
    x => {
      const total = x.reduce((sum, v) => sum + Math.exp(v), 0);
      return x.map(v => Math.exp(v) / total);
    },
  ],
  prelu: [
    size => preluCell(size, { params: { alpha: numbers(size, 5) } }),
    x => x.map((v, i) => (v < 0 ? numbers(x.length, 5)[i] * v : v)),
  ],
  dropout: [size => dropoutCell(size), x => [...x]],
  abs: [size => activationCell(size, 'abs'), x => x.map(Math.abs)],
  relu6: [size => activationCell(size, 'relu6'), x => x.map(v => Math.min(6, Math.max(0, v)))],
  // α and λ as Klambauer et al. print them.
  selu: [
    size => activationCell(size, 'selu'),
    x => x.map(v => 1.0507009873554805 * (v > 0 ? v : 1.6732632423543772 * Math.expm1(v))),
  ],
  silu: [size => activationCell(size, 'silu'), x => x.map(v => v / (1 + Math.exp(-v)))],
  square: [size => activationCell(size, 'square'), x => x.map(v => v * v)],
  tanh: [size => activationCell(size, 'tanh'), x => x.map(Math.tanh)],
};

describe.each(Object.entries(cells))('%s', (_, [make, formula]) => {
  test.each(sizes)('of size %d is its formula, on each backend and in the reference', size => {
    const cell = make(size);
    const x = numbers(size, 6).map(v => 4 * v);
    const wanted = formula([...x]);
    const near = (y: ArrayLike<number>, bound: number) => {
      for (const [i, want] of wanted.entries()) {
        expect(Math.abs(y[i] - want)).toBeLessThanOrEqual(bound * Math.max(1, Math.abs(want)));
      }
    };
    near(reference(cell)({}, x).y, 1e-12);
    for (const backend of backends()) {
      const m = stateful(cell as ReturnType<typeof softmaxCell>, { backend });
      near(m(x), 1e-6);
      expect(m.map([x, numbers(size, 7), x])[2]).toEqual(m(x));
    }
  });
});

test('a number made of a vector can stand in a cell with state', () => {
  const centred = defineCell(
    'Centred',
    `
    n  = φ(W_n x + U_n h)
    h' = n - mean(n) + 0.5 * max(h) * sum(x)
    `,
  );
  const cell = centred(2, 3, { seed: 1 });
  const step = reference(cell);
  const inputs = [numbers(2, 1), numbers(2, 2), numbers(2, 3)];
  for (const backend of backends()) {
    const m = stateful(cell, { backend });
    let state = { h: new Float64Array(3) } as Parameters<typeof step>[0];
    for (const x of inputs) {
      const next = step(state, x);
      state = next.state;
      const y = m(x);
      for (const [i, want] of next.y.entries()) expect(Math.abs(y[i] - want)).toBeLessThan(2e-6);
    }
  }
});

test('they print with one size, and their equations as they are written', () => {
  expect(String(layerNormCell(5))).toBe('LayerNorm(5)');
  expect(String(batchNormCell(5, { epsilon: 0.5 }))).toBe('BatchNorm(5; epsilon=0.5)');
  expect(String(activationCell(5, 'relu'))).toBe('Activation(5, relu)');
  expect(equations(softmaxCell(5))).toBe('e = exp(x - max(x))\ny = e * reciprocal(sum(e))');
  expect(equations(softmaxCell(5), 'latex')).toContain('\\sum\\left(e_{t}\\right)');
});

test('a reduction of a scalar, and a name that is one, are refused', () => {
  expect(() => defineCell('Mine', "h' = φ(W_h x + U_h h) * sum(2)")).toThrow('a vector');
  const declare = () => defineCell('Mine', "h' = W_h x * mean", { constants: { mean: 1 } });
  expect(declare).toThrow('a name that is not taken');
});
