import { builtIn } from './define.js';
import { liGruPlan } from './plans.js';

/**
 * Light GRU: no reset gate, a relu candidate. State `h` `[hidden]`; gates z n. The paper's batch
 * normalisation of `W x` is a scale and a shift once trained: fold it into weightIh and biasIh.
 *
 * Ravanelli, Brakel, Omologo & Bengio 2018, "Light gated recurrent units for speech recognition".
 *
 * @example
 * const cell = liGruCell(10, 15);
 */
export const liGruCell = /* @__PURE__ */ builtIn(
  'LiGRU',
  `
  z  = σ(W_z x + U_z h)
  n  = φ(W_n x + U_n h)
  h' = z * h + (1 - z) * n
  `,
  liGruPlan,
  { activations: { φ: 'relu' } },
);
