import { builtIn } from './define.js';
import { mguPlan } from './plans.js';

/**
 * Minimal gated unit: a GRU with one gate. State `h` `[hidden]`; gates f n.
 *
 * Zhou, Wu, Zhang & Zhou 2016, "Minimal gated unit for recurrent neural networks".
 *
 * @example
 * const cell = mguCell(10, 15);
 */
export const mguCell = /* @__PURE__ */ builtIn(
  'MGU',
  `
  f  = σ(W_f x + U_f h)
  n  = φ(W_n x + U_n (f * h))
  h' = (1 - f) * h + f * n
  `,
  mguPlan,
);
