import { mismatch } from '../errors.js';
import { type AnyCell, internals, type Kind } from '../streams/cell.js';
import { carriedBy } from '../streams/children.js';
import type { Flow, Joins, Through } from '../streams/flow.js';
import type { ChainCell, Fitting, PortMember } from '../streams/members.js';
import { layerText, memberCell } from '../streams/model.js';
import { composed } from './compose.js';
import { layerCell } from './layer-cell.js';

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
export function chainCell<const M extends readonly [PortMember, ...PortMember[]]>(
  ...members: M & Fitting<M>
): ChainCell<M> {
  return chainOf(members) as unknown as ChainCell<M>;
}

/** `chainCell` for members whose types are not known; C is what the caller knows of the result. */
export function chainOf<C extends AnyCell>(members: readonly PortMember[]): C {
  const cells = members.map((member, i) => memberCell('chain', member, i));
  if (cells.length === 0) throw mismatch('chain', 'at least one member', 'none');
  const joined = carriedBy(cells, 'ports')?.joined('chain', cells);
  const fitting = joined?.members ?? cells;
  const marks = carriedBy(cells, 'marks');
  const joins = marks?.joins;
  const through = marks?.throughOf(fitting) ?? inTurn(fitting.length);
  const [inputSize, outputSize] = sizesOf(fitting, through, joins);
  const runs = composed({ where: 'chain', members: fitting, through, inputSize, joins });
  return layerCell<C>(
    {
      kind: chainKind,
      text: (...texts) => `Chain(${texts.join(', ')})`,
      settings: {},
      members: cells,
      through,
      inputSize,
      outputSize,
      ...joined?.sizes,
    },
    joined?.runs(runs) ?? runs,
  );
}

/** Through one member after another. */
function inTurn(count: number): Through {
  return (flow, input) => {
    let value = input;
    for (let i = 0; i < count; i++) value = flow.member(i, value);
    return value;
  };
}

type Size = number | undefined;

/** The sizes of input and output; undefined where a plain function makes it. */
function sizesOf(
  cells: readonly AnyCell[],
  through: Through,
  joins: Joins | undefined,
): readonly [Size, Size] {
  // Taps alone take what the first layer after them takes.
  const first = cells.find(cell => !cell[internals].marks?.bare)?.inputSize;
  const flow: Flow<Size> = {
    member(i, size) {
      const { inputSize, outputSize } = cells[i];
      if (size !== undefined && inputSize !== undefined && size !== inputSize) {
        const expected = `input size ${size}, the output size of ${layerText(cells[i - 1])}`;
        throw mismatch(`chain[${i}]`, expected, layerText(cells[i]));
      }
      return outputSize;
    },
    joined: (_, sizes) => joins?.size(sizes),
  };
  return [first, through(flow, first)];
}
