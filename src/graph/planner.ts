import { type BinaryName, type MapName, type Reader, read } from './parse.js';
import type {
  Declarations,
  Definition,
  Dimension,
  MatrixName,
  Plan,
  PlanMap,
  PlanNode,
  RowBlock,
} from './plan.js';
import { inputsOf } from './ports.js';
import { isReduction, reductions } from './reductions.js';
import { schedule } from './schedule.js';

/** A plan before its stages are known. */
export type Unscheduled = Omit<Plan, 'schedule'>;

/**
 * Reads a cell's text, which must be right where the planner does not check it. States are taken
 * for hidden-sized; where one turns out to be projected, all is planned again.
 */
export function define(
  name: string,
  text: string,
  declarations: Declarations = {},
  plannerOf = (states: Map<string, Dimension>) => new Planner(declarations, states),
): Definition {
  const states = new Map<string, Dimension>();
  let planner: Planner;
  do {
    planner = plannerOf(states);
    read(text, planner);
  } while (!planner.settled);
  const plan = planner.plan();
  return { name, text, declarations, plan: { ...plan, schedule: schedule(plan) }, reductions };
}

/** A value while it is read: a sum of maps, which become one affine node, and of a node or none. */
export interface PlanValue {
  readonly maps: readonly PlanMap[];
  readonly rest: number;
  /** Where it is in the text. */
  readonly at: number;
}

/** Plans a text while it is read: sizes are inferred, nothing is checked. */
export class Planner implements Reader<PlanValue> {
  /** Nodes by name: `c`, `c'`. */
  readonly values = new Map<string, number>();
  readonly rows: Record<MatrixName, RowBlock[]>;
  /** The dimension of U's argument, once a text has applied U. */
  recurrent: Dimension | undefined;
  /** False once a state turns out to have another size than it was taken to have. */
  settled = true;
  readonly declarations: Declarations;
  readonly #states: Map<string, Dimension>;
  readonly #inputs: Plan['inputs'];
  readonly #ports: ReadonlyMap<string, Dimension>;
  /** Sizes of inputs that have matrices of their own. */
  readonly #further: readonly Dimension[];
  readonly #nodes: PlanNode[] = [];
  readonly #slots = new Set<string>();

