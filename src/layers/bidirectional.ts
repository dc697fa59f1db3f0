import { demand, mismatch } from '../errors.js';
import { initialise } from '../graph/initialise.js';
import { type AnyCell, type Cell, internals, type Kind, shapesOf } from '../streams/cell.js';
import { equationCell } from '../streams/equation-cell.js';
import type { Flow, Through } from '../streams/flow.js';
import type { Member, WithCell } from '../streams/members.js';
import { layerText, memberCell } from '../streams/model.js';
import { type Combine, combinedSize, joins } from './combine.js';
import { layerCell } from './layer-cell.js';
import { composeSequences } from './sequence-layers.js';
import type { CellOf } from './taps.js';

/** What the outputs of both directions become. */
export type Merge = Combine | 'average';

/** The state of a layer that runs both ways: where the forward and the backward one begin. */
export type BidirectionalCell = Cell<readonly [unknown, unknown], number, number>;

export const bidirectionalKind: Kind = {
  name: 'bidirectional',
  settings: ['merge'],
  members: [2, 2],
  make: ({ merge }: { merge: Merge }, [forward, backward]) =>
    bidirectionalCell(forward, merge, backward),
};

export const backwardKind: Kind = {
  name: 'backward',
  members: [1, 1],
  make: (_, [layer]) => backwardCell(layer),
};

const looksAhead = 'it also runs from the last step to the first';

/**
 * A layer that runs through a sequence from the first step to the last and another one that runs
 * from the last to the first; an output a step, of both: 'concat' (forward, then backward), 'add',
 * 'multiply' or 'average'. Without `backward`, that is a layer like `forward` with parameters
 * drawn anew.
 *
 * It reads sequences as wholes: by `map`, with `chunks: true` (each chunk a sequence of its own)
 * or in a `window`; each begins at the initial state, a tuple of both layers'. A single step of a
 * stream is refused with a RecurError: its answer would need steps that have not come.
 *
 * Schuster & Paliwal 1997, "Bidirectional recurrent neural networks".
 *
 * @example
 * const m = stateful(bidirectionalCell(gruCell(2, 3)));
 * m.map([[1, 2], [3, 4]]).map(y => y.length); // → [ 6, 6 ]
 */
export function bidirectionalCell(
  forward: AnyCell | WithCell,
  merge: Merge = 'concat',
  backward?: AnyCell | WithCell,
): BidirectionalCell {
  const known = ['concat', 'add', 'multiply', 'average'].includes(merge);
  demand(known, 'bidirectional.merge', "'concat', 'add', 'multiply' or 'average'", merge);
  const first = memberCell('bidirectional', forward, 0);
  const second = memberCell('bidirectional', backward ?? drawnAnew(first), 1);
  const cells = [first, second];
  const { inputSize } = first;
  if (second.inputSize !== inputSize) {
    throw mismatch('bidirectional[1]', `input size ${inputSize}`, layerText(second));
  }
  const sizes = cells.map(({ outputSize }) => outputSize);
  const outputSize = combinedSize('bidirectional', merge === 'average' ? 'add' : merge, sizes);
  const through: Through = (flow, x) => {
    const there = flow.member(0, x);
    const back = backwards(flow, flow.member(1, backwards(flow, x)));
    return flow.joined(merge, [there, back], 'bidirectional');
  };
  const shown = merge === 'concat' ? '' : `; ${merge}`;
  return layerCell(
    {
      kind: bidirectionalKind,
      text: (ahead, back) => `Bidirectional(${ahead}, ${back}${shown})`,
      settings: { merge },
      members: cells,
      through,
      inputSize,
      outputSize,
    },
    composeSequences(looksAhead)({
      ...{ where: 'bidirectional', members: cells, through, inputSize, joins },
    }),
  );
}

/**
 * A layer that runs through a sequence from the last step to the first; its outputs are in the
 * order of the steps. It reads sequences as wholes, as `bidirectionalCell` does.
 *
 * @example
 * const sum = defineCell('Sum', "h' = h + W x")(1, 1, { params: { weightIh: [1] } });
 * String(stateful(backwardCell(sum)).map([1, 2, 3])); // → 6,5,3
 */
export function backwardCell<M extends AnyCell | WithCell>(layer: M): CellOf<M> {
  const cell = memberCell('backward', layer as Member, 0);
  const { inputSize, outputSize } = cell;
  const why = 'it runs from the last step to the first';
  const through: Through = (flow, x) => backwards(flow, flow.member(0, backwards(flow, x)));
  return layerCell(
    {
      kind: backwardKind,
      text: layer => `Backward(${layer})`,
      settings: {},
      members: [cell],
      through,
      inputSize,
      outputSize,
    },
    composeSequences(why)({ where: 'backward', members: [cell], through, inputSize }),
  );
}

/** A value from the last step to the first. */
const backwards = <V>(flow: Flow<V>, value: V) => flow.reversed?.(value) ?? value;

/** A layer of equations again, its parameters drawn as if it was new. */
function drawnAnew(cell: AnyCell): AnyCell {
  const { spec } = cell[internals];
  if (spec.kind !== 'equations') {
    const hint = 'give the layer that runs backwards, too';
    throw mismatch('bidirectional', 'one cell of equations', layerText(cell), hint);
  }
  const { plan, declarations } = spec.definition;
  const params = initialise(plan, shapesOf(spec), declarations, spec.sizes.hidden);
  return equationCell({ ...spec, params });
}
