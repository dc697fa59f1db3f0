import { builtIn } from './define.js';
import { densePlan } from './plans.js';

/**
 * Fully connected layer: no state; params `weight` `[out, in]` and `bias` `[out]`. Default
 * activation identity.
 *
 * @example
 * const cell = denseCell(15, 5, { activation: 'relu' });
 * const [, y] = cell(undefined, new Float32Array(15));
 * y.length; // → 5
 */
export const denseCell = /* @__PURE__ */ builtIn(
  'Dense',
  `
  y = φ(W_y x)
  `,
  densePlan,
  { activations: { φ: 'identity' } },
);
