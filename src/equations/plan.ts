import type { Activation, ActivationName } from './activations.js';
import { type BinaryName, type MatrixName, type Reader, read } from './parse.js';
import type { Reduction } from './reductions.js';

/** What a value's length is: one of the cell's sizes, or 1 for a scalar, which is broadcast. */
export type Dimension = 'input' | 'hidden' | 'projection' | 'scalar';

/** Names that a cell's text uses beyond its own: initial values, defaults, options. */
export interface Declarations {
  /** Learned vectors of hidden size, by name, with the value every element starts from. */
  readonly vectors?: Readonly<Record<string, number>>;
  /** Learned numbers, by name, with their initial value. */
  readonly scalars?: Readonly<Record<string, number>>;
  /** Numbers that are not learned; the option of that name overrides them. */
  readonly constants?: Readonly<Record<string, number>>;
  /** Activations called by a name of the cell's own, or other defaults for σ, φ and ψ. */
  readonly activations?: Readonly<Record<string, Activation>>;
  /** Rows of biasIh that start from something else than 0: `{ f: 1 }`. */
  readonly biasIh?: Readonly<Record<string, number>>;
  /** True: x is of hidden size too, for texts that take it element by element. */
  readonly sameSize?: boolean;
  /** Told by String(cell) after the sizes, to tell variants of one name apart. */
  readonly variant?: string;
}

/** One value of the computation; `of`, `left` and `right` are indices of earlier nodes. */
export type PlanNode = { readonly dimension: Dimension } & (
  | { readonly op: 'input' }
  | { readonly op: 'state'; readonly name: string }
  | { readonly op: 'number'; readonly value: number }
  | { readonly op: 'constant' | 'scalar' | 'vector'; readonly name: string }
  /** Σ M_row of + the biases of those rows. */
  | { readonly op: 'affine'; readonly maps: readonly PlanMap[] }
  | { readonly op: BinaryName; readonly left: number; readonly right: number }
  | { readonly op: 'activate'; readonly slot: string; readonly of: number }
  /** A number made of all elements of a vector. */
  | {
      readonly op: 'reduce';
      readonly name: string;
      readonly of: number;
      readonly by: Reduction;
    }
);

export interface PlanMap {
  readonly matrix: MatrixName;
  /** Index into `Plan.rows[matrix]`. */
  readonly row: number;
  readonly of: number;
}

/** The rows of one matrix that belong together: `hidden` rows (`projection` for V). */
export interface RowBlock {
  /** The subscript; '' for a map without one. */
  readonly name: string;
  /** Index among the blocks that have a bias; -1 without. */
  readonly bias: number;
}

/** A cell as a computation: what every backend, the gradient and the documentation read. */
export interface Plan {
  readonly nodes: readonly PlanNode[];
  /** State variables, h first; `node` computes the next value. */
  readonly states: readonly { name: string; dimension: Dimension; node: number }[];
  /** The node that is the output. */
  readonly output: number;
  readonly rows: Readonly<Record<MatrixName, readonly RowBlock[]>>;
  /** What U's columns are applied to. */
  readonly recurrent: Dimension;
  readonly vectors: readonly string[];
  readonly scalars: readonly string[];
  readonly constants: readonly string[];
  /** Activation slots in order of first use. */
  readonly slots: readonly string[];
}

/** A cell's text with everything that was read out of it. */
export interface Definition {
  readonly name: string;
  readonly text: string;
  readonly declarations: Declarations;
  readonly plan: Plan;
}

/** The options that set the slots of the built-in texts, and those slots' defaults. */
export const slotOptions: Readonly<Record<string, { option: string; default: ActivationName }>> = {
  σ: { option: 'gateActivation', default: 'sigmoid' },
  φ: { option: 'activation', default: 'tanh' },
  ψ: { option: 'outputActivation', default: 'tanh' },
};

/** The planner's reader of a text, and what it knows so far. */
export interface Planner extends Reader<Value> {
  /** Nodes by name: `c`, `c'`. */
  readonly values: ReadonlyMap<string, number>;
  readonly rows: Plan['rows'];
  /** What U is applied to, once it is. */
  readonly recurrent: Dimension | undefined;
  dimensionOf(value: Value): Dimension;
}

/**
 * Reads a cell's text, which must be right. Where that is not known, `check` stands between: each
 * walk through the text is then read by what `between` makes of the planner.
 */
export function define(
  name: string,
  text: string,
  declarations: Declarations = {},
  between?: (planner: Planner) => Reader<unknown>,
  reductions: Reductions = {},
): Definition {
  const plan = walk(text, declarations, new Map(), between, reductions);
  return { name, text, declarations, plan };
}

/** The reductions that a text may call. */
type Reductions = Readonly<Record<string, Reduction>>;

/** A value while it is read: a sum of maps, which become one affine node, and of a node or none. */
export interface Value {
  readonly maps: readonly PlanMap[];
  readonly rest: number;
}

