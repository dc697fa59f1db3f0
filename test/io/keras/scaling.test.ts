import { describe, expect, test } from 'vitest';
import { stateful } from '../../../src/index.js';
import { readTfjs } from '../../../src/io/tfjs/index.js';
import { fileOf, first, layer, problemsIn, problemsOf, sequential } from './configs.js';

const one = (config: object) => {
  const m = stateful(sequential([first('Normalization', { ...config })], {}));
  return (x: number[]) => [...m(x)];
};

test('Normalization takes its numbers from the config, by feature or for all', () => {
  expect(one({ mean: [1, 2], variance: [4, 0.25] })([3, 3])).toEqual([1, 2]);
  expect(one({ mean: [[[1, 2]]], variance: [[[4, 0.25]]], axis: [2] })([3, 3])).toEqual([1, 2]);
  expect(one({ mean: 1, variance: 4, axis: [] })([3, 5])).toEqual([1, 2]);
  expect(one({ mean: [1, 2], variance: [4, 0.25], invert: true })([1, 2])).toEqual([3, 3]);
});

test('a variance of 0 divides by 1e-7, as in Keras', () => {
  const [y] = one({ mean: [0, 0], variance: [0, 1] })([1e-7, 1]);
  expect(y).toBeCloseTo(1, 6);
});

test('Normalization that nobody adapted, or along the steps, is refused', () => {
  const { modelJson, shard } = fileOf(
    { class_name: 'Sequential', config: { layers: [first('Normalization')] } },
    {},
  );
  expect(() => readTfjs(modelJson, shard)).toThrow('expected mean [2], got none of no weights');
  expect(problemsOf(first('Normalization', { axis: [1] }))).toEqual([
    "Normalization 'normalization': an axis that is not that of the features",
  ]);
  expect(problemsOf(first('Normalization', { mean: [1, 2, 3], variance: [1, 1, 1] }))).toEqual([
    "Normalization 'normalization': [3] numbers for 2 features",
  ]);
});

test('Rescaling has a scale and an offset for all, or for each feature', () => {
  const m = (config: object) => stateful(sequential([first('Rescaling', { ...config })]));
  expect(m({ scale: 2, offset: -1 })([1, 3])).toEqual(Float32Array.of(1, 5));
  expect(m({ scale: [2, 4], offset: [0, 1] })([1, 3])).toEqual(Float32Array.of(2, 13));
  expect(problemsIn(() => m({ scale: [1, 2, 3] }))).toHaveLength(1);
});

const sigmoid = (v: number) => 1 / (1 + Math.exp(-v));
const softplus = (v: number) => Math.log1p(Math.exp(v));
const clip = (v: number, low: number, high: number) => Math.min(high, Math.max(low, v));

/** The error function by its Taylor series. */
function erf(v: number): number {
  let [term, sum] = [v, v];
  for (let n = 1; n < 200; n++) {
    term *= (-v * v) / n;
    sum += term / (2 * n + 1);
  }
  return Math.abs(v) > 5 ? Math.sign(v) : (sum * 2) / Math.sqrt(Math.PI);
}

