import { sameSize } from './define.js';
import { dropoutPlan } from './plans.js';

/**
 * Dropout, which does nothing when a network runs: y is x. It stands where training had it.
 *
 * Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from overfitting".
 *
 * @example
 * dropoutCell(2)(undefined, [4, -4])[1]; // → Float32Array(2) [ 4, -4 ]
 */
export const dropoutCell = /* @__PURE__ */ sameSize('Dropout', 'y = x', dropoutPlan);
