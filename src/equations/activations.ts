import { checkNames, demand, describe, mismatch } from '../errors.js';

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
  readonly apply: Apply;
  /** Defaults, as in ONNX's operator of that name; absent where f has no such parameter. */
  readonly alpha?: number;
  readonly beta?: number;
}

const hardSigmoid: Apply = (v, from, to, alpha, beta) => {
  for (let i = from; i < to; i++) v[i] = Math.min(1, Math.max(0, alpha * v[i] + beta));
};

/** Every activation once, as the loop that runs it (a loop each, so that none boxes its numbers). */
const table = {
  identity: { apply() {} },
  tanh: {
    apply(v, from, to) {
      for (let i = from; i < to; i++) v[i] = Math.tanh(v[i]);
    },
  },
  sigmoid: {
    apply(v, from, to) {
      for (let i = from; i < to; i++) v[i] = 1 / (1 + Math.exp(-v[i]));
    },
  },
  relu: {
    apply(v, from, to) {
      for (let i = from; i < to; i++) v[i] = Math.max(0, v[i]);
    },
  },
  /** clip(0.2 x + 0.5): Keras 2, tfjs, ONNX. */
  hardSigmoid: { apply: hardSigmoid, alpha: 0.2, beta: 0.5 },
  /** clip(x / 6 + 0.5): Keras 3, PyTorch. */
  hardSigmoid6: { apply: hardSigmoid, alpha: 1 / 6, beta: 0.5 },
  softsign: {
    apply(v, from, to) {
      for (let i = from; i < to; i++) v[i] /= 1 + Math.abs(v[i]);
    },
  },
  softplus: {
    apply(v, from, to) {
      for (let i = from; i < to; i++) {
        v[i] = Math.max(0, v[i]) + Math.log1p(Math.exp(-Math.abs(v[i])));
      }
    },
  },
  elu: {
    apply(v, from, to, alpha) {
      for (let i = from; i < to; i++) if (v[i] < 0) v[i] = alpha * Math.expm1(v[i]);
    },
    alpha: 1,
  },
  leakyRelu: {
    apply(v, from, to, alpha) {
      for (let i = from; i < to; i++) if (v[i] < 0) v[i] *= alpha;
    },
    alpha: 0.01,
  },
  thresholdedRelu: {
    apply(v, from, to, alpha) {
      for (let i = from; i < to; i++) if (v[i] <= alpha) v[i] = 0;
    },
    alpha: 1,
  },
  scaledTanh: {
    apply(v, from, to, alpha, beta) {
      for (let i = from; i < to; i++) v[i] = alpha * Math.tanh(beta * v[i]);
    },
    alpha: 1,
    beta: 1,
  },
  affine: {
    apply(v, from, to, alpha, beta) {
      for (let i = from; i < to; i++) v[i] = alpha * v[i] + beta;
    },
    alpha: 1,
    beta: 0,
  },
  exp: {
    apply(v, from, to) {
      for (let i = from; i < to; i++) v[i] = Math.exp(v[i]);
    },
  },
  sqrt: {
    apply(v, from, to) {
      for (let i = from; i < to; i++) v[i] = Math.sqrt(v[i]);
    },
  },
  reciprocal: {
    apply(v, from, to) {
      for (let i = from; i < to; i++) v[i] = 1 / v[i];
    },
  },
} satisfies Record<string, Entry>;

/** The name of an activation; the page of cells lists them with their formulas. */
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
    demand(Number.isFinite(value), where, 'finite alpha and beta', value);
  }
  return { name: asked.name, alpha, beta };
}

/** `tanh`, or `elu(alpha=0.5)` where a parameter is not the default. */
export function activationText({ name, ...parameters }: ResolvedActivation): string {
  const entry = activationEntry(name);
  const given = (['alpha', 'beta'] as const).flatMap(p =>
    parameters[p] === (entry[p] ?? 0) ? [] : `${p}=${parameters[p]}`,
  );
  return given.length ? `${name}(${given.join(', ')})` : name;
}
