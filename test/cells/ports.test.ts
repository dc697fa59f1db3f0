import { describe, expect, test } from 'vitest';
import {
  chainCell,
  defineCell,
  denseCell,
  equations,
  parallelCell,
  type ReferenceState,
  reference,
  windowCell,
} from '../../src/core.js';
import { uniform } from '../golden/generate.js';
import { evaluatePlan } from '../graph/evaluate.js';

/**
 * GRU-D: missing values of x (mask m) are between the last one seen and their average, by the time
 * d since then. Che et al. 2018, "Recurrent neural networks for multivariate time series with
 * missing values".
 */
const gruDCell = defineCell(
  'GRUD',
  `
  a     = exp(-relu(w * d + b))
  last' = m * x + (1 - m) * last
  v     = m * x + (1 - m) * (a * last + (1 - a) * average)
  g     = exp(-relu(W_g d)) * h
  r     = σ(W_r v + U_r g + W_rm m)
  z     = σ(W_z v + U_z g + W_zm m)
  n     = φ(W_n v + U_n (r * g) + W_nm m)
  h'    = (1 - z) * g + z * n
  `,
  {
    inputs: { x: 'input', m: 'input', d: 'input' },
    vectors: { w: 0.1, b: 0, average: 0 },
    sizes: { w: 'input', b: 'input', average: 'input', last: 'input' },
    statistics: ['average'],
  },
);

type Numbers = ArrayLike<number>;
const sigmoid = (v: number) => 1 / (1 + Math.exp(-v));

/** GRU-D again, in plain arrays, from the paper's equations 3 to 14. */
function gruD(
  p: Readonly<Record<string, { readonly data: Numbers }>>,
  size: number,
  state: ReferenceState,
  { x, m, d }: Readonly<Record<'x' | 'm' | 'd', Numbers>>,
) {
  const count = x.length;
  const dot = (weights: Numbers, row: number, v: Numbers) =>
    Array.from(v).reduce((sum, value, j) => sum + weights[row * v.length + j] * value, 0);
  /** Row i of gate k: input gates are in the order g r rm z zm n nm, hidden ones r z n. */
  const ofInput = (k: number, i: number, v: Numbers) =>
    dot(p.weightIh.data, k * size + i, v) + p.biasIh.data[k * size + i];
  const ofHidden = (k: number, i: number, v: Numbers) =>
    dot(p.weightHh.data, k * size + i, v) + p.biasHh.data[k * size + i];
  const inputs = Array.from({ length: count }, (_, j) => j);
  const units = Array.from({ length: size }, (_, i) => i);
  const last = inputs.map(j => (m[j] ? x[j] : state.last[j]));
  const v = inputs.map(j => {
    const decay = Math.exp(-Math.max(0, p.w.data[j] * d[j] + p.b.data[j]));
    return m[j] ? x[j] : decay * state.last[j] + (1 - decay) * p.average.data[j];
  });
  const g = units.map(i => Math.exp(-Math.max(0, ofInput(0, i, d))) * state.h[i]);
  const r = units.map(i => sigmoid(ofInput(1, i, v) + ofHidden(0, i, g) + ofInput(2, i, m)));
  const z = units.map(i => sigmoid(ofInput(3, i, v) + ofHidden(1, i, g) + ofInput(4, i, m)));
  const rg = units.map(i => r[i] * g[i]);
  const h = units.map(i => {
    const n = Math.tanh(ofInput(5, i, v) + ofHidden(2, i, rg) + ofInput(6, i, m));
    return (1 - z[i]) * g[i] + z[i] * n;
  });
  return { h, last };
}

describe('GRU-D', () => {
  const cell = gruDCell({ x: 3, m: 3, d: 3 }, 4, { seed: 1 });
  const drawn = Object.fromEntries(
    Object.entries(cell.params).map(([name, { data }], k) => [
      name,
      uniform(40 + k, data.length, 0.8),
    ]),
  );
  const known = gruDCell({ x: 3, m: 3, d: 3 }, 4, { params: drawn });

  test('is what its paper computes, step after step', () => {
    const step = reference(known);
    let state: ReferenceState = { h: new Float64Array(4), last: new Float64Array(3) };
    for (let t = 0; t < 20; t++) {
      const m = uniform(t, 3, 1).map(value => Number(value > 0));
      const event = { x: uniform(100 + t, 3, 2), m, d: uniform(200 + t, 3, 1).map(Math.abs) };
      const expected = gruD(known.params, 4, state, event);
      const got = step(state, event);
      const planned = evaluatePlan(known, state, event);
      for (const answer of [got.state, planned.state]) {
        for (const name of ['h', 'last'] as const) {
          for (const [i, value] of answer[name].entries()) {
            expect(value, `${name}[${i}]`).toBeCloseTo(expected[name][i], 13);
          }
        }
      }
      expect(got.y).toEqual(got.state.h);
      state = got.state;
    }
  });

  test('has vectors and a state of input size', () => {
    const shapes = Object.entries(cell.params).map(([name, { shape }]) => [name, shape]);
    expect(Object.fromEntries(shapes)).toEqual({
      ...{ weightIh: [28, 3], weightHh: [12, 4], biasIh: [28], biasHh: [12] },
      ...{ w: [3], b: [3], average: [3] },
    });
    expect(cell.params.w.data).toEqual(new Float32Array(3).fill(0.1));
  });

  test('tells its sizes by name', () => {
    expect([cell.inputSize, cell.hiddenSize, cell.outputSize]).toEqual([
      { x: 3, m: 3, d: 3 },
      4,
      4,
    ]);
    expect(String(cell)).toBe('GRUDCell({x: 3, m: 3, d: 3}, 4)');
  });
});

