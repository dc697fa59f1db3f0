import { sameSize } from '../cells/define.js';
import { erfPlan } from '../cells/plans.js';

/**
 * The error function of x: x · P(x²) / Q(x²), bounded by ±1. Its worst relative error is 7e-7, in
 * double precision 7e-8 (test/io/onnx/functions.test.ts). Coefficients as in Eigen 3.4.
 */
export const erfText = `
  c = 8 * (eighth(x) - eighth(-x))
  s = c * c
  p = 2.77068142495902e-8 - s * 2.72614225801306e-10
  q = p * s - 2.10102402082508e-6
  r = (q * s - 5.69250639462346e-5) * s - 7.34990630306855e-4
  t = (r * s - 2.95459980854025e-3) * s - 1.60960333262415e-2
  k = 1.45660718464996e-5 * s + 2.13374055278905e-4
  m = ((k * s + 1.68282697438203e-3) * s + 7.37332916720468e-3) * s + 1.42647390514189e-2
  v = -c * t * reciprocal(m)
  y = one(v) - one(-v)
  `;

/** The activations that it calls by names of its own. */
export const erfActivations = {
  eighth: { name: 'hardSigmoid', alpha: 0.125, beta: 0 },
  one: { name: 'hardSigmoid', alpha: 1, beta: 0 },
} as const;

/** The error function of each number. */
export const erfCell = /* @__PURE__ */ sameSize('Erf', erfText, erfPlan, {
  activations: erfActivations,
});
