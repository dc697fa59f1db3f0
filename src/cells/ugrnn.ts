import { builtIn } from './define.js';
import { ugrnnPlan } from './plans.js';

/**
 * Update-gate recurrent network: one gate between the old state and a candidate. State `h`
 * `[hidden]`; gates n g.
 *
 * Collins, Sohl-Dickstein & Sussillo 2017, "Capacity and trainability in recurrent neural
 * networks".
 *
 * @example
 * const cell = ugrnnCell(10, 15);
 */
export const ugrnnCell = /* @__PURE__ */ builtIn(
  'UGRNN',
  `
  n  = φ(W_n x + U_n h)
  g  = σ(W_g x + U_g h)
  h' = g * h + (1 - g) * n
  `,
  ugrnnPlan,
);
