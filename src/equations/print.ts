import { mismatch } from '../errors.js';
import { type ActivationName, activationText } from './activations.js';
import { type AnyCell, equationSpec } from './cell.js';
import type { Equation, Expression } from './parse.js';
import type { EquationSpec } from './spec.js';

/** How equations are printed. */
export type EquationFormat = 'text' | 'latex';

/**
 * A cell's equations as one line each: 'text' as they are written in its source, with the
 * activations that this cell has in place of the slots, or 'latex' as a paper prints them, with
 * time indices and biases (an `aligned` environment).
 *
 * Throws a RecurError for a model that is not one cell made of equations.
 *
 * @example
 * equations(rnnCell(10, 5)); // h' = tanh(W_h x + U_h h)
 */
export function equations(cell: AnyCell, format: EquationFormat = 'text'): string {
  const spec = equationSpec('equations', cell);
  const printers = { text: textPrinter(spec), latex: latexPrinter(spec) };
  if (!Object.hasOwn(printers, format))
    throw mismatch('equations', "'text' or 'latex'", `'${format}'`);
  return printers[format](spec.definition.equations);
}

interface Notation {
  number(value: number): string;
  name(name: string, next: boolean): string;
  map(matrix: string, row: string, argument: string, simple: boolean): string;
  call(slot: string, argument: string): string;
  /** True where a map in a product needs brackets. */
  isSum(matrix: string, row: string): boolean;
  /** True where a call prints as its argument: the identity. */
  isBare(slot: string): boolean;
  readonly times: string;
  group(inner: string): string;
}

/** How tightly each kind of expression binds. */
const strength = {
  add: 1,
  subtract: 1,
  multiply: 2,
  negate: 3,
  number: 4,
  name: 4,
  map: 4,
  call: 4,
};

function write(notation: Notation, expression: Expression): string {
  const inner = (part: Expression, least: number): string => {
    if (part.kind === 'call' && notation.isBare(part.name)) return inner(part.of, least);
    const text = write(notation, part);
    const sum = part.kind === 'map' && notation.isSum(part.matrix, part.row);
    return (sum ? strength.add : strength[part.kind]) < least ? notation.group(text) : text;
  };
  switch (expression.kind) {
    case 'number':
      return notation.number(expression.value);
    case 'name':
      return notation.name(expression.name, expression.next);
    case 'map': {
      const { of, matrix, row } = expression;
      return notation.map(matrix, row, write(notation, of), of.kind === 'name');
    }
    case 'call':
      return notation.call(expression.name, write(notation, expression.of));
    case 'negate':
      return `-${inner(expression.of, 3)}`;
    case 'add': {
      // A sum within a sum keeps its brackets: they say what is rounded first. A map needs none.
      const least = expression.right.kind === 'map' ? 1 : 2;
      return `${inner(expression.left, 1)} + ${inner(expression.right, least)}`;
    }
    case 'subtract':
      return `${inner(expression.left, 1)} - ${inner(expression.right, 2)}`;
    default:
      return `${inner(expression.left, 2)}${notation.times}${inner(expression.right, 3)}`;
  }
}

function textPrinter(spec: EquationSpec) {
  const notation: Notation = {
    number: String,
    name: (name, next) => name + (next ? "'" : ''),
    map: (matrix, row, argument, simple) =>
      `${matrix}${row && `_${row}`} ${simple ? argument : `(${argument})`}`,
    call(slot, argument) {
      const text = activationText(spec.activations[slot]);
      return text === 'identity' ? argument : `${text}(${argument})`;
    },
    isSum: () => true,
    isBare: slot => spec.activations[slot].name === 'identity',
    times: ' * ',
    group: inner => `(${inner})`,
  };
  return (lines: readonly Equation[]) => {
    const left = lines.map(({ name, next }) => notation.name(name, next));
    const width = Math.max(...left.map(name => name.length));
    return lines
      .map(({ value }, i) => `${left[i].padEnd(width)} = ${write(notation, value)}`)
      .join('\n');
  };
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
};

const greek: Readonly<Record<string, string>> = {
  alpha: '\\alpha',
  beta: '\\beta',
  zeta: '\\zeta',
  nu: '\\nu',
  dt: '\\Delta t',
  Δt: '\\Delta t',
};

function latexPrinter(spec: EquationSpec) {
  const { plan } = spec.definition;
  const states = new Set(plan.states.map(({ name }) => name));
  const fixed = new Set([...plan.vectors, ...plan.scalars, ...plan.constants]);
  const isSum = (matrix: string, row: string) => spec.bias && row !== '' && matrix !== 'V';
  const notation: Notation = {
    number: String,
    name(name, next) {
      if (fixed.has(name)) return symbol(name);
      return symbol(name, states.has(name) && !next ? 't-1' : 't');
    },
    map(matrix, row, argument, simple) {
      const weight = row ? `${matrix}_{${row}}` : matrix;
      const product = `${weight} ${simple ? argument : notation.group(argument)}`;
      if (!isSum(matrix, row)) return product;
      return `${product} + ${states.size ? `b_{${matrix}${row}}` : `b_{${row}}`}`;
    },
    call(slot, argument) {
      const { name, alpha, beta } = spec.activations[slot];
      const short = (value: number) => String(Number(value.toPrecision(4)));
      return activationLatex[name]
        .replace('@a', short(alpha))
        .replace('@b', short(beta))
        .replace('#', () => argument);
    },
    isSum,
    isBare: slot => spec.activations[slot].name === 'identity',
    times: ' \\odot ',
    group: inner => `\\left(${inner}\\right)`,
  };
  return (lines: readonly Equation[]) => {
    const rows = lines.map(({ name, value }) => {
      return `${notation.name(name, true)} &= ${write(notation, value)}`;
    });
    return `\\begin{aligned}\n${rows.join(' \\\\\n')}\n\\end{aligned}`;
  };
}

/** `b_z` as b with the subscript z, and the time beside it. */
function symbol(name: string, time?: string): string {
  const [base, ...rest] = name.split('_');
  const head = greek[base] ?? (base.length === 1 ? base : `\\mathrm{${base}}`);
  const subscript = [...rest, ...(time ? [time] : [])].join(',');
  return subscript ? `${head}_{${subscript}}` : head;
}
