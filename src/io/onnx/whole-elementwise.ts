import { sizeOf } from '../../arrays/ndarray.js';
import { defineCell } from '../../cells/define.js';
import type { Activation } from '../../graph/activations.js';
import type { AnyCell } from '../../streams/cell.js';
import { type Constant, parameterOf } from './tensor.js';
import { ensure } from './unfit.js';
import { broadcastDims } from './views.js';
import type { Part, Tensor } from './whole-program.js';
import { dimsOf, spreadTo, type WholeReading } from './whole-reading.js';

/** What is computed of numbers that stand at the same place. */
export type Expression =
  | { readonly op: 'operand'; readonly index: number }
  | { readonly op: 'number'; readonly value: number }
  | { readonly op: 'vector'; readonly values: Float32Array }
  | {
      readonly op: '+' | '-' | '*';
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly op: 'apply'; readonly activation: Activation; readonly of: Expression };

export const number = (value: number): Expression => ({ op: 'number', value });
export const plus = (left: Expression, right: Expression): Expression => ({ op: '+', left, right });
export const minus = (left: Expression, right: Expression): Expression => ({
  op: '-',
  left,
  right,
});
export const times = (left: Expression, right: Expression): Expression => ({
  op: '*',
  left,
  right,
});
export const apply = (activation: Activation, of: Expression): Expression => {
  return { op: 'apply', activation, of };
};

/** A part that computes one number for each place. */
export interface ElementwisePart extends Part {
  readonly expression: Expression;
  /** Of each operand the numbers that it has at each place. */
  readonly operands: readonly Float64Array[];
  readonly clip?: number | undefined;
}

/** Computes one number for each place of what is broadcast to one shape. */
export function elementwise(
  where: string,
  inputs: readonly (Constant | Tensor)[],
  reading: WholeReading,
  expressionOf: (operands: readonly Expression[]) => Expression,
  clip?: number,
): Tensor {
  const { budget, program } = reading;
  const dims = inputs.map(dimsOf).reduce(broadcastDims);
  const count = sizeOf(dims);
  ensure(count > 0, 'a tensor without numbers');
  const operands: Float64Array[] = [];
  const vectors: Float32Array[] = [];
  const leaves = inputs.map((input): Expression => {
    if (input.kind === 'tensor') {
      ensure(!input.isWhole, 'integers that are computed');
      operands.push(spreadTo(input.ids, dims, budget) as Float64Array);
      return { op: 'operand', index: operands.length - 1 };
    }
    const values = input.values();
    if (values.every(v => v === values[0])) return number(values[0]);
    vectors.push(Float32Array.from(spreadTo(input, dims, budget)));
    return { op: 'vector', values: vectors[vectors.length - 1] };
  });
  const { order, place } = places(count, operands, vectors);
  const taken = new Map(vectors.map(values => [values, Float32Array.from(order, i => values[i])]));
  const expression = mapLeaves(expressionOf(leaves), leaf =>
    leaf.op === 'vector' ? { ...leaf, values: taken.get(leaf.values) ?? leaf.values } : leaf,
  );
  const chosen = operands.map(ids => Float64Array.from(order, i => ids[i]));
  const base = program.add(elementwisePart(where, expression, chosen, order.length, clip));
  return program.tensor(
    dims,
    Float64Array.from(place, i => base + i),
  );
}

export function elementwisePart(
  where: string,
  expression: Expression,
  operands: readonly Float64Array[],
  size: number,
  clip?: number,
): ElementwisePart {
  const room = Math.ceil(size / 4) * 4;
  const reads = new Float64Array(operands.length > 1 ? operands.length * room : size);
  for (const [k, ids] of operands.entries()) reads.set(ids, k * room);
  const links = (i: number) => operands.map(ids => ids[i]);
  const make = () => cellOf(expression, operands.length, size, clip);
  return { where, reads, size, make, links, expression, operands, clip };
}

