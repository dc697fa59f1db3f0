import { backwardCell, bidirectionalCell } from '../../layers/bidirectional.js';
import { sliceCell } from '../../layers/moves.js';
import { windowCell } from '../../layers/window.js';
import {
  type Axis,
  axesText,
  ensure,
  type FeatureAxis,
  type Flow,
  flowOf,
  isBatch,
  one,
  placeOf,
  type Value,
} from './flow.js';
import { integerOf, type Node } from './graph.js';
import type { LayerDraft } from './network.js';
import { flowIn, type Operator, optionalIn, pointwise, type Reading, refused } from './reading.js';
import { finalOf, type RecurrentNode, recurrentNode } from './recurrent.js';

/** RNN, GRU and LSTM. */
export const recurrentOperators: Readonly<Record<string, Operator>> = {
  RNN: recurrent,
  GRU: recurrent,
  LSTM: recurrent,
};

function recurrent(node: Node, inputs: readonly Value[], reading: Reading): Value[] {
  const flow = flowIn(inputs);
  const own = recurrentNode(node, inputs);
  const batchFirst = integerOf(node, 'layout', 0) !== 0;
  ensure(flow.axes.length === 3, `X of the axes ${axesText(flow)}, not of three`);
  const [first, second, features] = flow.axes;
  const [time, batch] = batchFirst ? [second, first] : [first, second];
  ensure(isBatch(batch), `${axesText(flow)}, of which axis ${batchFirst ? 0 : 1} is no batch`);
  const size = features.role === 'feature' ? features.size : features.role === 'one' ? 1 : 0;
  ensure(size === own.inputSize, `${axesText(flow)}, not ${own.inputSize} features`);
  checkLengths(optionalIn(inputs, 4), time);

  const isInOrder = features.role !== 'feature' || placeOf(flow, features).inner === 1;
  ensure(isInOrder && time.role !== 'batch', `the axes ${axesText(flow)} lie in another order`);
  return outputsOf({ node, own, reading, flow, time, batch, batchFirst });
}

/** A node's layer over the steps of a sequence. */
function layerOf(
  { direction, hiddenSize }: RecurrentNode,
  cells: RecurrentNode['cells'],
): LayerDraft {
  const [forward, backward] = cells;
  if (direction === 'forward') return { width: hiddenSize, streams: true, make: forward };
  if (direction === 'reverse') {
    return { width: hiddenSize, streams: false, make: () => backwardCell(forward()) };
  }
  return {
    width: 2 * hiddenSize,
    streams: false,
    make: () => bidirectionalCell(forward(), 'concat', backward()),
  };
}

/**
 * The layer where its steps are: those of the stream, or of the window that each event is. With one
 * step in each event the state is kept, unless the caller says that events are sequences.
 */
function placed(
  { where }: Node,
  layer: LayerDraft,
  time: Axis,
  { carried, direction }: RecurrentNode,
  { eventSteps }: Reading,
): LayerDraft {
  const count = time.role === 'one' ? 1 : time.size;
  const isStream = time.role === 'time';
  const isCarried = carried.some(state => state !== undefined);
  ensure(!isCarried || isStream || count === 1, 'a state that is carried from window to window');
  if (isCarried) return layer;
  if (eventSteps.mayKeep && count === 1 && direction === 'forward') {
    eventSteps.one.push(where);
    return eventSteps.keep ? layer : inEvents(layer, 1);
  }
  if (isStream) return layer;
  eventSteps.windows.push(count as number);
  return inEvents(layer, count as number);
}

/** A layer for which each event is a sequence of its own. */
function inEvents(layer: LayerDraft, count: number): LayerDraft {
  return {
    width: layer.width * count,
    streams: true,
    make: () => windowCell(count, layer.make()),
  };
}

/** Per-sequence lengths are data of the stream, which a layer is not given. */
function checkLengths(lengths: Value | undefined, time: Axis): void {
  if (!lengths) return;
  const hint = 'sequence_lens: give sequences of different lengths to mapSequences';
  ensure(lengths.kind === 'constant', hint);
  const values = lengths.values();
  const size = time.role === 'one' ? 1 : (time as { size?: number }).size;
  ensure(values.length > 0 && values.every(n => n === values[0]), hint);
  ensure(
    size === values[0],
    `sequence_lens of ${values[0]} where the sequence has ${size ?? 'any number of'} steps`,
  );
}

interface Made {
  readonly node: Node;
  readonly own: RecurrentNode;
  readonly reading: Reading;
  readonly flow: Flow;
  readonly time: Axis;
  readonly batch: Axis;
  readonly batchFirst: boolean;
}

/** Y, Y_h and Y_c. */
function outputsOf({ node, own, reading, flow, time, batch, batchFirst }: Made): Flow[] {
  const { hiddenSize } = own;
  const hidden: FeatureAxis = { role: 'feature', size: hiddenSize };
  const both: FeatureAxis = { role: 'feature', size: 2 };
  const isBoth = own.direction === 'bidirectional';
  const direction: Axis = isBoth ? both : one;
  const layout = isBoth ? [both, hidden] : [hidden];
  const all = time.role === 'feature' ? [time, ...layout] : layout;
  const axes = batchFirst ? [batch, time, direction, hidden] : [time, direction, batch, hidden];
  const finalAxes = batchFirst ? [batch, direction, hidden] : [direction, batch, hidden];
  const { network } = reading;
  const signal = network.add(
    node.where,
    flow.parts,
    placed(node, layerOf(own, own.cells), time, own, reading),
  );
  const last = (variable: number, from: number, parts: readonly number[]): Flow => ({
    ...flowOf(from, finalAxes, layout),
    parts,
    finals: [finalOf(node, own, variable)],
  });
  const cells = network.add(node.where, flow.parts, cellStateDraft(node, own, time, reading));
  return [
    flowOf(signal, axes, all),
    last(0, signal, lastOf(own, reading, node, signal, time)),
    last(1, cells, lastOf(own, reading, node, cells, time)),
  ];
}

/** A layer of the cell states, beside that of the hidden ones: no layer puts out both. */
function cellStateDraft(node: Node, own: RecurrentNode, time: Axis, reading: Reading): LayerDraft {
  const { cellStates } = own;
  if (cellStates) return placed(node, layerOf(own, cellStates), time, own, reading);
  const count =
    (own.direction === 'bidirectional' ? 2 : 1) * (time.role === 'feature' ? time.size : 1);
  return refused(count * own.hiddenSize, 'Y_c as an input of other nodes');
}

/** The signals of Y_h or Y_c: of each direction where it ends. */
function lastOf(
  { direction, hiddenSize }: RecurrentNode,
  { network, first, last }: Reading,
  node: Node,
  signal: number,
  time: Axis,
): readonly number[] {
  const steps = time.role === 'one' ? 1 : time.size;
  if (steps === 1) return [signal];
  const count = direction === 'bidirectional' ? 2 : 1;
  const isWindow = time.role === 'feature';
  const width = (isWindow ? (steps as number) : 1) * count * hiddenSize;
  const part = (begin: number) => {
    if (width === hiddenSize) return signal;
    const draft = pointwise(hiddenSize, () => sliceCell(width, begin, begin + hiddenSize));
    return network.add(node.where, [signal], draft);
  };
  return Array.from({ length: count }, (_, d) => {
    const isBackward = direction === 'reverse' || d === 1;
    if (isWindow) return part(((isBackward ? 0 : (steps as number) - 1) * count + d) * hiddenSize);
    return (isBackward ? first : last)(node, part(d * hiddenSize), hiddenSize);
  });
}
