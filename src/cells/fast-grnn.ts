import { builtIn } from './define.js';
import { fastGrnnPlan } from './plans.js';

/**
 * A gated unit whose gate and candidate share W and U and differ by bias, b_z and b_n `[hidden]`;
 * zeta and nu as they stand before the sigmoid (EdgeML's form). State `h` `[hidden]`.
 *
 * Kusupati, Singh, Bhatia, Kumar, Jain & Varma 2018, "FastGRNN: a fast, accurate,
 * stable and tiny kilobyte sized gated recurrent neural network".
 *
 * @example
 * const cell = fastGrnnCell(10, 15);
 */
export const fastGrnnCell = /* @__PURE__ */ builtIn(
  'FastGRNN',
  `
  m  = W x + U h
  z  = σ(m + b_z)
  n  = φ(m + b_n)
  h' = (sigmoid(zeta) * (1 - z) + sigmoid(nu)) * n + z * h
  `,
  fastGrnnPlan,
  { vectors: { b_z: 1, b_n: 1 }, scalars: { zeta: 1, nu: -4 } },
);