/** A part of numbers that the file holds. */
export function constantPart(values: Float32Array): Part {
  const zeros = new Float64Array(values.length);
  const expression = plus({ op: 'operand', index: 0 }, { op: 'vector', values });
  return { ...elementwisePart('constant', expression, [zeros], values.length), links: () => [] };
}

/**
 * The order in which places are computed: that of the numbers which they are made of, so that these
 * are read where they are; places of the same numbers once.
 */
export function places(
  count: number,
  operands: readonly Float64Array[],
  vectors: readonly Float32Array[],
): { readonly order: readonly number[]; readonly place: readonly number[] } {
  const distinct = operands.map(ids => new Set(ids).size);
  const first = operands[distinct.indexOf(Math.max(...distinct))];
  const keys = [...(first ? [first] : []), ...operands.filter(ids => ids !== first), ...vectors];
  const compare = (i: number, k: number) => {
    for (const key of keys) if (key[i] !== key[k]) return key[i] - key[k];
    return 0;
  };
  const all = Array.from({ length: count }, (_, i) => i);
  const isSorted = first?.every((id, i) => i === 0 || id > first[i - 1]);
  if (!isSorted) all.sort((i, k) => compare(i, k) || i - k);
  const order: number[] = [];
  const place = new Array<number>(count);
  for (const i of all) {
    const last = order[order.length - 1];
    if (last === undefined || compare(last, i) !== 0) order.push(i);
    place[i] = order.length - 1;
  }
  return { order, place };
}

/** An expression with other leaves. */
export function mapLeaves(
  expression: Expression,
  leafOf: (leaf: Expression) => Expression,
): Expression {
  if ('left' in expression) {
    const [left, right] = [expression.left, expression.right].map(e => mapLeaves(e, leafOf));
    return { ...expression, left, right };
  }
  if (expression.op !== 'apply') return leafOf(expression);
  return { ...expression, of: mapLeaves(expression.of, leafOf) };
}

/** The cell whose text is an expression. */
function cellOf(expression: Expression, count: number, size: number, clip?: number): AnyCell {
  const vectors: Record<string, Float32Array> = {};
  const constants: Record<string, number> = {};
  const activations: Record<string, Activation> = {};
  const named = <V>(record: Record<string, V>, letter: string, value: V) => {
    const known = Object.keys(record).find(name => record[name] === value);
    const name = known ?? `${letter}${Object.keys(record).length}`;
    record[name] = value;
    return name;
  };
  const text = (e: Expression): string => {
    if (e.op === 'operand') return `a${e.index}`;
    if (e.op === 'number') return named(constants, 'k', e.value);
    if (e.op === 'vector') return named(vectors, 'w', e.values);
    if (e.op !== 'apply') return `(${text(e.left)} ${e.op} ${text(e.right)})`;
    if (typeof e.activation === 'string' && clip === undefined)
      return `${e.activation}(${text(e.of)})`;
    return `${clip === undefined ? named(activations, 'f', e.activation) : 'φ'}(${text(e.of)})`;
  };
  const lines = `y = ${text(expression)}`;
  const names = Array.from({ length: count }, (_, k) => `a${k}`);
  const declarations = {
    inputs: Object.fromEntries(names.map(name => [name, 'hidden'])),
    ...given('vectors', Object.fromEntries(Object.keys(vectors).map(name => [name, 0]))),
    ...given('constants', constants),
    ...given('activations', clip === undefined ? activations : { φ: activationOf(expression) }),
  };
  const sizes = count > 1 ? Object.fromEntries(names.map(name => [name, size])) : size;
  const params = Object.fromEntries(
    Object.entries(vectors).map(([name, values]) => [name, parameterOf(values)]),
  );
  const define = defineCell('Elementwise', lines, declarations as object);
  return define(sizes as number, size, {
    params,
    ...(clip === undefined ? {} : { clip }),
  }) as never;
}

/** A declaration, unless it is empty: as a file has it that is read back. */
function given(name: string, record: object): object {
  return Object.keys(record).length ? { [name]: record } : {};
}

/** The activation of an expression that is one. */
function activationOf(expression: Expression): Activation {
  return expression.op === 'apply' ? expression.activation : 'identity';
}
