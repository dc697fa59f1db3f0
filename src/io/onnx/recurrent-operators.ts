import { windowCell } from '../../layers/window.js';
import { added } from './add-layers.js';
import { axesText, ensure, type Flow, stepStride, tensorOf, type Value } from './flow.js';
import { integerOf, type Node } from './graph.js';
import type { LayerDraft } from './network.js';
import { checkBatch, flowIn, type Operator, optionalIn, type Reading, refused } from './reading.js';
import { layerOf, type RecurrentNode, recurrentNode } from './recurrent.js';
import { carriedIn } from './steps.js';

/** RNN, GRU and LSTM. */
export const recurrentOperators: Readonly<Record<string, Operator>> = {
  RNN: recurrent,
  GRU: recurrent,
  LSTM: recurrent,
};

function recurrent(node: Node, inputs: readonly Value[], reading: Reading) {
  const flow = flowIn(inputs, 0, reading);
  const batchFirst = integerOf(node, 'layout', 0) !== 0;
  const { dims } = flow;
  ensure(dims.length === 3, `X of the axes ${axesText(flow)}, not of three`);
  const [time, batch] = batchFirst ? [1, 0] : [0, 1];
  const isBatch = dims[batch] === 1 && flow.time !== batch;
  ensure(isBatch, `${axesText(flow)}, of which axis ${batch} is no batch`);
  const states = [5, 6].map(i => {
    const state = optionalIn(inputs, i);
    return state?.kind === 'tensor' ? carriedIn(state, reading) : state;
  });
  const own = recurrentNode(node, inputs, states);
  ensure(dims[2] === own.inputSize, `${axesText(flow)}, not ${own.inputSize} features`);
  const isInOrder = flow.time === undefined || flow.time === time;
  checkBatch(flow, [time, 2]);
  ensure(isInOrder, `the axes ${axesText(flow)} lie in another order`);
  const isStream = flow.time === time;
  const count = isStream ? flow.steps : dims[time];
  const isOpen = isStream && reading.openSteps !== undefined;
  checkLengths(optionalIn(inputs, 4), isOpen ? undefined : count);
  return outputsOf({ node, own, reading, flow, count, isStream, batchFirst });
}

/** Per-sequence lengths are data of the stream, which a layer is not given. */
function checkLengths(lengths: Value | undefined, size: number | undefined): void {
  if (!lengths) return;
  const hint = 'sequence_lens: give sequences of different lengths to mapSequences';
  ensure(lengths.kind === 'constant', hint);
  const values = lengths.values();
  ensure(values.length > 0 && values.every(n => n === values[0]), hint);
  ensure(
    size === values[0],
    `sequence_lens of ${values[0]} where the sequence has ${size ?? 'any number of'} steps`,
  );
}

interface Recurrence {
  readonly node: Node;
  readonly own: RecurrentNode;
  readonly reading: Reading;
  readonly flow: Flow;
  /** The steps of the stream, or of the window that each event is. */
  readonly count: number;
  readonly isStream: boolean;
  readonly batchFirst: boolean;
}

/**
 * The layer where its steps are: those of the stream, or of the window that each event is. With one
 * step in each event the state is kept, unless the caller says that events are sequences.
 */
function placed(
  { node, own, reading, count, isStream }: Recurrence,
  cells: RecurrentNode['cells'],
): LayerDraft {
  const { carried, direction, hiddenSize } = own;
  const { eventSteps } = reading;
  const width = hiddenSize * cells.length;
  const make = () => layerOf(direction, cells);
  const layer = { width, streams: direction === 'forward', make };
  const isCarried = carried.some(state => state !== undefined);
  ensure(!isCarried || isStream || count === 1, 'a state that is carried from window to window');
  if (isCarried || isStream) return layer;
  const isOne = eventSteps.mayKeep && count === 1 && direction === 'forward';
  if (isOne) eventSteps.one.push(node.where);
  else eventSteps.windows.push(count);
  if (isOne && eventSteps.keep) return layer;
  return { width: width * count, streams: true, make: () => windowCell(count, make()) };
}

/** Y, Y_h and Y_c. */
function outputsOf(all: Recurrence): (Value | Flow)[] {
  const { node, own, reading, flow, count, isStream, batchFirst } = all;
  const { hiddenSize, cells, cellStates } = own;
  const length = isStream ? 1 : count;
  const directions = cells.length;
  const dims = batchFirst
    ? [1, length, directions, hiddenSize]
    : [length, directions, 1, hiddenSize];
  const emit = (draft: LayerDraft) => added(reading, node, flow.numbers, draft, flow.steps);
  const y = emit(placed(all, cells));
  const why = 'Y_c as an input of other nodes';
  const c = emit(cellStates ? placed(all, cellStates) : refused(y.length, why));
  const axis = (at: number) => (flow.batch === undefined ? undefined : at);
  const time = isStream ? (batchFirst ? 1 : 0) : undefined;
  const batch = axis(batchFirst ? 0 : 2);
  return [{ ...flow, dims, time, batch, numbers: y }, last(all, 0, y), last(all, 1, c)];
}

/** The last value of a state variable, of each direction where it ends. */
function last(all: Recurrence, variable: number, numbers: Float64Array): Value {
  const { node, own, reading, flow, count, isStream, batchFirst } = all;
  const { hiddenSize, cells, direction, carried } = own;
  const directions = cells.length;
  const ids = Float64Array.from({ length: directions * hiddenSize }, (_, i) => {
    const d = Math.floor(i / hiddenSize);
    const isBackward = direction === 'reverse' || d === 1;
    const step = isBackward ? 0 : count - 1;
    const at = isStream ? i : step * directions * hiddenSize + i;
    return numbers[at] + (isStream ? step * stepStride : 0);
  });
  const final = { node: node.where, carried: carried[variable], ids };
  const draft = { ...refused(ids.length, 'a last state'), final };
  const made = reading.network.numbers(reading.network.add(node.where, [], draft, 1));
  const dims = batchFirst ? [1, directions, hiddenSize] : [directions, 1, hiddenSize];
  const batch = flow.batch === undefined ? undefined : batchFirst ? 0 : 1;
  return tensorOf({ kind: 'flow', dims, batch, steps: 1, numbers: made }, reading.batches);
}
