import { max, sum } from '../graph/reductions.js';
import { sameSize } from './define.js';
import { softmaxPlan } from './plans.js';

/**
 * Softmax over the features of a step: positive numbers whose sum is 1. No state, no parameters.
 *
 * @example
 * const [, y] = softmaxCell(2)(undefined, [0, Math.log(3)]);
 * [...y].map(p => p.toFixed(2)).join(' '); // → 0.25 0.75
 */
export const softmaxCell = /* @__PURE__ */ sameSize(
  'Softmax',
  `
  e = exp(x - max(x))
  y = e * reciprocal(sum(e))
  `,
  softmaxPlan,
  {},
  { max, sum },
);
