import { describe, expect, test } from 'vitest';
import { type Activation, defineCell, denseCell, RecurError, rnnCell } from '../../src/core.js';
import { activationNames, activationText, resolveActivation } from '../../src/graph/activations.js';
import { activationLoops } from '../../src/kernels/activation-loops.js';

/** f(v) in double precision. */
function apply(activation: Activation, ...values: number[]): number[] {
  const { name, alpha, beta } = resolveActivation('test', activation);
  const v = Float64Array.from(values);
  activationLoops[name](v, 0, v.length, alpha, beta);
  return [...v];
}

/** Argument and value to the last digit, most by an arithmetic of 40 digits. */
const rows: readonly (readonly [Activation, number, number])[] = [
  ['identity', -2.5, -2.5],
  ['identity', 1e30, 1e30],
  ['tanh', 0, 0],
  ['tanh', 1e-8, 1e-8],
  ['tanh', 0.001, 0.0009999996666668],
  ['tanh', 0.5, 0.46211715726000974],
  ['tanh', -3, -0.9950547536867304],
  ['tanh', 15, 0.9999999999998129],
  ['tanh', 1000, 1],
  ['tanh', -1e30, -1],
  ['sigmoid', 0, 0.5],
  ['sigmoid', 1, 0.7310585786300049],
  ['sigmoid', -2, 0.11920292202211756],
  ['sigmoid', -30, 9.357622968839299e-14],
  ['sigmoid', 30, 0.9999999999999064],
  ['sigmoid', 1e30, 1],
  ['relu', 1.5, 1.5],
  ['relu', -1e30, 0],
  ['relu', 1e30, 1e30],
  ['hardSigmoid', 1, 0.7],
  ['hardSigmoid', -2, 0.1],
  ['hardSigmoid', -2.5, 0],
  ['hardSigmoid', 2.5, 1],
  ['hardSigmoid', -1e30, 0],
  ['hardSigmoid', 1e30, 1],
  [{ name: 'hardSigmoid', alpha: 0.5 }, 0.5, 0.75],
  [{ name: 'hardSigmoid', alpha: 0.5, beta: 0.25 }, 0.5, 0.5],
  ['hardSigmoid6', 1, 2 / 3],
  ['hardSigmoid6', -1.5, 0.25],
  ['hardSigmoid6', -3, 0],
  ['hardSigmoid6', 3, 1],
  ['hardSigmoid6', 1e30, 1],
  ['softsign', 3, 0.75],
  ['softsign', -1, -0.5],
  ['softsign', -1e30, -1],
  ['softplus', 0, Math.LN2],
  ['softplus', 1, 1.3132616875182228],
  ['softplus', -40, 4.248354255291589e-18],
  ['softplus', 1000, 1000],
  ['softplus', -1e30, 0],
  ['elu', 2, 2],
  ['elu', -1, -0.6321205588285577],
  ['elu', -1e30, -1],
  [{ name: 'elu', alpha: 0.5 }, -2, -0.43233235838169365],
  ['leakyRelu', 3, 3],
  ['leakyRelu', -2, -0.02],
  [{ name: 'leakyRelu', alpha: 0.25 }, -2, -0.5],
  ['leakyRelu', -1e30, -1e28],
  ['thresholdedRelu', 1, 0],
  ['thresholdedRelu', 1.25, 1.25],
  ['thresholdedRelu', -1e30, 0],
  [{ name: 'thresholdedRelu', alpha: -1 }, -0.5, -0.5],
  ['scaledTanh', 0.5, 0.46211715726000974],
  [{ name: 'scaledTanh', alpha: 1.7159, beta: 2 / 3 }, 1, 0.999997255922479],
  [{ name: 'scaledTanh', alpha: 3 }, -1000, -3],
  ['affine', -7, -7],
  [{ name: 'affine', alpha: 2, beta: -1 }, 3, 5],
  ['exp', 1, Math.E],
  ['exp', -1000, 0],
  ['sqrt', 2, Math.SQRT2],
  ['sqrt', 0, 0],
  ['reciprocal', -4, -0.25],
];

