import { mismatch } from '../errors.js';
import type { Cell, Kind } from '../streams/cell.js';
import { carriedBy } from '../streams/children.js';
import type { Through } from '../streams/flow.js';
import type { SameForm } from '../streams/forms.js';
import type {
  ChainParams,
  ChainState,
  Member,
  PortMember,
  SharedInputs,
} from '../streams/members.js';
import { layerText, memberCell } from '../streams/model.js';
import { type Combine, checkCombine, combinedSize, joins } from './combine.js';
import { composed } from './compose.js';
import { layerCell } from './layer-cell.js';

/** A cell of branches: its state is a tuple with one entry a branch. */
export type BranchedCell<M extends readonly unknown[]> = Cell<
  ChainState<M>,
  SharedInputs<M>,
  number,
  SameForm,
  ChainParams<M>
>;

export const parallelKind: Kind = {
  name: 'parallel',
  settings: ['combine'],
  members: [1, 1024],
  make: ({ combine }: { combine: Combine }, [first, ...others]) =>
    parallelCell(combine, first, ...others),
};

export const skipKind: Kind = {
  name: 'skip',
  settings: ['combine'],
  members: [1, 1],
  make: ({ combine }: { combine: Combine }, [layer]) => skipCell(layer, combine),
};

/**
 * Layers that are all fed the same input, and their outputs combined: 'concat' puts them one
 * after another, 'add' and 'multiply' need outputs of one size. Flux's `Parallel`. The state is a
 * tuple with one entry a branch.
 *
 * Throws a RecurError for sizes that disagree, and for a branch with configuration of its own.
 *
 * @example
 * const cell = parallelCell('concat', denseCell(2, 3), gruCell(2, 4));
 * cell(undefined, [1, 2])[1].length; // → 7
 */
export function parallelCell<const M extends readonly [PortMember, ...PortMember[]]>(
  combine: Combine,
  ...branches: M
): BranchedCell<M> {
  checkCombine('parallel', combine);
  const own = branches.map((branch, i) => memberCell('parallel', branch, i));
  if (own.length === 0) throw mismatch('parallel', 'at least one branch', 'none');
  const joined = carriedBy(own, 'ports')?.joined('parallel', own);
  const cells = joined?.members ?? own;
  const sized = cells.find(({ inputSize }) => inputSize !== undefined);
  const inputSize = sized?.inputSize;
  for (const [i, cell] of cells.entries()) {
    if (cell.inputSize === undefined || cell.inputSize === inputSize) continue;
    throw mismatch(`parallel[${i}]`, `input size ${inputSize}`, layerText(cell));
  }
  const sizes = cells.map(({ outputSize }) => outputSize);
  const outputSize = combinedSize('parallel', combine, sizes);
  const through: Through = (flow, x) =>
    flow.joined(
      combine,
      cells.map((_, i) => flow.member(i, x)),
      'parallel',
    );
  const runs = composed({ where: 'parallel', members: cells, through, inputSize, joins });
  return layerCell(
    {
      kind: parallelKind,
      text: (...branches) => `Parallel(${combine}, ${branches.join(', ')})`,
      settings: { combine },
      members: own,
      through,
      inputSize,
      outputSize,
      ...joined?.sizes,
    },
    joined?.runs(runs) ?? runs,
  );
}

/**
 * A layer and a way around it: its output and its input combined, in this order. Flux's
 * `SkipConnection`. The state is a tuple with that of the layer.
 *
 * Throws a RecurError where 'add' or 'multiply' meet sizes that differ.
 *
 * @example
 * const cell = skipCell(denseCell(2, 2, { params: { weight: [1, 0, 0, 1], bias: [0, 0] } }),
 * 'add'); cell(undefined, [1, 2])[1]; // → Float32Array(2) [ 2, 4 ]
 */
export function skipCell<const M extends Member>(
  layer: M,
  combine: Combine = 'add',
): BranchedCell<readonly [M]> {
  checkCombine('skip', combine);
  const cell = memberCell('skip', layer, 0);
  const { inputSize, outputSize } = cell;
  const through: Through = (flow, x) => flow.joined(combine, [flow.member(0, x), x], 'skip');
  return layerCell(
    {
      kind: skipKind,
      text: layer => `Skip(${layer}, ${combine})`,
      settings: { combine },
      members: [cell],
      through,
      inputSize,
      outputSize: combinedSize('skip', combine, [outputSize, inputSize]),
    },
    composed({ where: 'skip', members: [cell], through, inputSize, joins }),
  );
}
