import { type ActivationName, activationText } from './activations.js';
import { read } from './parse.js';
import { isReduction, type ReductionName } from './reductions.js';
import type { EquationSpec } from './spec.js';

/** How equations are printed: as plain text, or as LaTeX. */
export type EquationFormat = 'text' | 'latex';

/** How a format writes what an equation is made of. */
interface Notation {
  name(name: string, next: boolean): string;
  /** `simple`: the argument is a name. */
  map(matrix: string, row: string, argument: string, simple: boolean): string;
  call(slot: string, argument: string): string;
  /** True where a map in a product needs brackets. */
  isSum(matrix: string, row: string): boolean;
  readonly times: string;
  group(inner: string): string;
}

/** A printed expression and how tightly it binds: 1 a sum, 2 a product, 3 a sign, 4 the rest. */
interface Printed {
  readonly text: string;
  readonly strength: number;
  readonly simple?: boolean;
  readonly isMap?: boolean;
}

/** The two sides of each line of a cell's text. */
function sides({ definition, activations }: EquationSpec, notation: Notation) {
  const lines: [left: string, right: string][] = [];
  const within = (least: number, { text, strength }: Printed) =>
    strength < least ? notation.group(text) : text;
  read<Printed>(definition.text, {
    number: value => ({ text: String(value), strength: 4 }),
    name: (name, next) => ({ text: notation.name(name, next), strength: 4, simple: true }),
    map(matrix, row, { text, simple = false }) {
      const strength = notation.isSum(matrix, row) ? 1 : 4;
      return { text: notation.map(matrix, row, text, simple), strength, isMap: true };
    },
    call(slot, argument) {
      if (activations[slot]?.name === 'identity') return argument;
      return { text: notation.call(slot, argument.text), strength: 4 };
    },
    negate: operand => ({ text: `-${within(3, operand)}`, strength: 3 }),
    binary(op, left, right) {
      if (op === 'multiply') {
        return { text: within(2, left) + notation.times + within(3, right), strength: 2 };
      }
      const sign = op === 'add' ? ' + ' : ' - ';
      // A map with its bias is a sum, but after a plus it needs no brackets.
      const bare = op === 'add' && right.isMap === true;
      return { text: within(1, left) + sign + within(bare ? 1 : 2, right), strength: 1 };
    },
    line: (name, next, { text }) => void lines.push([notation.name(name, next), text]),
  });
  return lines;
}

export function printText(spec: EquationSpec): string {
  const lines = sides(spec, {
    name: (name, next) => name + (next ? "'" : ''),
    map: (matrix, row, argument, simple) =>
      `${matrix}${row && `_${row}`} ${simple ? argument : `(${argument})`}`,
    call: (slot, argument) =>
      `${isReduction(slot) ? slot : activationText(spec.activations[slot])}(${argument})`,
    isSum: () => true,
    times: ' * ',
    group: inner => `(${inner})`,
  });
  const width = Math.max(...lines.map(([left]) => left.length));
  return lines.map(([left, right]) => `${left.padEnd(width)} = ${right}`).join('\n');
}

/** `#` stands for the argument, `@a` and `@b` for alpha and beta. */
const activationLatex: Readonly<Record<ActivationName, string>> = {
  identity: '#',
  tanh: '\\tanh\\left(#\\right)',
  sigmoid: '\\sigma\\left(#\\right)',
  relu: '\\max\\left(0, #\\right)',
  hardSigmoid: '\\operatorname{clip}_{[0,1]}\\left(@a \\left(#\\right) + @b\\right)',
  hardSigmoid6: '\\operatorname{clip}_{[0,1]}\\left(@a \\left(#\\right) + @b\\right)',
  softsign: '\\operatorname{softsign}\\left(#\\right)',
  softplus: '\\ln\\left(1 + \\exp\\left(#\\right)\\right)',
  elu: '\\operatorname{elu}_{@a}\\left(#\\right)',
  leakyRelu: '\\operatorname{leakyrelu}_{@a}\\left(#\\right)',
  thresholdedRelu: '\\operatorname{thresholdedrelu}_{@a}\\left(#\\right)',
  scaledTanh: '@a \\tanh\\left(@b \\left(#\\right)\\right)',
  affine: '\\left(@a \\left(#\\right) + @b\\right)',
  exp: '\\exp\\left(#\\right)',
  sqrt: '\\sqrt{#}',
  reciprocal: '\\frac{1}{#}',
};

const reductionLatex: Readonly<Record<ReductionName, string>> = {
  sum: '\\sum',
  mean: '\\operatorname{mean}',
  max: '\\max',
};

const greek: Readonly<Record<string, string>> = {
  alpha: '\\alpha',
  beta: '\\beta',
  zeta: '\\zeta',
  nu: '\\nu',
  dt: '\\Delta t',
  Δt: '\\Delta t',
};

export function printLatex(spec: EquationSpec): string {
  const { plan } = spec.definition;
  const states = new Set(plan.states.map(({ name }) => name));
  const fixed = new Set([...plan.vectors, ...plan.scalars, ...plan.constants]);
  const isSum = (matrix: string, row: string) => spec.bias && row !== '' && matrix !== 'V';
  const group = (inner: string) => `\\left(${inner}\\right)`;
  const lines = sides(spec, {
    name(name, next) {
      if (fixed.has(name)) return symbol(name);
      return symbol(name, states.has(name) && !next ? 't-1' : 't');
    },
    map(matrix, row, argument, simple) {
      const weight = row ? `${matrix}_{${row}}` : matrix;
      const product = `${weight} ${simple ? argument : group(argument)}`;
      if (!isSum(matrix, row)) return product;
      return `${product} + ${states.size ? `b_{${matrix}${row}}` : `b_{${row}}`}`;
    },
    call(slot, argument) {
      if (isReduction(slot)) return `${reductionLatex[slot]}\\left(${argument}\\right)`;
      const { name, alpha, beta } = spec.activations[slot];
      const short = (value: number) => String(Number(value.toPrecision(4)));
      return activationLatex[name]
        .replace('@a', short(alpha))
        .replace('@b', short(beta))
        .replace('#', () => argument);
    },
    isSum,
    times: ' \\odot ',
    group,
  });
  const rows = lines.map(([left, right]) => `${left} &= ${right}`);
  return `\\begin{aligned}\n${rows.join(' \\\\\n')}\n\\end{aligned}`;
}

/** `b_z` as b with the subscript z, and the time beside it. */
function symbol(name: string, time?: string): string {
  const [base, ...rest] = name.split('_');
  const head = greek[base] ?? (base.length === 1 ? base : `\\mathrm{${base}}`);
  const subscript = [...rest, ...(time ? [time] : [])].join(',');
  return subscript ? `${head}_{${subscript}}` : head;
}
