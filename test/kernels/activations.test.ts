import { describe, expect, test } from 'vitest';
import { type ActivationName, activationNames } from '../../src/graph/activations.js';
import { backends } from '../../src/kernels/backends.js';
import { Abreast } from '../../src/kernels/wasm/abreast.js';
import {
  expm1Coefficients,
  log1pCoefficients,
  vectorActivations,
} from '../../src/kernels/wasm/activations.js';
import * as i32 from '../../src/kernels/wasm/i32.js';
import * as local from '../../src/kernels/wasm/local.js';
import { advance, repeat } from '../../src/kernels/wasm/loops.js';
import * as v128 from '../../src/kernels/wasm/v128.js';
import { dataAt, runnable } from './running.js';

/** Mantissas of each exponent and sign. */
const mantissas = 160;

/** Numbers of every class of float32: all exponents of both signs, subnormal, ±0, ±Inf, NaN. */
function everyClass(): Float32Array {
  const patterns: number[] = [0, 0x80000000, 0x7f800000, 0xff800000, 0x7fc00000];
  for (let exponent = 0; exponent < 255; exponent++) {
    for (let k = 0; k < mantissas; k++) {
      // The ends, and what a golden-ratio sequence finds between, another for each exponent.
      const between = (Math.imul(k + exponent * mantissas, 0x9e3779b1) >>> 9) & 0x7fffff;
      const mantissa = k < 2 ? k : k < 4 ? 0x7fffff - (k - 2) : between;
      const pattern = (exponent << 23) | mantissa;
      patterns.push(pattern, pattern | 0x80000000);
    }
  }
  // Where functions bend, saturate or cancel, in steps of a thousandth.
  const near = Array.from({ length: 220_000 }, (_, k) => Math.fround((k - 110_000) / 1000));
  const floats = new Float32Array(patterns.length + near.length);
  new Uint32Array(floats.buffer).set(patterns);
  floats.set(near, patterns.length);
  return floats;
}

/** Numbers of which the compiled function makes others, so many vectors of four at a time. */
function applied(
  name: ActivationName,
  xs: Float32Array,
  relaxed: boolean,
  a: number,
  b: number,
  count = 1,
) {
  const size = Math.ceil(xs.length / (4 * count)) * 16 * count;
  const { memory, run } = runnable(relaxed, Math.ceil((dataAt + size) / 65536), e => {
    const at = e.fn.number();
    const abreast = new Abreast(e, count);
    const vectors = Array.from({ length: count }, (_, k) => v128.load(local.get(at), 16 * k));
    const results = vectorActivations[name](abreast, vectors, a, b);
    return [
      local.set(at, i32.const(dataAt)),
      repeat(
        [
          abreast.code,
          results.map((result, k) => v128.store(local.get(at), 16 * k, result)),
          advance(at, 16 * count),
        ],
        i32.ltU(local.get(at), i32.const(dataAt + size)),
      ),
    ];
  });
  memory.set(xs, dataAt / 4);
  run(0, 0, 0, 0);
  return memory.slice(dataAt / 4, dataAt / 4 + xs.length);
}

/** The functions in float64, by what does not cancel. */
const exact: Record<ActivationName, (x: number, a: number, b: number) => number> = {
  identity: x => x,
  tanh: Math.tanh,
  sigmoid: x => 1 / (1 + Math.exp(-x)),
  relu: x => (x < 0 ? 0 : x),
  hardSigmoid: (x, a, b) => Math.min(1, Math.max(0, a * x + b)),
  hardSigmoid6: (x, a, b) => Math.min(1, Math.max(0, a * x + b)),
  softsign: x => x / (1 + Math.abs(x)),
  softplus: x => Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x))),
  elu: (x, a) => (x < 0 ? a * Math.expm1(x) : x),
  leakyRelu: (x, a) => (x < 0 ? a * x : x),
  thresholdedRelu: (x, a) => (x <= a ? 0 : x),
  scaledTanh: (x, a, b) => a * Math.tanh(b * x),
  affine: (x, a, b) => a * x + b,
  exp: Math.exp,
  sqrt: Math.sqrt,
  reciprocal: x => 1 / x,
};

/**
 * The worst errors, in units of 1e-7: |y − exact| / max(1, |exact|), and |y − exact| / |exact|
 * where that is a normal number. Infinity: there the function cancels, or nears 0 and is 0 before.
 */
interface Row {
  readonly alpha?: number;
  readonly beta?: number;
  readonly scaled: number;
  readonly relative: number;
}

const table: Readonly<Record<ActivationName, Row>> = {
  identity: { scaled: 0, relative: 0 },
  tanh: { scaled: 0.9, relative: 1.6 },
  sigmoid: { scaled: 0.8, relative: Infinity },
  relu: { scaled: 0, relative: 0 },
  hardSigmoid: { alpha: 0.2, beta: 0.5, scaled: 0.5, relative: Infinity },
  hardSigmoid6: { alpha: 1 / 6, beta: 0.5, scaled: 0.5, relative: Infinity },
  softsign: { scaled: 0.9, relative: 1.2 },
  softplus: { scaled: 1.8, relative: Infinity },
  elu: { alpha: 0.7, scaled: 0.6, relative: 1.2 },
  leakyRelu: { alpha: 0.01, scaled: 0.6, relative: 0.6 },
  thresholdedRelu: { alpha: 1, scaled: 0, relative: 0 },
  scaledTanh: { alpha: 1.7159, beta: 2 / 3, scaled: 1.6, relative: 2 },
  affine: { alpha: 1.5, beta: 0.25, scaled: 1.2, relative: Infinity },
  exp: { scaled: 0.9, relative: 0.9 },
  sqrt: { scaled: 0.6, relative: 0.6 },
  reciprocal: { scaled: 0.6, relative: 0.6 },
};

