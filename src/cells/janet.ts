import { builtIn } from './define.js';
import { janetPlan } from './plans.js';

/**
 * Just another network: an LSTM with the forget gate only; `beta` lets it forget less than it
 * takes in. State `h` `[hidden]`; gates f n.
 *
 * van der Westhuizen & Lasenby 2018, "The unreasonable effectiveness of the forget gate".
 *
 * @example
 * const cell = janetCell(10, 15, { beta: 0 });
 */
export const janetCell = /* @__PURE__ */ builtIn(
  'JANET',
  `
  s  = W_f x + U_f h
  n  = φ(W_n x + U_n h)
  h' = σ(s) * h + (1 - σ(s - beta)) * n
  `,
  janetPlan,
  { constants: { beta: 1 }, biasIh: { f: 1 } },
);