  constructor(declarations: Declarations, states: Map<string, Dimension>) {
    this.declarations = declarations;
    this.#states = states;
    this.#inputs = declaredInputs(declarations);
    const ports = inputsOf({ inputs: this.#inputs });
    this.#ports = new Map(ports.map(({ name, dimension }) => [name, dimension]));
    this.#further = [...new Set(this.#ports.values())].filter(
      size => size !== 'input' && size !== 'hidden',
    );
    const further = this.#further.map(size => [`W_${size}`, []]);
    this.rows = { W: [], ...Object.fromEntries(further), U: [], V: [] };
  }

  number(value: number, at: number): PlanValue {
    return this.#single({ op: 'number', value, dimension: 'scalar' }, at);
  }

  name(name: string, next: boolean, at: number): PlanValue {
    const key = next ? `${name}'` : name;
    const rest = this.values.get(key) ?? this.#add(this.#leaf(name));
    this.values.set(key, rest);
    return { maps: [], rest, at };
  }

  map(letter: MapName, row: string, argument: PlanValue, at: number): PlanValue {
    const dimension = this.dimensionOf(argument);
    const isFurther = letter === 'W' && this.#further.includes(dimension);
    const matrix = isFurther ? (`W_${dimension}` as const) : letter;
    const blocks = this.rows[matrix];
    if (letter === 'U') this.recurrent ??= dimension;
    const of = this.#node(argument);
    const biased = letter !== 'V' && row !== '';
    blocks.push({ name: row, bias: biased ? blocks.filter(({ bias }) => bias >= 0).length : -1 });
    return { maps: [{ matrix, row: blocks.length - 1, of }], rest: -1, at };
  }

  call(slot: string, argument: PlanValue, at: number): PlanValue {
    const of = this.#node(argument);
    if (isReduction(slot)) {
      return this.#single({ op: 'reduce', by: slot, of, dimension: 'scalar' }, at);
    }
    this.#slots.add(slot);
    return this.#single({ op: 'apply', slot, of, dimension: this.#nodes[of].dimension }, at);
  }

  negate(operand: PlanValue, at: number): PlanValue {
    const minusOne = this.#add({ op: 'number', value: -1, dimension: 'scalar' });
    return { maps: [], rest: this.#combine('multiply', minusOne, this.#node(operand)), at };
  }

  binary(op: BinaryName, left: PlanValue, right: PlanValue, at: number): PlanValue {
    if (op !== 'add') {
      const rest = this.#combine(op, this.#node(left), this.#node(right));
      return { maps: [], rest, at: left.at };
    }
    const [a, b] = [left.rest, right.rest];
    const rest = a < 0 ? b : b < 0 ? a : this.#combine(op, a, b);
    return { maps: [...left.maps, ...right.maps], rest, at };
  }

  line(name: string, next: boolean, value: PlanValue, _at: number): void {
    const node = this.#node(value);
    this.values.set(next ? `${name}'` : name, node);
    if (!next) return;
    const { dimension } = this.#nodes[node];
    this.settled &&= dimension === this.#sizeOf(name);
    this.#states.set(name, dimension);
  }

  dimensionOf({ maps, rest }: PlanValue): Dimension {
    if (maps.length === 0) return this.#nodes[rest].dimension;
    return maps[0].matrix === 'V' ? 'projection' : 'hidden';
  }

  /** Once all is read. */
  plan(): Unscheduled {
    const states = this.#states;
    const { outputs: declared, statistics } = this.declarations;
    const outputs = declared?.map(name => {
      const node = this.#named(states.has(name) ? `${name}'` : name);
      return { name, dimension: this.#nodes[node]?.dimension, node };
    });
    return {
      nodes: this.#nodes,
      states: [...states]
        .sort(([a], [b]) => Number(b === 'h') - Number(a === 'h'))
        .map(([name, dimension]) => ({ name, dimension, node: this.#named(`${name}'`) })),
      output: outputs?.[0].node ?? this.values.get('y') ?? this.#named("h'"),
      ...(outputs && { outputs }),
      ...(this.#inputs && { inputs: this.#inputs }),
      rows: this.rows,
      recurrent: this.recurrent ?? 'hidden',
      vectors: this.#namesOf('parameter', false),
      scalars: this.#namesOf('parameter', true),
      ...(statistics && { statistics }),
      constants: this.#namesOf('constant', true),
      slots: [...this.#slots],
    };
  }

  #add(node: PlanNode): number {
    return this.#nodes.push(node) - 1;
  }

  #single(node: PlanNode, at: number): PlanValue {
    return { maps: [], rest: this.#add(node), at };
  }

  #combine(op: BinaryName, left: number, right: number): number {
    const { dimension: size } = this.#nodes[left];
    const dimension = size === 'scalar' ? this.#nodes[right].dimension : size;
    return this.#add({ op, left, right, dimension });
  }

  /** The node of a value, whose maps become an affine one. */
  #node(value: PlanValue): number {
    const { maps, rest } = value;
    if (maps.length === 0) return rest;
    const affine = this.#add({ op: 'affine', maps, dimension: this.dimensionOf(value) });
    return rest < 0 ? affine : this.#combine('add', affine, rest);
  }

  #leaf(name: string): PlanNode {
    const { vectors = {}, scalars = {}, constants = {}, sameSize } = this.declarations;
    const port = this.#ports.get(name);
    if (port) return { op: 'port', name, dimension: sameSize ? 'hidden' : port };
    const dimension = this.#sizeOf(name);
    if (Object.hasOwn(vectors, name)) return { op: 'parameter', name, dimension };
    if (Object.hasOwn(scalars, name)) return { op: 'parameter', name, dimension: 'scalar' };
    if (Object.hasOwn(constants, name)) return { op: 'constant', name, dimension: 'scalar' };
    return { op: 'state', name, dimension };
  }

  #sizeOf(name: string): Dimension {
    const { sizes = {} } = this.declarations;
    const declared = Object.hasOwn(sizes, name) ? sizes[name] : 'hidden';
    return this.#states.get(name) ?? declared;
  }

  #named(key: string): number {
    return this.values.get(key) as number;
  }

  #namesOf(op: PlanNode['op'], isScalar: boolean): string[] {
    return this.#nodes.flatMap(node =>
      node.op === op && 'name' in node && (node.dimension === 'scalar') === isScalar
        ? [node.name]
        : [],
    );
  }
}

function declaredInputs({ inputs }: Declarations): Plan['inputs'] {
  return inputs && Object.entries(inputs).map(([name, dimension]) => ({ name, dimension }));
}
