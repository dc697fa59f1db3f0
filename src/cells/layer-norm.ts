import { mean } from '../graph/reductions.js';
import { sameSize } from './define.js';
import { layerNormPlan } from './plans.js';

/**
 * Layer normalisation over the features of a step: no state. Params `weight` and `bias`, both
 * `[size]`; `epsilon`, 1e-5 by default (Keras: 1e-3), is added to the variance.
 *
 * Ba, Kiros & Hinton 2016, "Layer normalization".
 *
 * @example
 * const cell = layerNormCell(2, { epsilon: 0 });
 * cell(undefined, [1, 5])[1]; // → Float32Array(2) [ -1, 1 ]
 */
export const layerNormCell = /* @__PURE__ */ sameSize(
  'LayerNorm',
  `
  d = x - mean(x)
  y = d * reciprocal(sqrt(mean(d * d) + epsilon)) * weight + bias
  `,
  layerNormPlan,
  { vectors: { weight: 1, bias: 0 }, constants: { epsilon: 1e-5 } },
  { mean },
);