test.each(rows)('%j of %d is %d', (activation, x, expected) => {
  const [y] = apply(activation, x);
  expect(Math.abs(y - expected)).toBeLessThanOrEqual(2 ** -50 * Math.abs(expected));
});

test('the table has a value of every activation', () => {
  const tested = rows.map(([given]) => (typeof given === 'string' ? given : given.name));
  expect(new Set(tested)).toEqual(new Set(activationNames));
});

describe('over the whole range, within 2⁻⁴⁹ of the engine', () => {
  const range = Array.from({ length: 40_001 }, (_, i) => (i / 20_000 - 1) ** 3 * 700);
  test.each([
    ['tanh', (v: number) => Math.tanh(v)],
    ['sigmoid', (v: number) => 1 / (1 + Math.exp(-v))],
  ] as const)('%s', (name, engine) => {
    const off = apply(name, ...range).map((y, i) => {
      const wanted = engine(range[i]);
      return wanted === y ? 0 : Math.abs(y / wanted - 1);
    });
    expect(off.reduce((a, b) => Math.max(a, b))).toBeLessThanOrEqual(2 ** -49);
  });
});

test('an activation changes only its part of the array', () => {
  for (const name of activationNames) {
    const { alpha, beta } = resolveActivation('test', name);
    const v = new Float64Array(5).fill(0.7);
    activationLoops[name](v, 1, 3, alpha, beta);
    expect([v[0], v[3], v[4]]).toEqual([0.7, 0.7, 0.7]);
    expect(v[1]).toBe(v[2]);
  }
});

test.each(rows)(
  'a dense layer with %j answers it of %d, rounded to float32',
  (activation, x, y) => {
    const cell = denseCell(1, 1, { activation, params: { weight: [1], bias: [0] } });
    const got = cell(undefined, [x])[1][0];
    expect(Math.abs(got - y)).toBeLessThanOrEqual(1.3e-7 * Math.abs(y) + 1e-45);
  },
);

test('the names are listed where one is unknown', () => {
  const names = activationNames.join(', ');
  const make = () => rnnCell(1, 1, { activation: 'swish' as never });
  expect(make).toThrow(RecurError);
  expect(make).toThrow(`rnn.activation: expected one of ${names}, got 'swish'`);
});

test.each([
  [{ name: 'toString' }, "got 'toString'"],
  [5, 'got 5'],
  [{ name: 'tanh', alpha: 1 }, "expected options named name, got 'alpha'"],
  [{ name: 'elu', beta: 1 }, "expected options named name, alpha, got 'beta'"],
  [{ name: 'elu', alpha: '1' }, "expected finite alpha and beta, got '1'"],
  [{ name: 'affine', beta: Number.NaN }, 'expected finite alpha and beta, got NaN'],
])('%j is refused', (given, message) => {
  const make = () => denseCell(1, 1, { activation: given as Activation });
  expect(make).toThrow(RecurError);
  expect(make).toThrow('dense.activation: ');
  expect(make).toThrow(message);
});

test('clip bounds what enters the activations of the options, and no other', () => {
  const params = { weight: [1], bias: [0] };
  const fixed = defineCell('Fixed', 'y = affine(W_y x)')(1, 1, { clip: 0.5, params });
  expect(fixed(undefined, [3])[1][0]).toBe(3);
  const clipped = denseCell(1, 1, { clip: 0.5, activation: 'affine', params });
  expect(clipped(undefined, [0.25])[1][0]).toBe(0.25);
  expect(clipped(undefined, [3])[1][0]).toBe(0.5);
  expect(clipped(undefined, [-1e9])[1][0]).toBe(-0.5);
});

test.each<[Activation, string]>([
  ['tanh', 'tanh'],
  [{ name: 'elu' }, 'elu'],
  [{ name: 'elu', alpha: 1 }, 'elu'],
  [{ name: 'elu', alpha: 0.5 }, 'elu(alpha=0.5)'],
  [{ name: 'hardSigmoid', alpha: 0.25, beta: 0.5 }, 'hardSigmoid(alpha=0.25)'],
  [{ name: 'affine', alpha: 2, beta: -1 }, 'affine(alpha=2, beta=-1)'],
])('%j prints as %s', (given, text) => {
  expect(activationText(resolveActivation('test', given))).toBe(text);
});