describe('a cell of inputs of several sizes and two outputs', () => {
  const make = defineCell(
    'Two',
    `
    h' = φ(W_h x + W_m m + U_h h + W m)
    z  = σ(V_z h')
    `,
    { inputs: { x: 'input', m: 'note' }, outputs: ['z', 'h'], biasIh: { m: 3 } },
  );

  test('by hand: each input has weights of its own, each output is answered by its name', () => {
    const cell = make({ x: 2, m: 1 }, 1, {
      projectionSize: 1,
      activation: 'identity',
      gateActivation: 'identity',
      params: {
        ...{ weightIh: [1, 2], weightIh_note: [10, 100], weightHh: [1000], weightHr: [2] },
        ...{ biasIh: [0.25], biasIh_note: [0.5], biasHh: [0.125] },
      },
    });
    const event = { x: [3, 4], m: [5] };
    const { state, y } = reference(cell)({ h: Float64Array.of(7) }, event);
    // 1·3 + 2·4 + 10·5 + 100·5 + 1000·7 + 0.25 + 0.5 + 0.125
    expect(state).toEqual({ h: Float64Array.of(7561.875) });
    expect(y).toEqual({ z: Float64Array.of(15123.75), h: Float64Array.of(7561.875) });
    expect(evaluatePlan(cell, { h: Float64Array.of(7) }, event).outputs).toEqual(y);
  });

  test('weights are drawn from the range of each stacked shape, biases begin as declared', () => {
    const { params, outputSize } = make({ x: 30, m: 200 }, 50, { seed: 3, projectionSize: 7 });
    expect(outputSize).toEqual({ z: 7, h: 50 });
    const shapes = Object.entries(params).map(([name, { shape }]) => [name, shape]);
    expect(shapes).toEqual([
      ['weightIh', [50, 30]],
      ['weightIh_note', [100, 200]],
      ['weightHh', [50, 50]],
      ['weightHr', [7, 50]],
      ['biasIh', [50]],
      ['biasIh_note', [50]],
      ['biasHh', [50]],
    ]);
    for (const { data, shape } of [params.weightIh, params.weightIh_note]) {
      const limit = Math.sqrt(6 / (shape[0] + shape[1]));
      const largest = Math.max(...data.map(Math.abs));
      expect(largest).toBeLessThanOrEqual(limit);
      expect(largest).toBeGreaterThan(0.99 * limit);
    }
    expect(params.biasIh.data).toEqual(new Float32Array(50));
    expect(params.biasIh_note.data).toEqual(new Float32Array(50).fill(3));
  });

  test('is printed as it is written, its inputs at the time of the step', () => {
    const cell = make({ x: 2, m: 1 }, 1, { projectionSize: 1 });
    expect(equations(cell)).toBe("h' = tanh(W_h x + W_m m + U_h h + W m)\nz  = sigmoid(V_z h')");
    expect(equations(cell, 'latex')).toContain(
      'W_{m} m_{t} + b_{Wm} + U_{h} h_{t-1} + b_{Uh} + W m_{t}',
    );
  });

  test('a text without primes has a weight and a bias for each size', () => {
    const mix = defineCell('Mix', 'y = W_a x + W_b m', { inputs: { x: 'input', m: 'note' } });
    const cell = mix({ x: 2, m: 1 }, 1, {
      params: { weight: [1, 2], weight_note: [3], bias: [4], bias_note: [5] },
    });
    expect(reference(cell)({}, { x: [10, 20], m: [30] }).y).toEqual(Float64Array.of(149));
    expect(String(cell)).toBe('Mix({x: 2, m: 1}, 1)');
  });
});

test('a member of several inputs or outputs is refused by name', () => {
  const make = defineCell('Mix', "h' = W_a x + W_b m", { inputs: { x: 'input', m: 'note' } });
  const cell = make({ x: 2, m: 1 }, 2) as never;
  const of = 'expected a member of one input and one output';
  const text = "'MixCell({x: 2, m: 1}, 2)'";
  expect(() => chainCell(cell, denseCell(2, 1))).toThrow(`chain[0]: ${of}, got ${text}`);
  expect(() => windowCell(2, cell)).toThrow(`window[0]: ${of}, got ${text}`);
  expect(() => parallelCell('add', cell)).toThrow(`parallel[0]: ${of}, got ${text}`);
});
