import { type Abreast, abreast, type Vectors } from './abreast.js';
import * as f32x4 from './f32x4.js';
import * as i32 from './i32.js';
import * as i32x4 from './i32x4.js';
import * as v128 from './v128.js';

const [abs, add, div, le, lt, mul, pmax, pmin, sqrt, sub] = [
  ...[f32x4.abs, f32x4.add, f32x4.div, f32x4.le, f32x4.lt],
  ...[f32x4.mul, f32x4.pmax, f32x4.pmin, f32x4.sqrt, f32x4.sub],
].map(abreast);
const [and, andnot, bitselect, or, xor, i32x4Add, i32x4Sub] = [
  ...[v128.and, v128.andnot, v128.bitselect, v128.or, v128.xor, i32x4.add, i32x4.sub],
].map(abreast);

/**
 * expm1(r) = r + r² · P(r) for |r| ≤ ln 2 / 2, coefficients from r² up; and log((1 + s) / (1 − s))
 * / s = 2 + s² · Q(s²) for s ≤ 1/3. Fitted by test/kernels/fit.mjs, which prints them.
 */
export const expm1Coefficients = [0.5, 0.16666578, 0.041666556, 0.008363173, 0.0013926176];
export const log1pCoefficients = [0.6666664, 0.4000756, 0.2823662, 0.268515];

/** 1.5 · 2²³: added, it leaves a number's whole part in the low bits. */
const magic = 12582912;
/** ln 2, roughly: a short number, of which any multiple up to 2¹⁵ is exact. */
const ln2 = 0.693359375;

/** v ← f(v); alpha and beta are the function's parameters. */
type Emit = (e: Abreast, v: Vectors, alpha: number, beta: number) => Vectors;

/** The sign bit alone is set. */
const signOf = (e: Abreast) => e.constant(-0);

/**
 * eˣ = 2ⁿ · (1 + q) for x in [−87, 87]; n is in the low bits of `bits`. Not `exact`, its relative
 * error grows with |x|: where eˣ is large beside what tells, that counts for nothing.
 */
function exponential(e: Abreast, x: Vectors, exact = true) {
  const v = e.keep(x);
  const shift = e.constant(magic);
  const t = e.keep(e.multiplyAdd(v, e.constant(Math.LOG2E), shift));
  const n = e.keep(sub(t, shift));
  const near = e.multiplyAdd(n, e.constant(exact ? -ln2 : -Math.LN2), v);
  const r = e.keep(exact ? e.multiplyAdd(n, e.constant(ln2 - Math.LN2), near) : near);
  const square = e.keep(mul(r, r));
  const q = e.keep(e.multiplyAdd(square, polynomial(e, expm1Coefficients, r, square), r));
  return { q, bits: t };
}

/** c₀ + c₁ v + c₂ v² + …, its halves side by side (Estrin's scheme): `square` is v². */
function polynomial(
  e: Abreast,
  coefficients: readonly number[],
  v: Vectors,
  square: Vectors,
): Vectors {
  const [c0, c1, ...rest] = coefficients;
  const low =
    c1 === undefined ? e.constant(c0) : e.keep(e.multiplyAdd(e.constant(c1), v, e.constant(c0)));
  return rest.length ? e.keep(e.multiplyAdd(polynomial(e, rest, v, square), square, low)) : low;
}

/** 2ⁿ from the low bits of n, which move to where a float has its exponent; 1 is 2⁰. */
function powerOfTwo(e: Abreast, n: Vectors): Vectors {
  const exponent = n.map(v => i32x4.shl(v, i32.const(23)));
  return i32x4Add(exponent, e.constant(1));
}

/** eˣ − 1 for x in [−87, 87]. */
function expm1(e: Abreast, x: Vectors): Vectors {
  const { q, bits: n } = exponential(e, x, false);
  const scale = e.keep(powerOfTwo(e, n));
  return e.multiplyAdd(scale, q, sub(scale, e.constant(1)));
}

const tanh: Emit = (e, v) => {
  const x = e.keep(v);
  const a = e.keep(andnot(x, signOf(e)));
  // Beyond 20 / 2 it is 1.
  const m = e.keep(expm1(e, pmin(add(a, a), e.constant(20))));
  // tanh |x| = expm1(2|x|) / (2 + expm1(2|x|)), in which errors shrink; the sign is x's.
  const positive = e.keep(div(m, add(m, e.constant(2))));
  return xor(positive, and(x, signOf(e)));
};

