import {
  type AnyCell,
  internals,
  type Join,
  makeCell,
  running,
  type SameForm,
  type WholeRuns,
} from '../equations/cell.js';
import type { StateShape } from '../equations/state.js';
import { place, type Unit } from '../equations/units.js';
import { demand, describe, mismatch } from '../errors.js';
import { startChain } from './chain-machine.js';
import { functionCell } from './function-cell.js';
import { isBareTap, joinOf, readOf, tapOf } from './markers.js';
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
  return recurrent && spec.kind !== 'chain' && spec.kind !== 'layer' ? `Recur(${text})` : text;
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
  const cells = members.map((member, i) => memberCell('chain', member, i));
  if (cells.length === 0) throw mismatch('chain', 'at least one member', 'none');
  const sizes = sizesOf(cells);
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
      inputSize: sizes[0],
      outputSize: sizes[cells.length],
      hiddenSize: cells.reduce((sum, { hiddenSize }) => sum + hiddenSize, 0),
      get params() {
        return cells.map(({ params }) => params);
      },
    },
    textOf(layerText),
    {
      spec: { kind: 'chain', members: cells },
      signature: textOf(layerSignature),
      ...runsOf(cells, sizes),
    },
  );
  return chained as C;
}

/** How a chain runs: as one program, as a whole, or member by member. */
function runsOf(cells: readonly AnyCell[], sizes: readonly (number | undefined)[]) {
  const reading = cells.find(cell => cell[internals].compose);
  if (reading) return reading[internals].compose?.(cells) as WholeRuns;
  const parts = programOf(cells, sizes);
  return parts ? running(parts.units, parts.shape) : { start: startChain(cells) };
}

/** The size before each member, and after the last; undefined where a plain function makes it. */
function sizesOf(cells: readonly AnyCell[]): readonly (number | undefined)[] {
  const taps = new Map<string, number | undefined>();
  // Taps alone take what the first layer after them takes.
  const first = cells.find(cell => !isBareTap(cell));
  let size = first && !readOf(first) ? first.inputSize : undefined;
  const sizes = [size];
  for (const [i, cell] of cells.entries()) {
    const { inputSize } = cell;
    if (size !== undefined && inputSize !== undefined && size !== inputSize) {
      const before = readOf(cells[i - 1]) ? 'what was read' : layerText(cells[i - 1]);
      const expected = `input size ${size}, the output size of ${before}`;
      throw mismatch(`chain[${i}]`, expected, layerText(cell));
    }
    const read = readOf(cell)?.map(name => {
      const names = [...taps.keys()].join(', ') || 'none';
      demand(taps.has(name), `chain[${i}].read`, `the name of an earlier tap (${names})`, name);
      return taps.get(name);
    });
    if (read)
      size = read.reduce<number | undefined>((sum, n = NaN) => (sum ?? 0) + n, 0) || undefined;
    else if (!isBareTap(cell)) size = cell.outputSize;
    const tap = tapOf(cell);
    if (tap) {
      demand(!taps.has(tap.name), `chain[${i}].tap`, 'a name that is not taken', tap.name);
      taps.set(tap.name, size);
    }
    sizes.push(size);
  }
  return sizes;
}

/** The cell of a member; a stateless function is made one. */
export function memberCell(of: string, member: Member, i: number): AnyCell {
  const where = `${of}[${i}]`;
  const cell = cellIn(where, 'member', member, `to recur(${of}(…), config)`);
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

/** The units of a chain whose members can run as one program, and its states. */
function programOf(
  cells: readonly AnyCell[],
  sizes: readonly (number | undefined)[],
): { units: readonly Unit[]; shape: StateShape } | undefined {
  const units: Unit[] = [];
  const members: StateShape[] = [];
  const taps = new Map<string, number>();
  const sizeAfter = new Map<number, number>();
  let current = -1;
  let joining: Join | undefined;
  for (const [i, cell] of cells.entries()) {
    const { engines, shape, initialState } = cell[internals];
    const join = joinOf(cell);
    if (join) {
      joining = join;
      const from = (readOf(cell) as string[]).map(name => taps.get(name) as number);
      const parts = from.map(u => sizeAfter.get(u) as number);
      if (from.length === 1) [current] = from;
      else {
        units.push({ spec: join.unit(parts), from, where: `chain[${i}].read` });
        current = units.length - 1;
      }
    } else if (!isBareTap(cell)) {
      if (!engines || initialState !== undefined) return undefined;
      current = place(units, engines.units, current, `chain[${i}].`);
    }
    members.push(shape ?? { layer: 'tap', variables: [] });
    if (sizes[i + 1] === undefined) return undefined;
    sizeAfter.set(current, sizes[i + 1] as number);
    const tap = tapOf(cell);
    if (tap) taps.set(tap.name, current);
  }
  // The last unit has the answer: where it was read, it moves there.
  if (joining && current !== units.length - 1) {
    const spec = joining.unit([sizes[cells.length] as number]);
    units.push({ spec, from: [current], where: 'chain' });
  }
  return { units, shape: { members } };
}
