import { mismatch } from '../errors.js';
import { type Activation, type ActivationName, isActivationName } from './activations.js';
import { type Equation, EquationError, type Expression, type MatrixName, parse } from './parse.js';

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
  | { readonly op: 'negate'; readonly of: number }
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

/** x, and the name kept for cells that will know the time since the last step. */
const reserved = ['x', 'Δt'];

/** What a declared name may not be: it would collide with a value, a parameter or an option. */
const takenNames = [
  ...reserved,
  'y',
  'h',
  'weight',
  'bias',
  'weightIh',
  'weightHh',
  'weightHr',
  'biasIh',
  'biasHh',
  'params',
  'seed',
  'clip',
  'projectionSize',
  'resetGate',
  ...Object.values(slotOptions).map(({ option }) => option),
];

/** Reads a cell's text; throws an EquationError that names line, column and what was expected. */
export function define(name: string, text: string, declarations: Declarations = {}): Definition {
  const equations = parse(name, text);
  return {
    name,
    text,
    declarations,
    equations,
    plan: new Planner(name, declarations).plan(equations),
  };
}

class Planner {
  private readonly cell: string;
  private readonly declarations: Declarations;
  private nodes: PlanNode[] = [];
  private values = new Map<string, number>();
  private rows: Record<MatrixName, RowBlock[]> = { W: [], U: [], V: [] };
  private states = new Map<string, Dimension>();
  private recurrent: Dimension | undefined;
  private used = {
    vector: new Set<string>(),
    scalar: new Set<string>(),
    constant: new Set<string>(),
  };
  private slots = new Set<string>();

  constructor(cell: string, declarations: Declarations) {
    this.cell = cell;
    this.declarations = declarations;
    this.checkDeclarations();
  }

  /** States are taken for hidden-sized first; a projected one is found out and planned again. */
  plan(equations: readonly Equation[]): Plan {
    const names = equations.flatMap(({ name, next }) => (next ? [name] : []));
    const ordered = names.includes('h') ? ['h', ...names] : names;
    for (const name of ordered) this.states.set(name, 'hidden');
    for (let pass = 0; ; pass++) {
      const settled = this.walk(equations);
      if (settled) break;
      if (pass === this.states.size)
        throw this.wrong(equations[0], 'sizes that agree', 'none that do');
    }
    return this.result(equations);
  }

  private walk(equations: readonly Equation[]): boolean {
    this.nodes = [];
    this.values.clear();
    this.rows = { W: [], U: [], V: [] };
    this.recurrent = undefined;
    let settled = true;
    for (const equation of equations) {
      this.checkName(equation);
      const node = this.visit(equation.value);
      const { dimension } = this.nodes[node];
      this.values.set(key(equation), node);
      if (!equation.next || dimension === this.states.get(equation.name)) continue;
      if (dimension !== 'projection') {
        throw this.wrong(
          equation,
          'a value of hidden or projection size',
          `one of ${dimension} size`,
        );
      }
      this.states.set(equation.name, dimension);
      settled = false;
    }
    return settled;
  }

  private result(equations: readonly Equation[]): Plan {
    const output = this.values.get('y') ?? this.values.get("h'");
    const last = equations[equations.length - 1];
    if (output === undefined) throw this.wrong(last, "an equation for y or h'", 'none');
    if (this.nodes[output].dimension === 'scalar') {
      throw this.wrong(last, 'an output that is a vector', 'a scalar');
    }
    const states = [...this.states].map(([name, dimension]) => {
      return { name, dimension, node: this.values.get(`${name}'`) as number };
    });
    const { vector, scalar, constant } = this.used;
    for (const name of Object.keys(this.declarations.vectors ?? {})) this.mustBeUsed(name, vector);
    for (const name of Object.keys(this.declarations.scalars ?? {})) this.mustBeUsed(name, scalar);
    for (const name of Object.keys(this.declarations.constants ?? {})) {
      this.mustBeUsed(name, constant);
    }
    return {
      nodes: this.nodes,
      states,
      output,
      rows: this.rows,
      recurrent: this.recurrent ?? 'hidden',
      vectors: [...vector],
      scalars: [...scalar],
      constants: [...constant],
      slots: [...this.slots],
    };
  }

