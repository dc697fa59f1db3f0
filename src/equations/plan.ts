import type { Activation, ActivationName } from './activations.js';
import { type BinaryName, type MatrixName, type Position, read } from './parse.js';

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

/** What looks over the planner's shoulder: each is told of a thing before it is planned. */
export interface Checks {
  /** A line that defines `key` (`c`, `c'`), with the size of its value. */
  line(key: string, dimension: Dimension, values: ReadonlyMap<string, number>, at: Position): void;
  /** A name that is read; unknown if no line has defined it. */
  name(key: string, unknown: boolean, at: Position): void;
  operands(left: Dimension, right: Dimension, at: Position): void;
  map(map: CheckedMap, blocks: readonly RowBlock[], at: Position): void;
  call(slot: string, at: Position): void;
  /** The walk through the text is done; states that turned out to be projected: another follows. */
  walked(settled: boolean): void;
}

/** A map as the checks see it: `U_n argument`, U being applied elsewhere to `recurrent`. */
export interface CheckedMap {
  readonly matrix: MatrixName;
  readonly row: string;
  readonly argument: { readonly dimension: Dimension; readonly at: Position };
  readonly recurrent: Dimension | undefined;
}

/** Reads a cell's text, which must be right: `check` is for texts of which that is not known. */
export function define(
  name: string,
  text: string,
  declarations: Declarations = {},
  checks?: Checks,
): Definition {
  const states = new Map<string, Dimension>();
  for (const state of primedIn(text)) states.set(state, 'hidden');
  for (;;) {
    // States are taken for hidden-sized; one that turns out to be projected is planned again.
    const before = [...states.values()].join();
    const plan = walk(name, text, declarations, states, checks);
    const settled = before === [...states.values()].join();
    checks?.walked(settled);
    if (settled) return { name, text, declarations, plan };
  }
}

/** The names that a text primes, h first. */
export function primedIn(text: string): string[] {
  const names = Array.from(text.matchAll(/^\s*([^\s']+)\s*'\s*=/gm), ([, name]) => name);
  return names.sort((a, b) => Number(b === 'h') - Number(a === 'h'));
}

/** A value while it is read: a sum of maps, which become one affine node, and of a node or none. */
interface Value {
  readonly maps: readonly PlanMap[];
  readonly rest: number;
  readonly at: Position;
}

/** One walk through the text: sizes are inferred, nothing but by `checks` is checked. */
function walk(
  cell: string,
  text: string,
  { vectors = {}, scalars = {} }: Declarations,
  states: Map<string, Dimension>,
  checks: Checks | undefined,
): Plan {
  const nodes: PlanNode[] = [];
  /** Nodes by name: `c`, `c'`. */
  const values = new Map<string, number>();
  const rows: Record<MatrixName, RowBlock[]> = { W: [], U: [], V: [] };
  const slots = new Set<string>();
  let recurrent: Dimension | undefined;

  const add = (node: PlanNode) => nodes.push(node) - 1;
  const single = (rest: number, at: Position): Value => ({ maps: [], rest, at });
  const sizeOf = ({ maps, rest }: Value): Dimension =>
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
    const affine = add({ op: 'affine', maps, dimension: sizeOf(value) });
    return rest < 0 ? affine : binary('add', affine, rest);
  };
  const leafOf = (name: string): PlanNode => {
    if (name === 'x') return { op: 'input', dimension: 'input' };
    const state = states.get(name);
    if (state) return { op: 'state', name, dimension: state };
    if (Object.hasOwn(vectors, name)) return { op: 'vector', name, dimension: 'hidden' };
    return { op: Object.hasOwn(scalars, name) ? 'scalar' : 'constant', name, dimension: 'scalar' };
  };
  const combine = (op: BinaryName, left: Value, right: Value, at: Position): Value => {
    checks?.operands(sizeOf(left), sizeOf(right), right.at);
    if (op !== 'add') return single(binary(op, nodeOf(left), nodeOf(right)), left.at);
    const rest =
      left.rest < 0 ? right.rest : right.rest < 0 ? left.rest : binary(op, left.rest, right.rest);
    return { maps: [...left.maps, ...right.maps], rest, at };
  };
  const number = (value: number, at: Position) =>
    single(add({ op: 'number', value, dimension: 'scalar' }), at);

  read<Value>(cell, text, {
    number,
    negate: (operand, at) => combine('multiply', number(-1, at), operand, at),
    binary: combine,
    name(name, next, at) {
      const key = next ? `${name}'` : name;
      let node = values.get(key);
      checks?.name(key, node === undefined, at);
      if (node === undefined) {
        node = add(leafOf(name));
        values.set(key, node);
      }
      return single(node, at);
    },
    map(matrix, row, argument, at) {
      const dimension = sizeOf(argument);
      const blocks = rows[matrix];
      checks?.map({ matrix, row, argument: { dimension, at: argument.at }, recurrent }, blocks, at);
      if (matrix === 'U') recurrent ??= dimension;
      const of = nodeOf(argument);
      const biased = matrix !== 'V' && row !== '';
      blocks.push({ name: row, bias: biased ? blocks.filter(({ bias }) => bias >= 0).length : -1 });
      return { maps: [{ matrix, row: blocks.length - 1, of }], rest: -1, at };
    },
    call(slot, argument, at) {
      checks?.call(slot, at);
      const of = nodeOf(argument);
      slots.add(slot);
      return single(add({ op: 'activate', slot, of, dimension: nodes[of].dimension }), at);
    },
    line(name, next, value, at) {
      const node = nodeOf(value);
      const { dimension } = nodes[node];
      const key = next ? `${name}'` : name;
      checks?.line(key, dimension, values, at);
      values.set(key, node);
      if (next) states.set(name, dimension);
    },
  });

  const named = (op: string) =>
    nodes.flatMap(node => (node.op === op && 'name' in node ? [node.name] : []));
  const nodeNamed = (key: string) => values.get(key) as number;
  return {
    nodes,
    states: [...states].map(([name, dimension]) => ({
      name,
      dimension,
      node: nodeNamed(`${name}'`),
    })),
    output: values.get('y') ?? nodeNamed("h'"),
    rows,
    recurrent: recurrent ?? 'hidden',
    vectors: named('vector'),
    scalars: named('scalar'),
    constants: named('constant'),
    slots: [...slots],
  };
}
