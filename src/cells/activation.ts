import { demand } from '../errors.js';
import type { Activation } from '../graph/activations.js';
import type { Cell } from '../streams/cell.js';
import type { Params, SameForm } from '../streams/forms.js';
import { type SameSizeConstructor, sameSize } from './define.js';
import { absPlan, activationPlan, seluPlan, siluPlan, squarePlan } from './plans.js';

const elementwise = /* @__PURE__ */ sameSize('Activation', 'y = φ(x)', activationPlan);

/** Functions that are made of activations. */
const composed: Readonly<Record<ComposedName, SameSizeConstructor>> = /* @__PURE__ */ (() => ({
  abs: sameSize('Abs', 'y = relu(x) + relu(-x)', absPlan),
  relu6: (size: never) => elementwise(size, { activation: 'relu', clip: 6 }),
  /** Klambauer et al. 2017, "Self-normalizing neural networks". */
  selu: sameSize('SELU', 'y = scale * elu(x)', seluPlan, {
    constants: { scale: 1.0507009873554805 },
    activations: { elu: { name: 'elu', alpha: 1.6732632423543772 } },
  }),
  /** Also called swish: Elfwing, Uchibe & Doya 2018. */
  silu: sameSize('SiLU', 'y = x * sigmoid(x)', siluPlan),
  square: sameSize('Square', 'y = x * x', squarePlan),
}))() as never;

/** A function of one number that is no activation slot's, but a layer's. */
export type ComposedName = 'abs' | 'relu6' | 'selu' | 'silu' | 'square';

/**
 * An activation as a layer of its own, element by element: no state, no parameters. Any activation
 * by its name or with its parameters, and 'abs', 'relu6', 'selu', 'silu' and 'square'.
 *
 * Throws a RecurError for another name.
 *
 * @example
 * activationCell(2, 'relu')(undefined, [4, -4])[1]; // → Float32Array(2) [ 4, 0 ]
 */
export function activationCell<const N extends number>(
  size: N,
  activation: Activation | ComposedName,
): Cell<undefined, N, N, SameForm, Params> {
  demand(activation !== undefined, 'activation', 'the name of an activation', activation);
  const own = Object.hasOwn(composed, activation as string);
  if (own) return composed[activation as ComposedName](size);
  return elementwise(size, { activation: activation as Exclude<Activation, ComposedName> });
}