  private visit(expression: Expression): number {
    switch (expression.kind) {
      case 'number':
        return this.add({ op: 'number', value: expression.value, dimension: 'scalar' });
      case 'name':
        return this.name(expression);
      case 'map':
        return this.affine([expression]);
      case 'call':
        return this.call(expression);
      case 'negate': {
        const of = this.visit(expression.of);
        return this.add({ op: 'negate', of, dimension: this.nodes[of].dimension });
      }
      case 'add':
        return this.sum(expression);
      default:
        return this.binary(expression.kind, this.visit(expression.left), expression.right);
    }
  }

  /** A sum: its maps together are one affine node, to which the other terms are added in order. */
  private sum(expression: Expression): number {
    const terms: Expression[] = [];
    let rest = expression;
    for (; rest.kind === 'add'; rest = rest.left) terms.unshift(rest.right);
    terms.unshift(rest);
    const maps = terms.filter(term => term.kind === 'map');
    const others = terms.filter(term => term.kind !== 'map');
    const start = maps.length ? this.affine(maps) : this.visit(others.shift() as Expression);
    return others.reduce((sum, term) => this.binary('add', sum, term), start);
  }

  private binary(op: 'add' | 'subtract' | 'multiply', left: number, right: Expression): number {
    const node = this.visit(right);
    const a = this.nodes[left].dimension;
    const b = this.nodes[node].dimension;
    if (a !== b && a !== 'scalar' && b !== 'scalar') {
      throw this.wrong(right, `an operand of ${a} size`, `one of ${b} size`);
    }
    return this.add({ op, left, right: node, dimension: a === 'scalar' ? b : a });
  }

  private affine(maps: readonly (Expression & { kind: 'map' })[]): number {
    const parts = maps.map((map): PlanMap => this.map(map));
    const dimensions = new Set(
      parts.map(({ matrix }) => (matrix === 'V' ? 'projection' : 'hidden')),
    );
    if (dimensions.size > 1) {
      throw this.wrong(maps[0], 'terms of one size', 'V beside W or U');
    }
    const [dimension] = dimensions;
    return this.add({ op: 'affine', maps: parts, dimension });
  }

  private map({ matrix, row, of: argument, at }: Expression & { kind: 'map' }): PlanMap {
    const of = this.visit(argument);
    const { dimension } = this.nodes[of];
    const blocks = this.rows[matrix];
    if (blocks.some(({ name }) => name === row)) {
      const name = row === '' ? matrix : `${matrix}_${row}`;
      throw this.wrong(
        { at },
        `${name} applied once`,
        'a second use; name its result and use that',
      );
    }
    if (matrix === 'W' && dimension !== 'input') {
      throw this.wrong(argument, 'an argument of input size', `one of ${dimension} size`);
    }
    if (matrix === 'V' && dimension !== 'hidden') {
      throw this.wrong(argument, 'an argument of hidden size', `one of ${dimension} size`);
    }
    if (matrix === 'U') this.checkRecurrent(argument, dimension);
    if (matrix !== 'W' && this.states.size === 0) {
      throw this.wrong({ at }, 'only W in a text without primes', matrix);
    }
    const bias = matrix === 'V' || row === '' ? -1 : blocks.filter(b => b.bias >= 0).length;
    blocks.push({ name: row, bias });
    return { matrix, row: blocks.length - 1, of };
  }

  private checkRecurrent(argument: Expression, dimension: Dimension): void {
    this.recurrent ??= dimension;
    if (dimension === 'input' || dimension === 'scalar' || dimension !== this.recurrent) {
      throw this.wrong(
        argument,
        `an argument of ${this.recurrent === dimension ? 'hidden' : this.recurrent} size`,
        `one of ${dimension} size`,
      );
    }
  }

