import { activationCell } from '../../cells/activation.js';
import { sameSize } from '../../cells/define.js';
import {
  boundedPlan,
  geluTanhPlan,
  hardSwishPlan,
  logSoftmaxPlan,
  mishPlan,
} from '../../cells/plans.js';
import type { Activation } from '../../graph/activations.js';
import { max, sum } from '../../graph/reductions.js';
import { chainOf } from '../../layers/chain.js';
import { parallelCell } from '../../layers/parallel.js';
import type { AnyCell } from '../../streams/cell.js';
import { erfCell } from '../erf.js';

/** Hendrycks & Gimpel 2016, "Gaussian error linear units", with tanh. */
export const geluTanhCell = /* @__PURE__ */ sameSize(
  'GELUTanh',
  'y = 0.5 * x * (1 + tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)))',
  geluTanhPlan,
);

/** Howard et al. 2019, "Searching for MobileNetV3". */
export const hardSwishCell = /* @__PURE__ */ sameSize(
  'HardSwish',
  'y = x * hardSigmoid6(x)',
  hardSwishPlan,
);

/** Misra 2019, "Mish: a self regularized non-monotonic activation function". */
export const mishCell = /* @__PURE__ */ sameSize('Mish', 'y = x * tanh(softplus(x))', mishPlan);

/** Its logarithm by Halley's method, from half the largest that there can be. */
const logSoftmax = /* @__PURE__ */ sameSize(
  'LogSoftmax',
  `
  d = x - max(x)
  s = sum(exp(d))
  a = s * exp(-half) - 1
  b = half + 2 * a * reciprocal(a + 2)
  e = s * exp(-b) - 1
  f = b + 2 * e * reciprocal(e + 2)
  g = s * exp(-f) - 1
  j = f + 2 * g * reciprocal(g + 2)
  k = s * exp(-j) - 1
  l = j + 2 * k * reciprocal(k + 2)
  m = s * exp(-l) - 1
  n = l + 2 * m * reciprocal(m + 2)
  o = s * exp(-n) - 1
  p = n + 2 * o * reciprocal(o + 2)
  q = s * exp(-p) - 1
  y = d - p - 2 * q * reciprocal(q + 2)
  `,
  logSoftmaxPlan,
  { constants: { half: 1 } },
  { max, sum },
);

export const logSoftmaxCell = (size: number): AnyCell =>
  logSoftmax(size, { half: Math.log(size) / 2 });

/** x, of which the part above 0 and that below are bounded, each by a function. */
const boundedCell = /* @__PURE__ */ sameSize(
  'Bounded',
  'y = high * above(x) - low * below(-x)',
  boundedPlan,
  { constants: { high: 1, low: 1 }, activations: { above: 'relu', below: 'relu' } },
);

/** x between two bounds, of which each may be infinite. */
export function clipCell(size: number, low: number, high: number): AnyCell {
  if (low === 0 && high === 6) return activationCell(size, 'relu6');
  if (low === 0 && high === Number.POSITIVE_INFINITY) return activationCell(size, 'relu');
  const shift = low > 0 ? low : high < 0 ? high : 0;
  if (shift) {
    const [there, back] = [-shift, shift].map(beta =>
      activationCell(size, { name: 'affine', alpha: 1, beta }),
    );
    return chainOf([there, clipCell(size, low - shift, high - shift), back]);
  }
  const part = (bound: number): [factor: number, Activation] =>
    Number.isFinite(bound) && bound > 0
      ? [bound, { name: 'hardSigmoid', alpha: 1 / bound, beta: 0 }]
      : [bound === 0 ? 0 : 1, 'relu'];
  const [[upper, above], [lower, below]] = [part(high), part(-low)];
  return boundedCell(size, { high: upper, low: lower, above, below });
}

/** Half a Gaussian: x · (1 + erf(x / √2)) / 2. */
export function geluCell(size: number): AnyCell {
  const affine = (alpha: number, beta: number) =>
    activationCell(size, { name: 'affine', alpha, beta });
  const gate = chainOf([affine(Math.SQRT1_2, 0), erfCell(size), affine(0.5, 0.5)]);
  return parallelCell('multiply', activationCell(size, 'identity'), gate);
}

/** The power of a number by a multiple of ½; undefined for others. */
export function powerCell(size: number, exponent: number): AnyCell | undefined {
  if (!Number.isInteger(2 * exponent) || Math.abs(exponent) > 32) return undefined;
  if (exponent === 0) return activationCell(size, { name: 'affine', alpha: 0, beta: 1 });
  return powerOf(size, exponent);
}

function powerOf(size: number, exponent: number): AnyCell {
  const named = ({ 1: 'identity', 2: 'square', 0.5: 'sqrt' } as const)[exponent];
  if (named) return activationCell(size, named);
  if (exponent === -1) return activationCell(size, 'reciprocal');
  const after = (first: number, then: 'square' | 'reciprocal') =>
    chainOf<AnyCell>([powerOf(size, first), activationCell(size, then)]);
  if (exponent < 0) return after(-exponent, 'reciprocal');
  if (exponent % 2 === 0) return after(exponent / 2, 'square');
  const less = exponent % 1 ? 0.5 : 1;
  return parallelCell('multiply', powerOf(size, exponent - less), powerOf(size, less));
}
