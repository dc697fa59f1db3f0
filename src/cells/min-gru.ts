import { builtIn } from './define.js';
import { minGruPlan } from './plans.js';

/**
 * Minimal GRU: gate and candidate see the input only, so training runs in parallel; there is no
 * weightHh. State `h` `[hidden]`; rows z n.
 *
 * Feng, Tung, Ahmed, Bengio & Hajimirsadeghi 2024, "Were RNNs all we needed?".
 *
 * @example
 * const cell = minGruCell(10, 15);
 */
export const minGruCell = /* @__PURE__ */ builtIn(
  'MinGRU',
  `
  z  = σ(W_z x)
  n  = W_n x
  h' = (1 - z) * h + z * n
  `,
  minGruPlan,
);
