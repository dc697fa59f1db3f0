import { checkNames, demand, describe, mismatch } from '../errors.js';
import { vectorActivations } from '../kernels/wasm/activations.js';

/**
 * An elementwise function, by name or with its parameters: `'tanh'`, `{ name: 'elu', alpha: 0.5 }`.
 */
export type Activation =
  | ActivationName
  | { readonly name: ActivationName; readonly alpha?: number; readonly beta?: number };

/** An activation with its parameters filled in. */
export interface ResolvedActivation {
  readonly name: ActivationName;
  readonly alpha: number;
  readonly beta: number;
}

/** The parameters that some have, and their defaults, as in ONNX's operator of that name. */
const defaults: Readonly<Record<string, ActivationParameters>> = {
  /** clip(0.2 x + 0.5): Keras 2, tfjs, ONNX. */
  hardSigmoid: { alpha: 0.2, beta: 0.5 },
  /** clip(x / 6 + 0.5): Keras 3, PyTorch. */
  hardSigmoid6: { alpha: 1 / 6, beta: 0.5 },
  elu: { alpha: 1 },
  leakyRelu: { alpha: 0.01 },
  thresholdedRelu: { alpha: 1 },
  scaledTanh: { alpha: 1, beta: 1 },
  affine: { alpha: 1, beta: 0 },
};

interface ActivationParameters {
  readonly alpha?: number;
  readonly beta?: number;
}

/** The name of an activation; the page of cells lists them with their formulas. */
export type ActivationName = keyof typeof vectorActivations;

/** The names an activation may have. */
export const activationNames = /* @__PURE__ */ Object.keys(
  vectorActivations,
) as readonly ActivationName[];

export function isActivationName(name: unknown): name is ActivationName {
  return typeof name === 'string' && Object.hasOwn(vectorActivations, name);
}

/** The parameters of an activation, with their defaults. */
export function activationParameters(name: ActivationName): ActivationParameters {
  return defaults[name] ?? {};
}

/** Fills in the parameters; throws a RecurError that lists the names when there is none such. */
export function resolveActivation(where: string, given: Activation): ResolvedActivation {
  const asked = typeof given === 'object' && given !== null ? given : { name: given };
  if (!isActivationName(asked.name)) {
    throw mismatch(where, `one of ${activationNames.join(', ')}`, describe(asked.name));
  }
  const usual = activationParameters(asked.name);
  checkNames(where, asked, ['name', ...Object.keys(usual)]);
  const { alpha = usual.alpha ?? 0, beta = usual.beta ?? 0 } = asked;
  for (const value of [alpha, beta]) {
    demand(Number.isFinite(value), where, 'finite alpha and beta', value);
  }
  return { name: asked.name, alpha, beta };
}

/** `tanh`, or `elu(alpha=0.5)` where a parameter is not the default. */
export function activationText({ name, ...parameters }: ResolvedActivation): string {
  const usual = activationParameters(name);
  const changed = (['alpha', 'beta'] as const).flatMap(p =>
    parameters[p] === (usual[p] ?? 0) ? [] : `${p}=${parameters[p]}`,
  );
  return changed.length ? `${name}(${changed.join(', ')})` : name;
}
