import { builtIn } from './define.js';
import { fastRnnPlan } from './plans.js';

/**
 * A simple RNN with a learned residual connection of two numbers, alpha and beta, as they stand
 * before the sigmoid (EdgeML's form). State `h` `[hidden]`.
 *
 * Kusupati, Singh, Bhatia, Kumar, Jain & Varma 2018, "FastGRNN: a fast, accurate,
 * stable and tiny kilobyte sized gated recurrent neural network".
 *
 * @example
 * const cell = fastRnnCell(10, 15);
 */
export const fastRnnCell = /* @__PURE__ */ builtIn(
  'FastRNN',
  `
  n  = φ(W_n x + U_n h)
  h' = sigmoid(alpha) * n + sigmoid(beta) * h
  `,
  fastRnnPlan,
  { scalars: { alpha: -3, beta: 3 } },
);
