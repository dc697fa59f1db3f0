import { builtIn } from './define.js';
import { indRnnPlan } from './plans.js';

/**
 * Independently recurrent network: each unit sees only itself, through the vector u `[hidden]`,
 * which starts at 1. State `h` `[hidden]`.
 *
 * Li, Li, Cook, Zhu & Gao 2018, "Independently recurrent neural network (IndRNN): building a longer
 * and deeper RNN".
 *
 * @example
 * const cell = indRnnCell(10, 15);
 */
export const indRnnCell = /* @__PURE__ */ builtIn(
  'IndRNN',
  `
  h' = φ(W_h x + u * h)
  `,
  indRnnPlan,
  { vectors: { u: 1 }, activations: { φ: 'relu' } },
);