/** Keras's own formulas: keras/src/activations/activations.py and its backends. */
const formulas: Readonly<Record<string, (v: number) => number>> = {
  linear: v => v,
  tanh: Math.tanh,
  sigmoid,
  relu: v => Math.max(0, v),
  relu6: v => clip(v, 0, 6),
  leaky_relu: v => (v > 0 ? v : 0.2 * v),
  elu: v => (v > 0 ? v : Math.expm1(v)),
  celu: v => Math.max(0, v) + Math.min(0, Math.expm1(v)),
  selu: v => 1.0507009873554805 * (v > 0 ? v : 1.6732632423543772 * Math.expm1(v)),
  silu: v => v * sigmoid(v),
  swish: v => v * sigmoid(v),
  mish: v => v * Math.tanh(softplus(v)),
  softplus,
  softsign: v => v / (1 + Math.abs(v)),
  squareplus: v => (v + Math.sqrt(v * v + 4)) / 2,
  exponential: Math.exp,
  hard_sigmoid: v => clip(v / 6 + 0.5, 0, 1),
  hard_silu: v => v * clip(v / 6 + 0.5, 0, 1),
  hard_swish: v => v * clip(v / 6 + 0.5, 0, 1),
  hard_tanh: v => clip(v, -1, 1),
  hard_shrink: v => (Math.abs(v) > 0.5 ? v : 0),
  soft_shrink: v => (v > 0.5 ? v - 0.5 : v < -0.5 ? v + 0.5 : 0),
  tanh_shrink: v => v - Math.tanh(v),
  log_sigmoid: v => Math.log(sigmoid(v)),
  sparse_sigmoid: v => clip((v + 1) / 2, 0, 1),
  sparse_plus: v => (v <= -1 ? 0 : v < 1 ? (v + 1) ** 2 / 4 : v),
  gelu: v => 0.5 * v * (1 + erf(v / Math.SQRT2)),
  gelu_new: v => 0.5 * v * (1 + Math.tanh(0.7978845608028654 * (v + 0.044715 * v ** 3))),
};

describe.each(Object.keys(formulas))('%s', name => {
  const points = [-9, -3.5, -1.25, -0.5, -0.2, 0, 0.1, 0.75, 1, 2.5, 7];
  const close = (got: number, x: number, what = formulas[name](x)) =>
    expect(Math.abs(got - what)).toBeLessThan(1e-6 * Math.max(1, Math.abs(what)));

  test('as a layer it is what Keras computes', () => {
    const m = stateful(sequential([first('Activation', { activation: name }, 1)], {}, '3'));
    for (const x of points) close(m([x])[0], x);
  });

  test('in cells it is the same function of what the gates add up', () => {
    const config = { units: 1, use_bias: false, activation: name };
    const weights = (kind: string, gates: number) => ({
      [`${kind}/kernel`]: [1, gates],
      [`${kind}/recurrent_kernel`]: [1, gates],
    });
    const rnn = first('SimpleRNN', config, 1);
    const gru = first('GRU', { ...config, recurrent_activation: name, reset_after: false }, 1);
    const lstm = first('LSTM', { ...config, recurrent_activation: name }, 1);
    // e to the power of e to the power of e is soon no number.
    for (const x of name === 'exponential' ? [-1.25, 0, 0.5] : points) {
      const φ = formulas[name];
      const of = (one: typeof rnn, gates: number) =>
        stateful(sequential([one], weights(one.config.name as string, gates), '3'))([2 * x])[0];
      // All weights are 0.5, and the states 0 at first.
      close(of(rnn, 1), x);
      const gated = φ(x);
      close(of(gru, 3), x, (1 - gated) * gated);
      close(of(lstm, 4), x, gated * φ(gated * gated));
    }
  });
});

test('functions that change the size or that need an order are refused by name', () => {
  for (const activation of ['glu', 'sparsemax', 'log_softmax', 'threshold']) {
    const why = `LSTM 'lstm': activation '${activation}'`;
    expect(problemsOf(first('LSTM', { units: 1, activation }))).toEqual([why]);
  }
});

test('two functions in one cell are both there', () => {
  const config = { units: 1, use_bias: false, activation: 'relu6', recurrent_activation: 'mish' };
  const weights = { 'lstm/kernel': [1, 4], 'lstm/recurrent_kernel': [1, 4] };
  const model = sequential([first('LSTM', config, 1)], weights, '3');
  const gate = formulas.mish(1);
  expect(stateful(model)([2])[0]).toBeCloseTo(gate * gate, 6);
  expect(String(model)).toContain('mish, relu6');
});

test('ReLU with a most is read, one with a slope and a most is refused', () => {
  const m = stateful(sequential([first('ReLU', { max_value: 1.5 })]));
  expect(m([-1, 9])).toEqual(Float32Array.of(0, 1.5));
  expect(problemsOf(layer('ReLU', { max_value: 1.5, negative_slope: 0.1 }))).toHaveLength(1);
});
