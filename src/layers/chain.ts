import {
  type AnyCell,
  type BirthOptions,
  internals,
  makeCell,
  running,
  type SameForm,
} from '../equations/cell.js';
import type { Machine } from '../equations/machine.js';
import type { EquationSpec } from '../equations/spec.js';
import type { StateShape } from '../equations/state.js';
import { asRecurError, demand, describe, mismatch } from '../errors.js';
import { functionCell } from './function-cell.js';
import { type ChainCell, carried, type Fitting, type Member, type WithCell } from './members.js';

/** The cell of a cell or layer; undefined for a plain function. */
export function cellOf(model: unknown): AnyCell | undefined {
  const candidate = Object(model) as object;
  if (internals in candidate) return candidate as AnyCell;
  return 'cell' in candidate ? cellOf(candidate.cell) : undefined;
}

/** `cellOf` what may be no function either, nor a layer that carries configuration. */
export function cellIn(
  where: string,
  role: 'model' | 'member',
  model: unknown,
  remedy: string,
): AnyCell | undefined {
  const own = (model as Partial<WithCell> | null | undefined)?.[carried];
  if (own?.length) {
    const expected = `a ${role} without configuration of a stream`;
    throw mismatch(where, expected, `one with ${own.join(', ')}`, `give it ${remedy} instead`);
  }
  const cell = cellOf(model);
  demand(cell || typeof model === 'function', where, 'a layer, a cell or a function', model);
  return cell;
}

/** A model as a layer prints: `Recur(GRUCell(3, 5))`; chains and stateless cells as they are. */
export function layerText(cell: AnyCell, text = String(cell)): string {
  const { spec } = cell[internals];
  const recurrent = spec.kind === 'function' ? spec.stateful : cell.hiddenSize;
  return recurrent && spec.kind !== 'chain' ? `Recur(${text})` : text;
}

/** `layerText` without the names of plain functions. */
export function layerSignature(cell: AnyCell): string {
  return layerText(cell, cell[internals].signature);
}

/**
 * Cells in a row, each fed with the output before it, as one cell; its state is a tuple with one
 * entry a member. Members are cells, layers and stateless functions `x => y`.
 *
 * Throws a RecurError for sizes that disagree, and for a layer that carries its own reset, select,
 * project, state or other configuration of a stream: give that to the whole chain.
 *
 * @example
 * const cell = chainCell(lstmCell(10, 15), denseCell(15, 5));
 * const [[{ h, c }], y] = cell(undefined, new Float32Array(10));
 * y.length; // → 5
 */
export function chainCell<const M extends readonly [Member, ...Member[]]>(
  ...members: M & Fitting<M>
): ChainCell<M> {
  return chainOf(members);
}

/** `chainCell` for members whose types are not known; C is what the caller knows of the result. */
export function chainOf<C extends AnyCell>(members: readonly Member[]): C {
  const cells = members.map(memberCell);
  if (cells.length === 0) throw mismatch('chain', 'at least one member', 'none');
  for (const [i, cell] of cells.entries()) {
    const before = cells[i - 1]?.outputSize;
    if (before === undefined || cell.inputSize === undefined || before === cell.inputSize) continue;
    const expected = `input size ${before}, the output size of ${layerText(cells[i - 1])}`;
    throw mismatch(`chain[${i}]`, expected, layerText(cell));
  }
  const parts = equationParts(cells);
  const textOf = (textOfOne: (cell: AnyCell) => string) =>
    `Chain(${cells.map(cell => textOfOne(cell)).join(', ')})`;
  const chained: AnyCell = makeCell<
    unknown,
    number | undefined,
    number | undefined,
    SameForm,
    unknown
  >(
    {
      inputSize: cells[0].inputSize,
      outputSize: cells[cells.length - 1].outputSize,
      hiddenSize: cells.reduce((sum, { hiddenSize }) => sum + hiddenSize, 0),
      get params() {
        return cells.map(({ params }) => params);
      },
    },
    textOf(layerText),
    {
      spec: { kind: 'chain', members: cells },
      signature: textOf(layerSignature),
      ...(parts ? running(parts.specs, parts.shape) : { start: startChain(cells) }),
    },
  );
  return chained as C;
}