  private name({ name, next, at }: Expression & { kind: 'name' }): number {
    const known = this.values.get(next ? `${name}'` : name);
    if (known !== undefined) return known;
    if (next) throw this.wrong({ at }, `${name}' to be defined in an earlier line`, `${name}'`);
    const leaf = this.leaf(name);
    if (!leaf) {
      const expected = 'x, a state, a name defined in an earlier line, or a declared one';
      throw this.wrong({ at }, expected, `'${name}'`);
    }
    const node = this.add(leaf);
    this.values.set(name, node);
    return node;
  }

  private leaf(name: string): PlanNode | undefined {
    const { vectors = {}, scalars = {}, constants = {} } = this.declarations;
    if (name === 'x') return { op: 'input', dimension: 'input' };
    const state = this.states.get(name);
    if (state) return { op: 'state', name, dimension: state };
    if (Object.hasOwn(vectors, name)) {
      this.used.vector.add(name);
      return { op: 'vector', name, dimension: 'hidden' };
    }
    if (Object.hasOwn(scalars, name)) {
      this.used.scalar.add(name);
      return { op: 'scalar', name, dimension: 'scalar' };
    }
    if (!Object.hasOwn(constants, name)) return undefined;
    this.used.constant.add(name);
    return { op: 'constant', name, dimension: 'scalar' };
  }

  private call({ name, of: argument, at }: Expression & { kind: 'call' }): number {
    const declared = Object.hasOwn(this.declarations.activations ?? {}, name);
    if (!declared && !Object.hasOwn(slotOptions, name) && !isActivationName(name)) {
      throw this.wrong({ at }, 'an activation before (', `'${name}'; write * to multiply`);
    }
    const of = this.visit(argument);
    this.slots.add(name);
    return this.add({ op: 'activate', slot: name, of, dimension: this.nodes[of].dimension });
  }

  private add(node: PlanNode): number {
    return this.nodes.push(node) - 1;
  }

  private checkName({ name, next, at }: Equation): void {
    const text = next ? `${name}'` : name;
    if (reserved.includes(name) || (next && name === 'y')) {
      throw this.wrong({ at }, `a name other than ${[...reserved, "y'"].join(', ')}`, `'${text}'`);
    }
    if (this.values.has(text) || (!next && this.states.has(name)) || this.isDeclared(name)) {
      throw this.wrong({ at }, 'a name that is not taken', `'${text}' again`);
    }
  }

  private isDeclared(name: string): boolean {
    const { vectors = {}, scalars = {}, constants = {} } = this.declarations;
    return [vectors, scalars, constants].some(group => Object.hasOwn(group, name));
  }

  private checkDeclarations(): void {
    const { vectors = {}, scalars = {}, constants = {} } = this.declarations;
    const groups = { vectors, scalars, constants };
    const seen = new Set(takenNames);
    for (const [group, names] of Object.entries(groups)) {
      for (const [name, value] of Object.entries(names)) {
        const where = `defineCell('${this.cell}').${group}.${name}`;
        if (seen.has(name)) throw mismatch(where, 'a name that is not taken', `'${name}'`);
        if (!Number.isFinite(value)) throw mismatch(where, 'a finite number', String(value));
        seen.add(name);
      }
    }
  }

  private mustBeUsed(name: string, used: ReadonlySet<string>): void {
    if (used.has(name)) return;
    throw mismatch(`defineCell('${this.cell}')`, 'declared names that the text uses', `'${name}'`);
  }

  private wrong({ at }: Pick<Expression, 'at'>, expected: string, got: string): EquationError {
    return new EquationError(this.cell, at, expected, got);
  }
}

function key({ name, next }: Equation): string {
  return next ? `${name}'` : name;
}
