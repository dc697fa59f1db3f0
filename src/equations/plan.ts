import type { Activation, ActivationName } from './activations.js';
import { type Equation, type Expression, type MatrixName, parse } from './parse.js';

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
  | { readonly op: 'add' | 'subtract' | 'multiply'; readonly left: number; readonly right: number }
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
  readonly equations: readonly Equation[];
  readonly plan: Plan;
}

/** The options that set the slots of the built-in texts, and those slots' defaults. */
export const slotOptions: Readonly<Record<string, { option: string; default: ActivationName }>> = {
  σ: { option: 'gateActivation', default: 'sigmoid' },
  φ: { option: 'activation', default: 'tanh' },
  ψ: { option: 'outputActivation', default: 'tanh' },
};

/** Reads a cell's text, which must be right: `check` is for texts of which that is not known. */
export function define(
  name: string,
  text: string,
  declarations: Declarations = {},
  Reader = Planner,
): Definition {
  const equations = parse(name, text);
  const plan = new Reader(name, declarations, equations).plan();
  return { name, text, declarations, equations, plan };
}

/** Turns equations into a plan; sizes are inferred, nothing is checked. */
export class Planner {
  protected readonly cell: string;
  protected readonly declarations: Declarations;
  protected readonly equations: readonly Equation[];
  protected nodes: PlanNode[] = [];
  /** Nodes by name: `c`, `c'`. */
  protected values = new Map<string, number>();
  protected rows: Record<MatrixName, RowBlock[]> = { W: [], U: [], V: [] };
  protected readonly states = new Map<string, Dimension>();
  protected recurrent: Dimension | undefined;
  protected readonly slots = new Set<string>();

  constructor(cell: string, declarations: Declarations, equations: readonly Equation[]) {
    this.cell = cell;
    this.declarations = declarations;
    this.equations = equations;
  }

  plan(): Plan {
    const names = this.equations.flatMap(({ name, next }) => (next ? [name] : []));
    const ordered = names.includes('h') ? ['h', ...names] : names;
    for (const name of ordered) this.states.set(name, 'hidden');
    // States are taken for hidden-sized; one that turns out to be projected is planned again.
    while (!this.#walk());
    const { nodes, values, rows, recurrent = 'hidden' } = this;
    const states = [...this.states].map(([name, dimension]) => {
      return { name, dimension, node: values.get(`${name}'`) as number };
    });
    const output = (values.get('y') ?? values.get("h'")) as number;
    const [vectors, scalars, constants] = ['vector', 'scalar', 'constant'].map(op =>
      nodes.flatMap(node => (node.op === op && 'name' in node ? [node.name] : [])),
    );
    const slots = [...this.slots];
    return { nodes, states, output, rows, recurrent, vectors, scalars, constants, slots };
  }

  /** Plans every line; false if a state has turned out to be of another size. */
  #walk(): boolean {
    this.nodes = [];
    this.values = new Map();
    this.rows = { W: [], U: [], V: [] };
    this.recurrent = undefined;
    let settled = true;
    for (const equation of this.equations) {
      const node = this.line(equation);
      this.values.set(keyOf(equation), node);
      const { dimension } = this.nodes[node];
      if (!equation.next || dimension === this.states.get(equation.name)) continue;
      this.states.set(equation.name, dimension);
      settled = false;
    }
    return settled;
  }

  protected line({ value }: Equation): number {
    return this.visit(value);
  }

  protected visit(expression: Expression): number {
    switch (expression.kind) {
      case 'number':
        return this.#add({ op: 'number', value: expression.value, dimension: 'scalar' });
      case 'name':
        return this.name(expression);
      case 'map':
        return this.affine([expression]);
      case 'call':
        return this.call(expression);
      case 'negate': {
        const minusOne = this.#add({ op: 'number', value: -1, dimension: 'scalar' });
        return this.binary('multiply', minusOne, expression.of);
      }
      case 'add':
        return this.#sum(expression);
      default:
        return this.binary(expression.kind, this.visit(expression.left), expression.right);
    }
  }

  /** A sum: its maps together are one affine node, to which the other terms are added in order. */
  #sum(expression: Expression): number {
    const terms: Expression[] = [];
    let rest = expression;
    for (; rest.kind === 'add'; rest = rest.left) terms.unshift(rest.right);
    terms.unshift(rest);
    const maps = terms.filter(term => term.kind === 'map');
    const others = terms.filter(term => term.kind !== 'map');
    const start = maps.length ? this.affine(maps) : this.visit(others.shift() as Expression);
    return others.reduce((sum, term) => this.binary('add', sum, term), start);
  }

  protected binary(op: 'add' | 'subtract' | 'multiply', left: number, operand: Expression): number {
    const right = this.visit(operand);
    const [a, b] = [left, right].map(node => this.nodes[node].dimension);
    return this.#add({ op, left, right, dimension: a === 'scalar' ? b : a });
  }

  protected affine(terms: readonly (Expression & { kind: 'map' })[]): number {
    const maps = terms.map(term => this.map(term));
    const dimension = maps[0].matrix === 'V' ? 'projection' : 'hidden';
    return this.#add({ op: 'affine', maps, dimension });
  }

  protected map({ matrix, row: name, of: argument }: Expression & { kind: 'map' }): PlanMap {
    const of = this.visit(argument);
    const blocks = this.rows[matrix];
    if (matrix === 'U') this.recurrent ??= this.nodes[of].dimension;
    const unbiased = matrix === 'V' || name === '';
    blocks.push({ name, bias: unbiased ? -1 : blocks.filter(({ bias }) => bias >= 0).length });
    return { matrix, row: blocks.length - 1, of };
  }

  protected name({ name, next }: Expression & { kind: 'name' }): number {
    const key = next ? `${name}'` : name;
    const known = this.values.get(key);
    if (known !== undefined) return known;
    const node = this.#add(this.#leaf(name));
    this.values.set(key, node);
    return node;
  }

  #leaf(name: string): PlanNode {
    const { vectors = {}, scalars = {} } = this.declarations;
    if (name === 'x') return { op: 'input', dimension: 'input' };
    const state = this.states.get(name);
    if (state) return { op: 'state', name, dimension: state };
    if (Object.hasOwn(vectors, name)) return { op: 'vector', name, dimension: 'hidden' };
    return { op: Object.hasOwn(scalars, name) ? 'scalar' : 'constant', name, dimension: 'scalar' };
  }

  protected call({ name: slot, of: argument }: Expression & { kind: 'call' }): number {
    const of = this.visit(argument);
    this.slots.add(slot);
    return this.#add({ op: 'activate', slot, of, dimension: this.nodes[of].dimension });
  }

  #add(node: PlanNode): number {
    return this.nodes.push(node) - 1;
  }
}

/** The name under which a line's value is found: `c`, `c'`. */
export function keyOf({ name, next }: Equation): string {
  return next ? `${name}'` : name;
}
