import { builtIn } from './define.js';
import { starPlan } from './plans.js';

/**
 * Stackable recurrent cell: made so that gradients keep their size through depth. State `h`
 * `[hidden]`; rows z k of weightIh, k of weightHh.
 *
 * Turkoglu, D'Aronco, Wegner & Schindler 2021, "Gating revisited: deep multi-layer RNNs
 * that can be trained".
 *
 * @example
 * const cell = starCell(10, 15);
 */
export const starCell = /* @__PURE__ */ builtIn(
  'STAR',
  `
  z  = φ(W_z x)
  k  = σ(W_k x + U_k h)
  h' = ψ((1 - k) * h + k * z)
  `,
  starPlan,
);
