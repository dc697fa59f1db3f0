import type { ActivationName, ResolvedActivation } from './activations.js';

/**
 * The derivative of each activation, in the language of cells: of its argument `x` and its value
 * `y`, whichever is at hand, and of its parameters. At a kink it is PyTorch's choice. `step(x)` is
 * 1 where x > 0, else 0.
 */
export const derivatives: Readonly<Record<ActivationName, string>> = {
  identity: '1',
  tanh: '1 - y * y',
  sigmoid: 'y * (1 - y)',
  relu: 'step(y)',
  hardSigmoid: 'alpha * step(y) * step(1 - y)',
  hardSigmoid6: 'alpha * step(y) * step(1 - y)',
  softsign: '(1 + y - 2 * y * step(y)) * (1 + y - 2 * y * step(y))',
  softplus: 'sigmoid(x)',
  elu: 'step(y) + (1 - step(y)) * (y + alpha)',
  leakyRelu: 'alpha + (1 - alpha) * step(x)',
  thresholdedRelu: 'step(x - alpha)',
  scaledTanh: 'alpha * beta * (1 - tanh(beta * x) * tanh(beta * x))',
  affine: 'alpha',
  exp: 'y',
  sqrt: '0.5 * reciprocal(y)',
  reciprocal: '-y * y',
};

/** `step` by what there is: 1 for all float32 numbers above 0 but subnormal ones. */
export const stepActivation: ResolvedActivation = { name: 'hardSigmoid', alpha: 3e38, beta: 0 };
