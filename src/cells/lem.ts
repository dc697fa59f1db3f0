import { builtIn } from './define.js';
import { lemPlan } from './plans.js';

/**
 * Long expressive memory: two states with learned time steps a and b, at most `dt`. State
 * `{ h, c }` (the paper's y and z); rows a b c h.
 *
 * Rusch, Mishra, Erichson & Mahoney 2022, "Long expressive memory for sequence modeling".
 *
 * @example
 * const cell = lemCell(10, 15, { dt: 0.5 });
 */
export const lemCell = /* @__PURE__ */ builtIn(
  'LEM',
  `
  a  = dt * σ(W_a x + U_a h)
  b  = dt * σ(W_b x + U_b h)
  c' = (1 - a) * c + a * φ(W_c x + U_c h)
  h' = (1 - b) * h + b * φ(W_h x + U_h c')
  `,
  lemPlan,
  { constants: { dt: 1 } },
);