function memberCell(member: Member, i: number): AnyCell {
  const where = `chain[${i}]`;
  const cell = cellIn(where, 'member', member, 'to recur(chain(…), config)');
  if (cell) return cell;
  const { length } = member as (...args: never[]) => unknown;
  if (length > 1) {
    throw mismatch(
      where,
      'a layer, a cell or a stateless function x => y',
      `${describe(member)} of ${length} parameters`,
      'a plain stateful function enters as recur(fn, { initialState })',
    );
  }
  return functionCell(member as (x: never) => unknown, false);
}

/** The layers of a chain that is all equations, run as one. */
function equationParts(
  cells: readonly AnyCell[],
): { specs: readonly EquationSpec[]; shape: StateShape } | undefined {
  const specs: EquationSpec[] = [];
  const members: StateShape[] = [];
  for (const cell of cells) {
    const { spec, shape, initialState } = cell[internals];
    if (!shape || initialState !== undefined) return undefined;
    members.push(shape);
    specs.push(...(spec.kind === 'chain' ? equationSpecs(spec.members) : [spec as EquationSpec]));
  }
  return { specs, shape: { members } };
}

const equationSpecs = (cells: readonly AnyCell[]) => equationParts(cells)?.specs ?? [];

/** A machine of machines. */
interface Chained extends Machine {
  readonly machines: readonly Machine[];
}

/** Starts a chain of which some members are no equations, or begin elsewhere. */
function startChain(cells: readonly AnyCell[]) {
  return (state?: unknown, options: BirthOptions = {}): Machine =>
    chainMachine(cells, state, options);
}

function chainMachine(cells: readonly AnyCell[], state: unknown, options: BirthOptions): Machine {
  const isGiven = state !== undefined || options.restored;
  const isTuple = Array.isArray(state) && state.length === cells.length;
  demand(isTuple || !isGiven, 'chain.initialState', `a tuple of ${cells.length}`, state);
  const machines: Machine[] = [];
  /** What comes out of `turn`s of one member after another, each given what came out before. */
  const inTurn = (turn: (value: unknown, i: number) => unknown, value?: unknown) => {
    let i = 0;
    try {
      for (; i < cells.length; i++) value = turn(value, i);
      return value;
    } catch (error) {
      throw asRecurError(error, 'a member', { prefix: `chain[${i}].` });
    }
  };
  const release = () => {
    for (const machine of machines) machine.release();
  };
  try {
    inTurn((_, i) => {
      const next = cells[i + 1];
      // What goes from one cell of equations to the next is read at once and kept by nobody.
      const reuse = next ? !beginsWithFunction(next) : options.reuse;
      machines.push(cells[i][internals].start((state as unknown[])?.[i], { ...options, reuse }));
    });
  } catch (error) {
    release();
    throw error;
  }
  const step = (x: unknown, i: number) => machines[i].step(x);
  const chained: Chained = {
    get batch() {
      return machines.find(({ batch }) => batch !== null)?.batch ?? null;
    },
    step: x => inTurn(step, x),
    commit() {
      for (const machine of machines) machine.commit();
    },
    rollback() {
      for (const machine of machines) machine.rollback();
    },
    follow(other) {
      for (const [i, machine] of machines.entries()) machine.follow((other as Chained).machines[i]);
    },
    state: () => machines.map(machine => machine.state()),
    release,
    machines,
  };
  return chained;
}

/** True where a user's function, which may keep what it is given, reads the input. */
function beginsWithFunction(cell: AnyCell): boolean {
  const { spec } = cell[internals];
  return spec.kind === 'chain' ? beginsWithFunction(spec.members[0]) : spec.kind === 'function';
}
