import { outputSize, place, type Unit } from '../code/units.js';
import { mismatch } from '../errors.js';
import { type AnyCell, internals, type Join, type Kind, type WholeRuns } from '../streams/cell.js';
import type { ChainCell, Fitting, Member } from '../streams/members.js';
import { layerText, memberCell } from '../streams/model.js';
import type { StateShape } from '../streams/state.js';
import { startChain } from './chain-machine.js';
import { layerCell, type Runs } from './layer-cell.js';
import { isMarker, passingOf } from './passing.js';

export const chainKind: Kind = {
  name: 'chain',
  make: (_, members) => chainOf(members),
};

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
  return layerCell<C>(
    {
      kind: chainKind,
      text: (...texts) => `Chain(${texts.join(', ')})`,
      settings: {},
      members: cells,
      inputSize,
      outputSize,
    },
    runsOf(cells, inputSize),
  );
}

/** How a chain runs: as one program, as a whole, or member by member. */
function runsOf(cells: readonly AnyCell[], inputSize: Size): Runs {
  const reading = cells.find(cell => cell[internals].compose);
  if (reading) return reading[internals].compose?.(cells) as WholeRuns;
  return (inputSize && programOf(cells, inputSize)) || { start: startChain(cells) };
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