/** The least float32 that is no subnormal number. */
const leastNormal = 2 ** -126;
const xs = everyClass();
const kinds = [false, ...(backends()[0].startsWith('relaxed') ? [true] : [])];

describe.each(kinds)('with relaxed multiply-add: %s', relaxed => {
  test.each(activationNames)('%s is as near to the exact function as stated', name => {
    const { alpha = 0, beta = 0, ...bounds } = table[name];
    const ys = applied(name, xs, relaxed, alpha, beta);
    const worst = { scaled: 0, relative: 0 };
    const wrong: unknown[] = [];
    for (const [i, x] of xs.entries()) {
      const want = exact[name](x, Math.fround(alpha), Math.fround(beta));
      const off = Math.abs(ys[i] - want);
      if (!Number.isFinite(Math.fround(want))) {
        if (!Object.is(ys[i], Math.fround(want))) wrong.push([x, ys[i], want]);
      } else if (Number.isNaN(off)) {
        wrong.push([x, ys[i], want]);
      } else {
        worst.scaled = Math.max(worst.scaled, off / Math.max(1, Math.abs(want)));
        if (Math.abs(want) < leastNormal) continue;
        worst.relative = Math.max(worst.relative, off / Math.abs(want));
      }
    }
    expect(wrong).toEqual([]);
    expect(worst.scaled).toBeLessThanOrEqual(bounds.scaled * 1e-7);
    expect(worst.relative).toBeLessThanOrEqual(bounds.relative * 1e-7);
  });

  test.each(activationNames)('%s of three vectors abreast has the bits of one alone', name => {
    const { alpha = 0, beta = 0 } = table[name];
    const [one, three] = [1, 3].map(count => {
      return new Uint32Array(applied(name, xs, relaxed, alpha, beta, count).buffer);
    });
    expect(three.findIndex((bits, i) => bits !== one[i])).toBe(-1);
  });

  test.each(['tanh', 'relu', 'softsign', 'elu', 'leakyRelu', 'identity'] as const)(
    '%s keeps the sign of zero, and subnormal numbers as far as they are',
    name => {
      const small = Float32Array.of(0, -0, 2 ** -149, -(2 ** -149), 2 ** -127, -(2 ** -127));
      const { alpha = 0, beta = 0 } = table[name];
      const wanted = small.map(x => exact[name](x, Math.fround(alpha), beta));
      expect(applied(name, small, relaxed, alpha, beta)).toEqual(wanted);
    },
  );

  test('beyond 2 the sigmoid rounds once: a gate near 1 is the nearest number or its neighbour', () => {
    const beyond = xs.filter(x => Math.abs(x) >= 2);
    const ys = applied('sigmoid', beyond, relaxed, 0, 0);
    const off = ys.map((y, i) => Math.abs(y - exact.sigmoid(beyond[i], 0, 0)));
    expect(off.filter(Number.isFinite).reduce((a, b) => Math.max(a, b), 0)).toBeLessThan(0.5e-7);
  });

  test('at both ends functions are what they near, and NaN stays NaN', () => {
    const ends = Float32Array.of(-Infinity, -3e38, -200, 200, 3e38, Infinity, Number.NaN);
    const at = (name: ActivationName) => [...applied(name, ends, relaxed, 1, 1)];
    expect(at('tanh')).toEqual([-1, -1, -1, 1, 1, 1, Number.NaN]);
    const [a, b, c, ...rest] = at('sigmoid');
    expect(rest).toEqual([1, 1, 1, Number.NaN]);
    for (const y of [a, b, c]) expect(y).toBeLessThan(2e-38);
    expect(at('elu')).toEqual([-1, -1, -1, ...ends.slice(3)]);
    expect(at('softplus')).toEqual([0, 0, 0, ...ends.slice(3)]);
    expect(at('exp')).toEqual([0, 0, 0, Infinity, Infinity, Infinity, Number.NaN]);
    for (const name of activationNames) expect(at(name)[6], name).toBeNaN();
  });
});

test('the numbers tried are of every class, 2¹⁶ and more of each sign', () => {
  const count = (is: (x: number) => boolean) => xs.filter(is).length;
  expect(count(x => x > 0)).toBeGreaterThan(2 ** 16);
  expect(count(x => x < 0)).toBeGreaterThan(2 ** 16);
  expect(count(x => x !== 0 && Math.abs(x) < leastNormal)).toBeGreaterThan(300);
  for (const x of [0, -0, Infinity, -Infinity, Number.NaN]) {
    expect(count(own => Object.is(own, x))).toBeGreaterThan(0);
  }
});

test('the coefficients are those that the script fits', async () => {
  const { fitted } = await import(new URL('fit.mjs', import.meta.url).href);
  expect({ expm1Coefficients, log1pCoefficients }).toEqual(fitted);
});
