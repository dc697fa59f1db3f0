import type { ComposedName } from '../../cells/activation.js';
import type { Activation } from '../../graph/activations.js';
import { ensure } from './flow.js';
import { floatOf, type Node } from './graph.js';

/** Functions of one number, as activations. */
const functions: Readonly<Record<string, (node: Node, set: number) => Activation | ComposedName>> =
  {
    Relu: () => 'relu',
    Sigmoid: () => 'sigmoid',
    Tanh: () => 'tanh',
    Softplus: () => 'softplus',
    Softsign: () => 'softsign',
    Exp: () => 'exp',
    Sqrt: () => 'sqrt',
    Abs: () => 'abs',
    Reciprocal: () => 'reciprocal',
    Neg: () => ({ name: 'affine', alpha: -1, beta: 0 }),
    LeakyRelu: node => ({ name: 'leakyRelu', alpha: floatOf(node, 'alpha', 0.01) }),
    Elu: node => ({ name: 'elu', alpha: floatOf(node, 'alpha', 1) }),
    ThresholdedRelu: node => ({ name: 'thresholdedRelu', alpha: floatOf(node, 'alpha', 1) }),
    HardSigmoid: node => ({
      name: 'hardSigmoid',
      alpha: floatOf(node, 'alpha', 0.2),
      beta: floatOf(node, 'beta', 0.5),
    }),
    Selu: (node, set) => {
      // Operator set 1 had fewer digits.
      const alpha = floatOf(node, 'alpha', set < 6 ? 1.6732 : 1.6732632);
      const gamma = floatOf(node, 'gamma', set < 6 ? 1.0507 : 1.050701);
      const isUsual = Math.abs(alpha - 1.6732632) < 1e-6 && Math.abs(gamma - 1.050701) < 1e-6;
      ensure(isUsual, `alpha ${alpha} and gamma ${gamma}, not those of Selu`);
      return 'selu';
    },
  };

/** The activation, or the layer's function, that an operator of one number is. */
export const functionOf: {
  (node: Node, set: number): Activation | ComposedName;
  readonly names: readonly string[];
} = /* @__PURE__ */ Object.assign(
  (node: Node, set: number) => functions[node.operator](node, set),
  { names: Object.keys(functions) },
);
