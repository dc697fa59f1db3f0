import { feedback } from '../code/feedback.js';
import { type Model, ModelBuilder } from '../code/model.js';
import { sequence } from '../code/sequences.js';
import { demand } from '../errors.js';
import type { Run } from '../graph/graph.js';
import type { AnyCell, Cell, Kind, Settings } from '../streams/cell.js';
import { internals } from '../streams/cell.js';
import { hasState } from '../streams/children.js';
import { running } from '../streams/equation-cell.js';
import type { Packing } from '../streams/forms.js';
import { layerText } from '../streams/model.js';
import { modelIn, shapesOf } from './compose.js';
import { integer, layerCell } from './layer-cell.js';
import { runsOf, type Wires, Wiring } from './wiring.js';

/** Vectors by name. */
export interface Named {
  readonly names: readonly string[];
  readonly sizes: readonly number[];
}

/** How the members of a `wired` layer are joined. */
export interface WiredSettings {
  readonly inputs: readonly string[];
  readonly inputSizes: readonly number[];
  readonly outputs: readonly string[];
  readonly outputSizes: readonly number[];
  readonly states: readonly string[];
  readonly stateSizes: readonly number[];
  /**
   * What each member, each output and each next state is made of, in this order: runs of four
   * numbers, `from, at, step, count`. A source is counted from 0: the inputs, the states, the
   * members; -1 is zeros. Runs that repeat each other may be a list: how often, then each of them
   * with a fifth number, by which `at` grows from time to time.
   */
  readonly wires: Wires;
}

export const wiredKind = {
  name: 'wired',
  settings: [
    ...['inputs', 'inputSizes', 'outputs', 'outputSizes'],
    ...['states', 'stateSizes', 'wires'],
  ],
  members: [0, 1024],
  rows: true,
  make: (settings: WiredSettings, members) => wiredCell(settings, members),
} satisfies Kind;

/** How a layer runs that takes and answers vectors which its inputs and outputs are packed into. */
export type Ported = (
  runs: ReturnType<typeof running>,
  before: Packing,
  after: Packing,
) => ReturnType<typeof running>;

/**
 * Layers without state, each of which reads any numbers of the input, of the states and of the
 * layers before it; so do the output, and the states at the next step. `rxrecur convert` writes it
 * into modules, for a network that is no chain. A layer with a state is an `exposedCell` here.
 *
 * Throws a RecurError for wires that lead to nothing or don't fit, for layers with a state, and for
 * several inputs or outputs: `wiredRecordsCell` takes them.
 *
 * @example
 * const ends = { inputs: ['x'], inputSizes: [2], outputs: ['y'], outputSizes: [3] };
 * // The x before, then the second number of x; the next state is x.
 * const states = { states: ['before'], stateSizes: [2] };
 * const settings = { ...ends, ...states, wires: [1, 0, 1, 2, 0, 1, 1, 1, 0, 0, 1, 2] };
 * const m = stateful(wiredCell(settings, []));
 * m([1, 2]); // → Float32Array(3) [ 0, 0, 2 ]
 * m([3, 4]); // → Float32Array(3) [ 1, 2, 4 ]
 */
export function wiredCell(
  settings: WiredSettings,
  members: readonly AnyCell[],
): Cell<unknown, number, number> {
  for (const name of ['inputs', 'outputs'] as const) {
    const list = settings[name];
    const hint = 'wiredRecordsCell takes several';
    demand(!Array.isArray(list) || list.length === 1, `wired.${name}`, 'one name', list, hint);
  }
  return wiredOf(settings, members, wiredKind, runs => runs) as Cell<unknown, number, number>;
}

