import { engines } from '../code/engines.js';
import { type Model, ModelBuilder } from '../code/model.js';
import { move } from '../code/rows.js';
import { mismatch } from '../errors.js';
import type { Move } from '../graph/graph.js';
import type { Machine } from './any-machine.js';
import { type AnyCell, type CellPorts, internals, type JoinedMembers, type Runs } from './cell.js';
import { running } from './equation-cell.js';
import type { Packing } from './forms.js';
import { packedChunk, packer, unpacked } from './packing.js';
import { machineAround, recordMachine } from './record-machine.js';
import { recordStates } from './record-states.js';

/** What a cell of these inputs and outputs takes and answers; `where` is its name in messages. */
export function portsOf(where: string, inputs: Packing, outputs: Packing): CellPorts {
  const settler = (once = false) => packer(where, inputs, once);
  return {
    inputs,
    outputs,
    settler,
    chunk: steps => packedChunk(where, inputs, steps, settler()),
    answer: (y, copies) => unpacked(outputs, y, copies),
    keyed: (states, copies) =>
      recordStates(where, states as never, y => unpacked(outputs, y, copies)) as never,
    joined: joinedMembers,
    checkWithin(of, at) {
      if (of === 'chain' || of === 'parallel' || of === 'tap') return;
      const got = `inputs ${sizesText(inputs)} and outputs ${sizesText(outputs)}`;
      const hint = of === at ? undefined : 'chain and parallel take it';
      throw mismatch(at, 'a model of one input and one output', got, hint);
    },
  };
}

/** A plain function makes it, or takes it: anything. */
type Ports = Packing | undefined;

/** Members, each of one input that is what comes before it; `of` is their layer's name. */
function joinedMembers(of: string, cells: readonly AnyCell[]): JoinedMembers {
  const isRow = of === 'chain';
  // Branches share the inputs of the first one that is no plain function.
  const first = (!isRow && cells.find(inputsOf)) || cells[0];
  let before: Ports = inputsOf(first);
  const members = cells.map((cell, i) => {
    const where = `${of}[${i}]`;
    if (isMarker(cell)) {
      if (isRow && (!before || before.ports.length === 1)) return cell;
      throw mismatch(where, 'one vector to go on from', before ? sizesText(before) : 'none');
    }
    const isAfter = isRow && i > 0 && isMarker(cells[i - 1]);
    const own = inputsOf(cell);
    if (isAfter && own && own.ports.length > 1) {
      throw mismatch(where, 'one input, after a tap or a read', sizesText(own));
    }
    if (!isRow) {
      checkBranch(where, cell);
      return branch(fitting(where, before, cell), inputsOf(cell) ? undefined : before);
    }
    const member = i ? fitting(where, before, cell) : bare(cell);
    before = outputsOf(cell);
    return member;
  });
  const inputs = inputsOf(first);
  const outputs = isRow ? outputsOf(cells[cells.length - 1]) : undefined;
  const isSeveral = (ports: Ports) => ports !== undefined && ports.ports.length > 1;
  const sizes = {
    ...(isSeveral(inputs) && { inputSize: sizesOf(inputs as Packing) }),
    ...(isSeveral(outputs) && { outputSize: sizesOf(outputs as Packing) }),
  };
  return {
    members,
    sizes: sizes as JoinedMembers['sizes'],
    runs: runs =>
      isSeveral(inputs) || isSeveral(outputs)
        ? (recordRuns(of, runs as never, inputs ?? anything, outputs ?? anything) as never)
        : runs,
  };
}

/** What a plain function takes or answers. */
const anything: Packing = { ports: [{ name: 'x', at: 0, size: Number.NaN }], size: Number.NaN };

const isMarker = (cell: AnyCell) => {
  const { bare, read } = cell[internals].marks ?? {};
  return bare === true || read !== undefined;
};

const single = (size: unknown): Ports =>
  typeof size === 'number' ? { ports: [{ name: '', at: 0, size }], size } : undefined;

const inputsOf = (cell: AnyCell): Ports =>
  known(cell[internals].ports?.inputs ?? single(cell.inputSize));
const outputsOf = (cell: AnyCell): Ports =>
  known(cell[internals].ports?.outputs ?? single(cell.outputSize));
const known = (ports: Ports): Ports => (ports === anything ? undefined : ports);

const sizesOf = ({ ports }: Packing) =>
  Object.freeze(Object.fromEntries(ports.map(({ name, size }) => [name, size])));

/** `{ x: 3, m: 2 }`, or of one vector `3`. */
function sizesText({ ports }: Packing): string {
  if (ports.length === 1) return String(ports[0].size);
  return `{ ${ports.map(({ name, size }) => `${name}: ${size}`).join(', ')} }`;
}

