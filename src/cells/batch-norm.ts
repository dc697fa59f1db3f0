import { sameSize } from './define.js';
import { batchNormPlan } from './plans.js';

/**
 * Batch normalisation with the statistics that training left, element by element: no state. Params
 * `weight`, `bias`, `runningMean` and `runningVar`, all `[size]`; `epsilon`, 1e-5 by default
 * (Keras: 1e-3), is added to the variance.
 *
 * Ioffe & Szegedy 2015, "Batch normalization: accelerating deep network training by reducing
 * internal covariate shift".
 *
 * @example
 * const cell = batchNormCell(2, {
 *   params: { weight: [1, 2], bias: [0, 1], runningMean: [1, 1], runningVar: [4, 4] },
 *   epsilon: 0,
 * });
 * cell(undefined, [3, 3])[1]; // → Float32Array(2) [ 1, 3 ]
 */
export const batchNormCell = /* @__PURE__ */ sameSize(
  'BatchNorm',
  `
  y = (x - runningMean) * reciprocal(sqrt(runningVar + epsilon)) * weight + bias
  `,
  batchNormPlan,
  {
    vectors: { weight: 1, bias: 0, runningMean: 0, runningVar: 1 },
    statistics: ['runningMean', 'runningVar'],
    constants: { epsilon: 1e-5 },
  },
);
