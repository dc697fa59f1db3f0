import { expect, test } from 'vitest';
import { reference, stateful } from '../../../src/core.js';
import { erfCell } from '../../../src/io/erf.js';
import {
  clipCell,
  geluCell,
  geluTanhCell,
  hardSwishCell,
  logSoftmaxCell,
  mishCell,
} from '../../../src/io/onnx/functions.js';
import { readOnnx } from '../../../src/io/onnx/index.js';
import { file, node } from './graphs.js';

/** By the Taylor series, of which no term is negative: e^(−x²) · Σ (2x²)ⁿ x / (1 · 3 · …). */
function erf(x: number): number {
  let [term, sum] = [x, x];
  for (let n = 1; n < 200; n++) sum += term *= (2 * x * x) / (2 * n + 1);
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

test("the series is Python's math.erf", () => {
  const digits = [
    ...[0.001, 0.0011283787909692363, 0.1, 0.1124629160182849, 0.5, 0.5204998778130465],
    ...[1, 0.8427007929497149, 1.5, 0.9661051464753108, 2.5, 0.999593047982555],
  ];
  for (let i = 0; i < digits.length; i += 2) expect(erf(digits[i])).toBeCloseTo(digits[i + 1], 14);
});

/** Numbers from −8 to 8, float32. */
const grid = Float32Array.from({ length: 32001 }, (_, i) => (i - 16000) / 2000);

const answers = (cell: unknown, x: ArrayLike<number>) =>
  stateful(cell as never)(Float32Array.from(x) as never) as unknown as Float32Array;

const worst = (cell: unknown, f: (x: number) => number, scale: (y: number, x: number) => number) =>
  answers(cell, grid).reduce((most, y, i) => {
    const wanted = f(grid[i]);
    return Math.max(most, Math.abs(y - wanted) / scale(wanted, grid[i]));
  }, 0);

const relative = (y: number) => Math.max(1e-30, Math.abs(y));
const ofInput = (_: number, x: number) => Math.max(1e-6, Math.abs(x));

test("erf's worst relative error is 7e-7, in double precision 7e-8", () => {
  expect(worst(erfCell(grid.length), erf, relative)).toBeLessThan(7e-7);
  const xs = Float64Array.from(grid);
  const { y } = reference(erfCell(grid.length))({} as never, xs as never);
  const off = [...(y as Float64Array)].map(
    (v, i) => Math.abs(v - erf(xs[i])) / relative(erf(xs[i])),
  );
  expect(Math.max(...off.slice(0, 16000), ...off.slice(16001))).toBeLessThan(7e-8);
});

test('erf is 1 exactly beyond 4.2, so that gelu of large negative numbers is 0', () => {
  const far = [4.2, 5, 1e3, 1e30, 3e38];
  expect([...answers(erfCell(10), [...far, ...far.map(x => -x)])]).toEqual([
    ...far.map(() => 1),
    ...far.map(() => -1),
  ]);
  expect([...answers(geluCell(3), [-1e3, -10, 1e3])].map(Math.abs)).toEqual([0, 0, 1e3]);
});

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

test.each<readonly [string, unknown, (x: number) => number, number]>([
  ['gelu', geluCell(grid.length), x => (x * (1 + erf(x / Math.SQRT2))) / 2, 4e-7],
  [
    'gelu with tanh',
    geluTanhCell(grid.length),
    x => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
    4e-7,
  ],
  ['hardSwish', hardSwishCell(grid.length), x => x * Math.min(1, Math.max(0, x / 6 + 0.5)), 2e-7],
  ['mish', mishCell(grid.length), x => x * Math.tanh(Math.log1p(Math.exp(x))), 4e-7],
])("%s' worst error, over its input, is as stated", (_, cell, f, most) => {
  expect(worst(cell, f, ofInput)).toBeLessThan(most);
});

test('Swish.alpha, which onnxruntime has not, is x times the sigmoid of alpha x', () => {
  const bytes = file([node('Swish x -> y', { alpha: { float: 1.5 } })], {}, { set: 24 });
  const y = answers(readOnnx(bytes), [0.5, -2]);
  expect(y[0]).toBeCloseTo(0.5 * sigmoid(0.75), 6);
  expect(y[1]).toBeCloseTo(-2 * sigmoid(-3), 6);
});

const infinite = Number.POSITIVE_INFINITY;

test.each([
  [-1, 1],
  [-0.25, infinite],
  [-infinite, -0.25],
  [-infinite, 3],
  [0.1, 0.7],
  [-5, -3],
  [-1e30, 2],
  [0, 0],
  [-infinite, infinite],
])('numbers between %s and %s', (low, high) => {
  const clipped = answers(clipCell(grid.length, low, high), grid);
  const wanted = [...grid].map(x => Math.min(high, Math.max(low, x)));
  const off = wanted.map((y, i) => Math.abs(clipped[i] - y) / Math.max(1e-3, Math.abs(y)));
  expect(Math.max(...off)).toBeLessThan(1e-6);
  const [least, most] = answers(clipCell(2, low, high), [-1e20, 1e20]);
  if (Number.isFinite(low) && low > -1e20) expect(least).toBeCloseTo(low, 6);
  if (Number.isFinite(high)) expect(most).toBeCloseTo(high, 6);
});

test.each([1, 2, 10, 1000])('logSoftmax of %i numbers', size => {
  for (const spread of [0, 1, 30, 1000]) {
    const x = Float32Array.from({ length: size }, (_, i) => spread * Math.sin(i * i));
    const most = Math.max(...x);
    const log = Math.log(x.reduce((sum, v) => sum + Math.exp(v - most), 0));
    const off = answers(logSoftmaxCell(size), x).map((y, i) => {
      const wanted = x[i] - most - log;
      return Math.abs(y - wanted) / Math.max(1, Math.abs(wanted));
    });
    expect(Math.max(...off)).toBeLessThan(1e-6);
  }
});