/** A cell with the lengths of its packed vectors, for one whose inputs come packed as they are. */
function bare(cell: AnyCell, given?: object): AnyCell {
  const kept = cell[internals];
  const { ports } = kept;
  if (!ports && !given) return cell;
  const { inputSize, outputSize } = cell;
  return {
    ...{
      inputSize: ports ? known(ports.inputs)?.size : inputSize,
      outputSize: ports ? known(ports.outputs)?.size : outputSize,
    },
    initialState: () => cell.initialState(),
    toString: () => String(cell),
    [internals]: { ...kept, ...given },
  } as unknown as AnyCell;
}

function checkBranch(where: string, cell: AnyCell): void {
  const { outputs } = cell[internals].ports ?? {};
  if (!outputs || outputs.ports.length === 1) return;
  throw mismatch(where, 'one output', sizesText(outputs), 'a branch is combined with others');
}

/** A branch, whose inputs come packed; a plain function is given the record of these. */
function branch(cell: AnyCell, given: Ports): AnyCell {
  const kept = cell[internals];
  const start: typeof kept.start = (...options) => {
    const machine = kept.start(...options);
    if (!given || given.ports.length === 1) return machine;
    return machineAround(machine, { step: x => machine.step(unpacked(given, x)) });
  };
  return bare(cell, { ports: undefined, start });
}

/** A member that takes what comes before it: by name, or the only one that fits. */
function fitting(where: string, before: Ports, cell: AnyCell): AnyCell {
  const inputs = inputsOf(cell);
  if (!before || !inputs) return bare(cell);
  const [from, to] = [before.ports, inputs.ports];
  if (from.length === 1 && to.length === 1) return bare(cell);
  const moves = movesBetween(where, before, inputs, cell);
  const isSame = moves.every(({ at, to }) => at === to) && before.size === inputs.size;
  if (isSame) return bare(cell);
  const kept = cell[internals];
  const outputs = outputsOf(cell) ?? anything;
  const settle = kept.ports?.settler() ?? (x => x);
  /** What of a packed vector, or batch, of the outputs before it is its own input. */
  const chosen = (x: unknown) => {
    const record = unpacked(before, x) as Readonly<Record<string, unknown>>;
    return settle(to.length > 1 ? record : record[nameAt(from, moves[0].at)]);
  };
  const moved = bare(cell, {
    ports: portsOf(where, before, outputs),
    engines: kept.engines && engines(movedModel(kept.engines.model, before.size, moves)),
    start(...options: Parameters<typeof kept.start>): Machine {
      const machine = kept.start(...options);
      return machineAround(machine, { step: x => machine.step(chosen(x)) });
    },
  });
  return Object.assign(moved, { inputSize: before.size });
}

const nameAt = (ports: Packing['ports'], at: number) => ports.find(p => p.at === at)?.name ?? '';

/** Where each input is in what comes before. */
function movesBetween(where: string, from: Packing, to: Packing, cell: AnyCell): readonly Move[] {
  const refuse = (hint: string) => {
    const expected = `inputs that fit what comes before, ${sizesText(from)}`;
    return mismatch(where, expected, `${cell}, which takes ${sizesText(to)}`, hint);
  };
  if (to.ports.length > 1) {
    const isSame = from.ports.length === to.ports.length;
    return to.ports.map(({ name, at, size }) => {
      const source = from.ports.find(port => port.name === name);
      if (!source || source.size !== size || !isSame) throw refuse('several join by name');
      return { from: 0, at: source.at, to: at, count: size };
    });
  }
  const [{ size }] = to.ports;
  const fits = from.ports.filter(port => port.size === size);
  if (fits.length === 1) return [{ from: 0, at: fits[0].at, to: 0, count: size }];
  const names = fits.map(({ name }) => name).join(' and ');
  throw refuse(
    fits.length ? `${names} fit; a function y => y.${fits[0].name} chooses` : 'none fits',
  );
}

/** A model that takes of a longer vector what was moved to the places of its own. */
function movedModel(model: Model, size: number, moves: readonly Move[]): Model {
  const builder = new ModelBuilder(size);
  const [port] = model.graph.nodes;
  const { where } = model.graph.nodes[1] ?? port;
  const moved = { op: 'move', moves, state: 0, of: [0], size: port.size, where } as const;
  return builder.model(builder.inline(model, [builder.add(moved, move)], ''));
}

/** How a layer of members runs, on records where its own inputs or outputs are several. */
function recordRuns(where: string, runs: Runs, inputs: Packing, outputs: Packing) {
  const ports = portsOf(where, inputs, outputs);
  if ('model' in runs) {
    const own = running(runs.model, runs.shape, runs.begin);
    return { ...own, start: recordMachine(own.start, ports, where), ports };
  }
  const { start, why } = runs;
  if (why) throw mismatch(where, 'one input and one output', 'several beside plain functions', why);
  // Its last member answers records.
  const settle = outputs.ports.length > 1 ? packer(where, outputs, false) : undefined;
  const packed: typeof start = (state, options) => {
    const machine = start(state, options);
    return settle ? machineAround(machine, { step: x => settle(machine.step(x)) }) : machine;
  };
  return { start: recordMachine(packed, ports, where), why, ports };
}