const sigmoid: Emit = (e, v) => {
  const x = e.keep(v);
  const { q, bits: n } = exponential(e, pmax(or(x, signOf(e)), e.constant(-87)));
  const scale = e.keep(powerOfTwo(e, n));
  const exp = e.keep(e.multiplyAdd(scale, q, scale));
  // e⁻|x| / (1 + e⁻|x|) is σ(−|x|); 1 less it rounds once, where 1 / (1 + e⁻ˣ) near 1 rounds twice.
  const small = e.keep(div(exp, add(exp, e.constant(1))));
  const one = and(le(e.constant(0), x), e.constant(1));
  return andnot(sub(one, small), signOf(e));
};

const hardSigmoid: Emit = (e, v, alpha, beta) => {
  const line = e.multiplyAdd(v, e.constant(alpha), e.constant(beta));
  return pmin(pmax(line, e.constant(0)), e.constant(1));
};

/** `negative` of it where v < 0, else v. */
const whereNegative = (e: Abreast, v: Vectors, negative: (x: Vectors) => Vectors): Vectors => {
  const x = e.keep(v);
  return bitselect(negative(x), x, lt(x, e.constant(0)));
};

/** Every activation by name, as vector code; the errors of each are stated and tested. */
export const vectorActivations = {
  identity: (_e, v) => v,
  tanh,
  sigmoid,
  relu: (e, v) => pmax(v, e.constant(0)),
  hardSigmoid,
  hardSigmoid6: hardSigmoid,
  softsign(e, v) {
    const x = e.keep(v);
    return div(x, add(abs(x), e.constant(1)));
  },
  softplus(e, v) {
    const x = e.keep(v);
    const far = e.keep(or(x, signOf(e)));
    const { q, bits: n } = exponential(e, pmax(far, e.constant(-87)));
    const scale = e.keep(powerOfTwo(e, n));
    const near = e.multiplyAdd(scale, q, scale);
    const exp = e.keep(andnot(near, lt(far, e.constant(-87))));
    // log(1 + e) = log((1 + s) / (1 − s)), s = e / (2 + e)
    const s = e.keep(div(exp, add(exp, e.constant(2))));
    const square = e.keep(mul(s, s));
    const fourth = e.keep(mul(square, square));
    const rest = polynomial(e, [2, ...log1pCoefficients], square, fourth);
    return e.multiplyAdd(s, rest, pmax(x, e.constant(0)));
  },
  elu: (e, v, alpha) =>
    whereNegative(e, v, x => {
      const bounded = pmax(pmin(x, e.constant(0)), e.constant(-87));
      return mul(expm1(e, bounded), e.constant(alpha));
    }),
  leakyRelu: (e, v, alpha) => whereNegative(e, v, x => mul(x, e.constant(alpha))),
  thresholdedRelu(e, v, alpha) {
    const x = e.keep(v);
    // NaN is not ≤ alpha: it stays.
    return bitselect(e.constant(0), x, le(x, e.constant(alpha)));
  },
  scaledTanh: (e, v, alpha, beta) =>
    mul(tanh(e, mul(v, e.constant(beta)), 0, 0), e.constant(alpha)),
  affine: (e, v, alpha, beta) => e.multiplyAdd(v, e.constant(alpha), e.constant(beta)),
  exp(e, v) {
    const bounded = pmin(pmax(v, e.constant(-104)), e.constant(89));
    const { q, bits: t } = exponential(e, bounded);
    // 2ⁿ in two halves, so that the largest and the subnormal results come out.
    const n = e.keep(i32x4Sub(t, e.constant(magic)));
    const half = e.keep(n.map(v => i32x4.shrS(v, i32.const(1))));
    const scale = e.keep(powerOfTwo(e, half));
    const rest = powerOfTwo(e, i32x4Sub(n, half));
    return mul(e.multiplyAdd(scale, q, scale), rest);
  },
  sqrt: (_e, v) => sqrt(v),
  reciprocal: (e, v) => div(e.constant(1), v),
} satisfies Readonly<Record<string, Emit>>;
