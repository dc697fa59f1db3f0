import { checkNames, describe, mismatch } from '../errors.js';
import { sigmoid, tanh } from '../kernels/exp.js';

/** An elementwise function, by name or with its parameters: `'tanh'`, `{ name: 'elu', alpha: 0.5 }`. */
export type Activation =
  | ActivationName
  | { readonly name: ActivationName; readonly alpha?: number; readonly beta?: number };

/** An activation with its parameters filled in. */
export interface ResolvedActivation {
  readonly name: ActivationName;
  readonly alpha: number;
  readonly beta: number;
}

/** v[from … to) ← f(v[from … to)), where f may have the parameters alpha and beta. */
type Apply = (v: Float64Array, from: number, to: number, alpha: number, beta: number) => void;

interface Entry {
  /** Defaults, as in ONNX's operator of that name; absent where f has no such parameter. */
  readonly alpha?: number;
  readonly beta?: number;
  readonly apply: Apply;
}

const hardSigmoid: Apply = (v, from, to, alpha, beta) => {
  for (let i = from; i < to; i++) v[i] = Math.min(1, Math.max(0, alpha * v[i] + beta));
};

/** Every activation once, as the loop that runs it (a loop each, so that none boxes its numbers). */
const table = {
  identity: {
    apply: () => {},
  },
  tanh: {
    apply: tanh,
  },
  sigmoid: {
    apply: sigmoid,
  },
  relu: {
    apply: (v, from, to) => {
      for (let i = from; i < to; i++) v[i] = Math.max(0, v[i]);
    },
  },
  /** clip(0.2 x + 0.5): Keras 2, tfjs, ONNX. */
  hardSigmoid: {
    alpha: 0.2,
    beta: 0.5,
    apply: hardSigmoid,
  },
  /** clip(x / 6 + 0.5): Keras 3, PyTorch. */
  hardSigmoid6: {
    alpha: 1 / 6,
    beta: 0.5,
    apply: hardSigmoid,
  },
  softsign: {
    apply: (v, from, to) => {
      for (let i = from; i < to; i++) v[i] = v[i] / (1 + Math.abs(v[i]));
    },
  },
  softplus: {
    apply: (v, from, to) => {
      for (let i = from; i < to; i++) {
        v[i] = Math.max(0, v[i]) + Math.log1p(Math.exp(-Math.abs(v[i])));
      }
    },
  },
  elu: {
    alpha: 1,
    apply: (v, from, to, alpha) => {
      for (let i = from; i < to; i++) if (v[i] < 0) v[i] = alpha * Math.expm1(v[i]);
    },
  },
  leakyRelu: {
    alpha: 0.01,
    apply: (v, from, to, alpha) => {
      for (let i = from; i < to; i++) if (v[i] < 0) v[i] *= alpha;
    },
  },
  thresholdedRelu: {
    alpha: 1,
    apply: (v, from, to, alpha) => {
      for (let i = from; i < to; i++) if (v[i] <= alpha) v[i] = 0;
    },
  },
  scaledTanh: {
    alpha: 1,
    beta: 1,
    apply: (v, from, to, alpha, beta) => {
      for (let i = from; i < to; i++) v[i] = alpha * Math.tanh(beta * v[i]);
    },
  },
  affine: {
    alpha: 1,
    beta: 0,
    apply: (v, from, to, alpha, beta) => {
      for (let i = from; i < to; i++) v[i] = alpha * v[i] + beta;
    },
  },
  exp: {
    apply: (v, from, to) => {
      for (let i = from; i < to; i++) v[i] = Math.exp(v[i]);
    },
  },
} satisfies Record<string, Entry>;

export type ActivationName = keyof typeof table;

/** The names an activation may have. */
export const activationNames = Object.keys(table) as readonly ActivationName[];

export function isActivationName(name: unknown): name is ActivationName {
  return typeof name === 'string' && Object.hasOwn(table, name);
}

/** What the library knows of an activation: its loop, which parameters it has. */
export function activationEntry(name: ActivationName): Entry {
  return table[name];
}

/** Fills in the parameters; throws a RecurError that lists the names when there is none such. */
export function resolveActivation(where: string, given: Activation): ResolvedActivation {
  const asked = typeof given === 'object' && given !== null ? given : { name: given };
  if (!isActivationName(asked.name)) {
    throw mismatch(where, `one of ${activationNames.join(', ')}`, describe(asked.name));
  }
  const entry = activationEntry(asked.name);
  const parameters = ['alpha', 'beta'].filter(p => Object.hasOwn(entry, p));
  checkNames(where, asked, ['name', ...parameters]);
  const { alpha = entry.alpha ?? 0, beta = entry.beta ?? 0 } = asked;
  for (const value of [alpha, beta]) {
    if (!Number.isFinite(value)) throw mismatch(where, 'finite alpha and beta', describe(value));
  }
  return { name: asked.name, alpha, beta };
}

/** `tanh`, or `elu(alpha=0.5)` where a parameter is not the default. */
export function activationText({ name, alpha, beta }: ResolvedActivation): string {
  const entry = activationEntry(name);
  const given = [
    ...(alpha === (entry.alpha ?? 0) ? [] : [`alpha=${alpha}`]),
    ...(beta === (entry.beta ?? 0) ? [] : [`beta=${beta}`]),
  ];
  return given.length ? `${name}(${given.join(', ')})` : name;
}
