import { sameSize } from './define.js';
import { preluPlan } from './plans.js';

/**
 * Rectifier with a learned slope `alpha` `[size]`, 0.25 at first, where x is negative. No state.
 *
 * He, Zhang, Ren & Sun 2015, "Delving deep into rectifiers".
 *
 * @example
 * preluCell(2, { params: { alpha: [0.5, 0.5] } })(undefined, [4, -4])[1];
 * // → Float32Array(2) [ 4, -2 ]
 */
export const preluCell = /* @__PURE__ */ sameSize(
  'PReLU',
  `
  y = relu(x) - alpha * relu(-x)
  `,
  preluPlan,
  { vectors: { alpha: 0.25 } },
);
