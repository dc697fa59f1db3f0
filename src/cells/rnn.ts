import { builtIn } from './define.js';
import { rnnPlan } from './plans.js';

/**
 * Simple recurrent unit, as PyTorch's `RNN` and Keras's `SimpleRNN`; any activation. State `h`
 * `[hidden]`.
 *
 * Elman 1990, "Finding structure in time".
 *
 * @example
 * const cell = rnnCell(10, 5, { activation: 'relu' });
 */
export const rnnCell = /* @__PURE__ */ builtIn(
  'RNN',
  `
  h' = φ(W_h x + U_h h)
  `,
  rnnPlan,
);