/** `wiredCell`, of a kind and of any number of inputs and outputs. */
export function wiredOf(
  settings: WiredSettings,
  members: readonly AnyCell[],
  kind: Kind,
  ported: Ported,
): AnyCell {
  const [inputs, outputs, states] = [
    named('inputs', settings.inputs, settings.inputSizes, 1),
    named('outputs', settings.outputs, settings.outputSizes, 1),
    named('states', settings.states, settings.stateSizes, 0),
  ];
  const [before, after] = [packing(inputs), packing(outputs)];
  const model = modelOf(settings, members, before, after, states);
  const variables = states.names.map((name, i) => ({ name, size: states.sizes[i] }));
  const runs = running(model, { layer: 'wired', variables });
  const sizesOf = ({ names, sizes }: Named) =>
    names.length > 1
      ? Object.freeze(Object.fromEntries(names.map((n, i) => [n, sizes[i]])))
      : sizes[0];
  const shown = (own: Named) =>
    own.names.length > 1
      ? `{ ${own.names.map((name, i) => `${name}: ${own.sizes[i]}`).join(', ')} }`
      : String(own.sizes[0]);
  const kept = states.names.map((name, i) => `${name}=${states.sizes[i]}`);
  return layerCell(
    {
      kind,
      text: (...layers) =>
        `Wired(${[shown(inputs), shown(outputs), ...kept, ...layers].join(', ')})`,
      settings: settings as unknown as Settings,
      unprinted: () => Array.from(runsOf(settings.wires), ([run]) => run).join(),
      members,
      inputSize: sizesOf(inputs) as number,
      outputSize: sizesOf(outputs) as number,
      hiddenSize: states.sizes.reduce((sum, size) => sum + size, 0),
    },
    ported(runs, before, after),
  );
}

function named(
  what: string,
  names: readonly string[],
  sizes: readonly number[],
  least: number,
): Named {
  const where = `wired.${what}`;
  const areNames = Array.isArray(names) && names.every(name => typeof name === 'string' && name);
  demand(areNames && names.length >= least, where, 'names', names);
  demand(new Set(names).size === names.length, where, 'every name once', names.join(', '));
  const areSizes = Array.isArray(sizes) && sizes.length === names.length;
  demand(areSizes, `${where}Sizes`, `${names.length} sizes`, sizes);
  for (const [i, size] of sizes.entries()) integer(`${where}.${names[i]}`, size, 1);
  integer(
    where,
    sizes.reduce((sum, size) => sum + size, 0),
    least,
  );
  return { names, sizes };
}

/** Where vectors of these sizes are in one; if they are several, each begins a group of four. */
function packing({ names, sizes }: Named): Packing {
  if (names.length === 1)
    return { ports: [{ name: names[0], at: 0, size: sizes[0] }], size: sizes[0] };
  let size = 0;
  const ports = names.map((name, i) => {
    const at = size;
    size += Math.ceil(sizes[i] / 4) * 4;
    return { name, at, size: sizes[i] };
  });
  return { ports, size };
}

function modelOf(
  { wires }: WiredSettings,
  members: readonly AnyCell[],
  before: Packing,
  after: Packing,
  states: Named,
): Model {
  const builder = new ModelBuilder(before.size);
  builder.operators.sequence = sequence;
  const ports = states.names.map((name, i) => builder.port(name, states.sizes[i]));
  const wiring = new Wiring(builder, wires, [
    ...before.ports.map(port => ({ node: 0, at: port.at, size: port.size })),
    ...ports.map((node, i) => ({ node, at: 0, size: states.sizes[i] })),
  ]);
  for (const [i, cell] of members.entries()) {
    const where = `wired[${i}]`;
    const { ports } = cell[internals];
    const size = ports ? ports.inputs.size : cell.inputSize;
    const isProgram = shapesOf([cell]) && size !== undefined && !cell[internals].why;
    demand(
      isProgram && !hasState(cell),
      where,
      'a layer of single steps without state',
      layerText(cell),
    );
    wiring.member(modelIn(cell), size as number, `${where}.`);
  }
  const isOne = after.ports.length === 1;
  const y = after.ports.flatMap(({ size }) => {
    const runs = wiring.target(size);
    return isOne ? runs : padded(runs);
  });
  const next = states.sizes.flatMap(size => padded(wiring.target(size)));
  wiring.end();
  if (!states.names.length) return builder.model(wiring.node(y));
  const body = builder.model(wiring.node([...padded(y), ...next]));
  const outer = new ModelBuilder(before.size);
  const own = { sizes: states.sizes, body: outer.body(body, '') };
  const node = { op: 'feedback', ...own, of: [0], size: after.size, where: 'wired' } as const;
  return outer.model(outer.add(node, feedback));
}

/** Runs, and zeros up to a whole number of groups of four. */
function padded(runs: readonly Run[]): readonly Run[] {
  const rest = -runs.reduce((sum, { count }) => sum + count, 0) & 3;
  return rest ? [...runs, { from: -1, at: 0, step: 0, count: rest }] : runs;
}
