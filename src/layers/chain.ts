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
import { outputSize, place, type Unit } from '../equations/units.js';
import { demand, describe, mismatch } from '../errors.js';
import { startChain } from './chain-machine.js';
import { functionCell } from './function-cell.js';
import { type ChainCell, carried, type Fitting, type Member, type WithCell } from './members.js';
import { isMarker, passingOf } from './passing.js';

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
  const [inputSize, outputSize] = sizesOf(cells);
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
      inputSize,
      outputSize,
      hiddenSize: cells.reduce((sum, { hiddenSize }) => sum + hiddenSize, 0),
      get params() {
        return cells.map(({ params }) => params);
      },
    },
    textOf(layerText),
    {
      spec: { kind: 'chain', members: cells },
      signature: textOf(layerSignature),
      ...runsOf(cells, inputSize),
    },
  );
  return chained as C;
}

/** How a chain runs: as one program, as a whole, or member by member. */
function runsOf(cells: readonly AnyCell[], inputSize: Size) {
  const reading = cells.find(cell => cell[internals].compose);
  if (reading) return reading[internals].compose?.(cells) as WholeRuns;
  const parts = inputSize && programOf(cells, inputSize);
  return parts ? running(parts.units, parts.shape) : { start: startChain(cells) };
}

type Size = number | undefined;

/** The sizes of input and output; undefined where a plain function makes it. */
function sizesOf(cells: readonly AnyCell[]): readonly [Size, Size] {
  // Taps alone take what the first layer after them takes.
  const first = cells.find(cell => !cell[internals].marks?.bare)?.inputSize;
  const turn = (size: Size, i: number) => {
    const { inputSize, outputSize } = cells[i];
    if (size !== undefined && inputSize !== undefined && size !== inputSize) {
      const expected = `input size ${size}, the output size of ${layerText(cells[i - 1])}`;
      throw mismatch(`chain[${i}]`, expected, layerText(cells[i]));
    }
    return outputSize;
  };
  const total = (sizes: readonly Size[]) =>
    sizes.includes(undefined) ? undefined : sizes.reduce<number>((sum, n = 0) => sum + n, 0);
  return [first, passingOf(cells)(cells, first, turn, (_, sizes) => total(sizes))];
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
  inputSize: number,
): { units: readonly Unit[]; shape: StateShape } | undefined {
  for (const cell of cells) {
    const { engines, initialState } = cell[internals];
    if (!isMarker(cell) && (!engines || initialState !== undefined)) return undefined;
  }
  const units: Unit[] = [];
  let joining: Join | undefined;
  const add = (join: Join, sizes: readonly number[], from: readonly number[], where: string) =>
    units.push({ spec: join.unit(sizes), from, where }) - 1;
  const sizeOf = (u: number) => (u < 0 ? inputSize : outputSize(units[u].spec));
  const answer = passingOf(cells)(
    cells,
    -1,
    (input, i) => place(units, cells[i][internals].engines?.units ?? [], input, `chain[${i}].`),
    (join, from, i) => {
      joining = join;
      return from.length === 1 ? from[0] : add(join, from.map(sizeOf), from, `chain[${i}].read`);
    },
  );
  if (!units.length) return undefined;
  // The last unit has the answer: where it was read, it moves there.
  if (joining && answer !== units.length - 1) add(joining, [sizeOf(answer)], [answer], 'chain');
  const members = cells.map(cell => cell[internals].shape ?? { layer: 'tap', variables: [] });
  return { units, shape: { members } };
}
