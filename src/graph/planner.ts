import { type BinaryName, type Reader, read } from './parse.js';
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

/** The planner's reader of a text, and what it knows so far. */
export interface Planner extends Reader<Value> {
  /** Nodes by name: `c`, `c'`. */
  readonly values: ReadonlyMap<string, number>;
  readonly rows: Plan['rows'];
  /** What U is applied to, once it is. */
  readonly recurrent: Dimension | undefined;
  dimensionOf(value: Value): Dimension;
}

/** A plan before its stages are known. */
export type Unscheduled = Omit<Plan, 'schedule'>;

/** What stands between a text that may be wrong and the planner. */
export interface Checker {
  /** Reads each walk through the text. */
  between(planner: Planner): Reader<unknown>;
  /** Is told what was read. */
  end(plan: Unscheduled): void;
}

/** Reads a cell's text, which must be right where there is no checker. */
export function define(
  name: string,
  text: string,
  declarations: Declarations = {},
  checker?: Checker,
): Definition {
  const plan = walk(text, declarations, new Map(), checker);
  checker?.end(plan);
  return { name, text, declarations, plan: { ...plan, schedule: schedule(plan) }, reductions };
}

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
  checker: Checker | undefined,
): Unscheduled {
  const { vectors = {}, scalars = {}, constants = {}, statistics, sameSize } = declarations;
  const declared = new Map(Object.entries(declarations.sizes ?? {}));
  const sizeOf = (name: string) => states.get(name) ?? declared.get(name) ?? 'hidden';
  const inputs = declaredInputs(declarations);
  const ports = new Map(inputsOf({ inputs }).map(({ name, dimension }) => [name, dimension]));
  const nodes: PlanNode[] = [];
  /** Nodes by name: `c`, `c'`. */
  const values = new Map<string, number>();
  const further = [...new Set(ports.values())].filter(
    size => size !== 'input' && size !== 'hidden',
  );
  const rows: Record<MatrixName, RowBlock[]> = {
    W: [],
    ...Object.fromEntries(further.map(size => [`W_${size}`, []])),
    U: [],
    V: [],
  };
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
    const port = ports.get(name);
    if (port) return { op: 'port', name, dimension: sameSize ? 'hidden' : port };
    if (Object.hasOwn(vectors, name)) return { op: 'parameter', name, dimension: sizeOf(name) };
    if (Object.hasOwn(scalars, name)) return { op: 'parameter', name, dimension: 'scalar' };
    if (Object.hasOwn(constants, name)) return { op: 'constant', name, dimension: 'scalar' };
    return { op: 'state', name, dimension: sizeOf(name) };
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
    map(letter, row, argument) {
      const dimension = dimensionOf(argument);
      const isFurther = letter === 'W' && further.includes(dimension);
      const matrix = isFurther ? (`W_${dimension}` as const) : letter;
      const blocks = rows[matrix];
      if (letter === 'U') recurrent ??= dimension;
      const of = nodeOf(argument);
      const biased = letter !== 'V' && row !== '';
      blocks.push({ name: row, bias: biased ? blocks.filter(({ bias }) => bias >= 0).length : -1 });
      return { maps: [{ matrix, row: blocks.length - 1, of }], rest: -1 };
    },
    call(slot, argument) {
      const of = nodeOf(argument);
      if (isReduction(slot)) {
        return single({ op: 'reduce', by: slot, of, dimension: 'scalar' });
      }
      slots.add(slot);
      return single({ op: 'apply', slot, of, dimension: nodes[of].dimension });
    },
    line(name, next, value) {
      const node = nodeOf(value);
      values.set(next ? `${name}'` : name, node);
      if (!next) return;
      const { dimension } = nodes[node];
      settled &&= dimension === sizeOf(name);
      states.set(name, dimension);
    },
  };
  read(text, checker ? checker.between(planner) : (planner as Reader<unknown>));

  // States are taken for hidden-sized; where one turns out to be projected, all is planned again.
  if (!settled) return walk(text, declarations, states, checker);

  const named = (op: PlanNode['op'], isScalar: boolean) =>
    nodes.flatMap(node =>
      node.op === op && 'name' in node && (node.dimension === 'scalar') === isScalar
        ? [node.name]
        : [],
    );
  const nodeNamed = (key: string) => values.get(key) as number;
  const outputs = declarations.outputs?.map(name => {
    const node = nodeNamed(states.has(name) ? `${name}'` : name);
    return { name, dimension: nodes[node]?.dimension, node };
  });
  return {
    nodes,
    states: [...states]
      .sort(([a], [b]) => Number(b === 'h') - Number(a === 'h'))
      .map(([name, dimension]) => ({ name, dimension, node: nodeNamed(`${name}'`) })),
    output: outputs?.[0].node ?? values.get('y') ?? nodeNamed("h'"),
    ...(outputs && { outputs }),
    ...(inputs && { inputs }),
    rows,
    recurrent: recurrent ?? 'hidden',
    vectors: named('parameter', false),
    scalars: named('parameter', true),
    ...(statistics && { statistics }),
    constants: named('constant', true),
    slots: [...slots],
  };
}

function declaredInputs({ inputs }: Declarations): Plan['inputs'] {
  return inputs && Object.entries(inputs).map(([name, dimension]) => ({ name, dimension }));
}