/** A walk through the text: sizes are inferred, nothing is checked. */
function walk(
  text: string,
  declarations: Declarations,
  /** The sizes of the states, as far as they are known. */
  states: Map<string, Dimension>,
  between: ((planner: Planner) => Reader<unknown>) | undefined,
  reductions: Reductions,
): Plan {
  const { vectors = {}, scalars = {}, constants = {}, sameSize } = declarations;
  const nodes: PlanNode[] = [];
  /** Nodes by name: `c`, `c'`. */
  const values = new Map<string, number>();
  const rows: Record<MatrixName, RowBlock[]> = { W: [], U: [], V: [] };
  const slots = new Set<string>();
  let recurrent: Dimension | undefined;
  let settled = true;

  const add = (node: PlanNode) => nodes.push(node) - 1;
  const single = (node: PlanNode): Value => ({ maps: [], rest: add(node) });
  const dimensionOf = ({ maps, rest }: Value): Dimension =>
    maps.length === 0 ? nodes[rest].dimension : maps[0].matrix === 'V' ? 'projection' : 'hidden';
  const binary = (op: BinaryName, left: number, right: number) => {
    const { dimension } = nodes[left];
    return add({
      op,
      left,
      right,
      dimension: dimension === 'scalar' ? nodes[right].dimension : dimension,
    });
  };
  const nodeOf = (value: Value): number => {
    const { maps, rest } = value;
    if (maps.length === 0) return rest;
    const affine = add({ op: 'affine', maps, dimension: dimensionOf(value) });
    return rest < 0 ? affine : binary('add', affine, rest);
  };
  const leafOf = (name: string): PlanNode => {
    if (name === 'x') return { op: 'input', dimension: sameSize ? 'hidden' : 'input' };
    if (Object.hasOwn(vectors, name)) return { op: 'vector', name, dimension: 'hidden' };
    if (Object.hasOwn(scalars, name)) return { op: 'scalar', name, dimension: 'scalar' };
    if (Object.hasOwn(constants, name)) return { op: 'constant', name, dimension: 'scalar' };
    return { op: 'state', name, dimension: states.get(name) ?? 'hidden' };
  };
  const number = (value: number) => single({ op: 'number', value, dimension: 'scalar' });
  const combine = (op: BinaryName, left: Value, right: Value): Value => {
    if (op !== 'add') return { maps: [], rest: binary(op, nodeOf(left), nodeOf(right)) };
    const rest =
      left.rest < 0 ? right.rest : right.rest < 0 ? left.rest : binary(op, left.rest, right.rest);
    return { maps: [...left.maps, ...right.maps], rest };
  };
  const planner: Planner = {
    values,
    rows,
    get recurrent() {
      return recurrent;
    },
    dimensionOf,
    number,
    negate: operand => combine('multiply', number(-1), operand),
    binary: combine,
    name(name, next) {
      const key = next ? `${name}'` : name;
      const rest = values.get(key) ?? add(leafOf(name));
      values.set(key, rest);
      return { maps: [], rest };
    },
    map(matrix, row, argument) {
      const blocks = rows[matrix];
      if (matrix === 'U') recurrent ??= dimensionOf(argument);
      const of = nodeOf(argument);
      const biased = matrix !== 'V' && row !== '';
      blocks.push({ name: row, bias: biased ? blocks.filter(({ bias }) => bias >= 0).length : -1 });
      return { maps: [{ matrix, row: blocks.length - 1, of }], rest: -1 };
    },
    call(slot, argument) {
      const of = nodeOf(argument);
      const by = reductions[slot];
      if (by) return single({ op: 'reduce', name: slot, of, by, dimension: 'scalar' });
      slots.add(slot);
      return single({ op: 'activate', slot, of, dimension: nodes[of].dimension });
    },
    line(name, next, value) {
      const node = nodeOf(value);
      values.set(next ? `${name}'` : name, node);
      if (!next) return;
      const { dimension } = nodes[node];
      settled &&= dimension === (states.get(name) ?? 'hidden');
      states.set(name, dimension);
    },
  };
  read(text, between ? between(planner) : (planner as Reader<unknown>));

  // States are taken for hidden-sized; where one turns out to be projected, all is planned again.
  if (!settled) return walk(text, declarations, states, between, reductions);

  const named = (op: string) =>
    nodes.flatMap(node => (node.op === op && 'name' in node ? [node.name] : []));
  const nodeNamed = (key: string) => values.get(key) as number;
  return {
    nodes,
    states: [...states]
      .sort(([a], [b]) => Number(b === 'h') - Number(a === 'h'))
      .map(([name, dimension]) => ({ name, dimension, node: nodeNamed(`${name}'`) })),
    output: values.get('y') ?? nodeNamed("h'"),
    rows,
    recurrent: recurrent ?? 'hidden',
    vectors: named('vector'),
    scalars: named('scalar'),
    constants: named('constant'),
    slots: [...slots],
  };
}
