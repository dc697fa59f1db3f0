import { sizeOf } from '../../arrays/ndarray.js';
import { exposedCell } from '../../layers/exposed.js';
import { windowCell } from '../../layers/window.js';
import { type AnyCell, internals } from '../../streams/cell.js';
import type { Value } from './flow.js';
import { integerOf, type Node } from './graph.js';
import { layerOf, type RecurrentNode, recurrentNode } from './recurrent.js';
import { type Constant, constantOf } from './tensor.js';
import { ensure } from './unfit.js';
import { perRow } from './whole-dense.js';
import type { Tensor } from './whole-program.js';
import {
  givenIn,
  idsInOrder,
  tensorIn,
  type WholeOperator,
  type WholeReading,
  type WholeValue,
} from './whole-reading.js';

export const wholeRecurrentOperators: Readonly<Record<string, WholeOperator>> = {
  RNN: recurrent,
  GRU: recurrent,
  LSTM: recurrent,
};

/** Steps of a window with a state of its own, one by one. */
const mostSteps = 64;

/** A recurrent node, and its input `[batch, steps, features]`. */
interface Recurrence {
  readonly node: Node;
  readonly own: RecurrentNode;
  readonly batch: number;
  readonly steps: number;
  readonly x: Float64Array;
  readonly reading: WholeReading;
}

function recurrent(
  node: Node,
  inputs: readonly WholeValue[],
  reading: WholeReading,
): readonly Tensor[] {
  const x = tensorIn(inputs, 0, reading);
  const { dims } = x.ids;
  const batchFirst = integerOf(node, 'layout', 0) !== 0;
  ensure(dims.length === 3 && sizeOf(dims) > 0, `X of shape [${dims}]`);
  const [steps, batch] = batchFirst ? [dims[1], dims[0]] : dims;
  checkLengths(givenIn(inputs, 4), steps);
  const own = recurrentNode(node, withoutStates(inputs));
  ensure(dims[2] === own.inputSize, `X of shape [${dims}] for ${own.inputSize} features`);
  const ids = idsInOrder(x, batchFirst ? [0, 1, 2] : [1, 0, 2], reading.budget);
  const all: Recurrence = { node, own, batch, steps, x: ids, reading };
  const variables = own.kind === 'lstm' ? 2 : 1;
  const begins = Array.from({ length: variables }, (_, i) =>
    beginning(all, givenIn(inputs, 5 + i), batchFirst),
  );
  const isCarried = begins.some(begin => begin.some(id => id !== 0));
  const isInWindow = steps > 1 && !isCarried && !reading.isRead(node.outputs[2]);
  const made = isInWindow ? windowed(all) : stepByStep(all, begins);
  return outputsOf(all, made, batchFirst);
}

/** What makes the cells, which begin at zeros: states are inputs of what is made of them. */
function withoutStates(inputs: readonly WholeValue[]): Value[] {
  return inputs.map((value, i): Value => {
    if ((i > 3 && i < 7) || i === 0) return { kind: 'absent' };
    ensure(value.kind !== 'tensor', `input ${i} is computed`);
    return value;
  });
}

function checkLengths(lengths: Constant | Tensor | undefined, steps: number): void {
  if (!lengths) return;
  const isFull = lengths.kind === 'constant' && lengths.values().every(n => n === steps);
  ensure(isFull, `sequence_lens other than ${steps}: give such sequences to mapSequences`);
}

/** The ids of a state `[directions, batch, hidden]`; zeros where none is given. */
function beginning(
  { own, batch, reading }: Recurrence,
  state: Constant | Tensor | undefined,
  batchFirst: boolean,
): Float64Array {
  const directions = own.cells.length;
  const dims = [directions, batch, own.hiddenSize];
  if (!state) return new Float64Array(sizeOf(dims));
  const { program, budget } = reading;
  const values = program.idsOf(state);
  const given = state.kind === 'tensor' ? state.ids.dims : state.dims;
  const wanted = batchFirst ? [batch, directions, own.hiddenSize] : dims;
  ensure(String(given) === String(wanted), `an initial state of shape [${given}], not [${wanted}]`);
  const tensor = { kind: 'tensor', ids: constantOf('', given, values) } as const;
  return batchFirst ? idsInOrder(tensor, [1, 0, 2], budget) : values;
}

/** Ids of Y `[directions, batch, steps, hidden]`, and of the last states, without its steps. */
interface Outputs {
  readonly y: Float64Array;
  readonly last: readonly Float64Array[];
}

/** A sequence that begins at zeros with each event. */
function windowed({ node, own, batch, steps, x, reading }: Recurrence): Outputs {
  const { hiddenSize: size, cells, direction } = own;
  const width = cells.length * size;
  const make = () => perRow(batch, windowCell(steps, layerOf(direction, cells)));
  const base = reading.program.add({
    ...{ where: node.where, reads: x, size: batch * steps * width },
    make,
  });
  const y = new Float64Array(batch * steps * width);
  const last = new Float64Array(batch * width);
  let [to, end] = [0, 0];
  for (const d of cells.keys()) {
    const isBackward = direction === 'reverse' || d === 1;
    for (let b = 0; b < batch; b++) {
      const at = (t: number) => base + (b * steps + t) * width + d * size;
      for (let t = 0; t < steps; t++) for (let k = 0; k < size; k++) y[to++] = at(t) + k;
      for (let k = 0; k < size; k++) last[end++] = at(isBackward ? 0 : steps - 1) + k;
    }
  }
  return { y, last: [last] };
}

/** Each step by a cell that is given its states. */
function stepByStep(all: Recurrence, begins: readonly Float64Array[]): Outputs {
  const { own, batch, steps } = all;
  const { hiddenSize: size, cells, direction } = own;
  ensure(steps * cells.length <= mostSteps, `a state that is given to ${steps} steps`);
  const y = new Float64Array(cells.length * batch * steps * size);
  const last = begins.map(begin => begin.slice());
  for (const d of cells.keys()) {
    const isBackward = direction === 'reverse' || d === 1;
    let states = begins.map(begin => begin.subarray(d * batch * size, (d + 1) * batch * size));
    for (let i = 0; i < steps; i++) {
      const t = isBackward ? steps - 1 - i : i;
      states = step(all, cells[d], t, states);
      for (let b = 0; b < batch; b++) {
        const row = states[0].subarray(b * size, (b + 1) * size);
        y.set(row, ((d * batch + b) * steps + t) * size);
      }
    }
    for (const [v, ids] of states.entries()) last[v].set(ids, d * batch * size);
  }
  return { y, last };
}

/** One step of all rows of a batch: the ids of the next states. */
function step(
  { node, own, batch, steps, x, reading }: Recurrence,
  make: () => AnyCell,
  t: number,
  states: readonly Float64Array[],
): Float64Array[] {
  const { inputSize, hiddenSize: size } = own;
  const names = own.kind === 'lstm' ? ['h', 'c'] : ['h'];
  const width = inputSize + names.length * size;
  const reads = new Float64Array(batch * width);
  const made = (1 + names.length) * size;
  for (let b = 0; b < batch; b++) {
    const row = (b * steps + t) * inputSize;
    reads.set(x.subarray(row, row + inputSize), b * width);
    for (const [v, ids] of states.entries()) {
      const own = ids.subarray(b * size, (b + 1) * size);
      reads.set(own, b * width + inputSize + v * size);
    }
  }
  const base = reading.program.add({
    ...{ where: node.where, reads, size: batch * made },
    // Y and the next h are of h, the next c is of c.
    links: at => {
      const [row, place] = [Math.floor(at / made), at % made];
      const [v, k] = [Math.max(0, Math.floor(place / size) - 1), place % size];
      return [states[v][row * size + k]];
    },
    make: () => perRow(batch, exposedIn(make(), names)),
  });
  return names.map((_, v) =>
    Float64Array.from({ length: batch * size }, (_, i) => {
      return base + Math.floor(i / size) * made + (v + 1) * size + (i % size);
    }),
  );
}

/** A cell whose states are given in this order. */
function exposedIn(cell: AnyCell, names: readonly string[]): AnyCell {
  const { spec } = cell[internals];
  const own = spec.kind === 'equations' ? spec.definition.plan.states.map(({ name }) => name) : [];
  ensure(String(own) === String(names), `states ${own}`);
  return exposedCell(cell);
}

/** Y, Y_h and Y_c, with the axes in ONNX's order. */
function outputsOf(
  { own, batch, steps, reading }: Recurrence,
  { y, last }: Outputs,
  batchFirst: boolean,
): Tensor[] {
  const { program, budget } = reading;
  const [directions, size] = [own.cells.length, own.hiddenSize];
  const all = program.tensor([directions, batch, steps, size], y);
  const order = batchFirst ? [1, 2, 0, 3] : [2, 0, 1, 3];
  const dims = order.map(axis => all.ids.dims[axis]);
  return [
    program.tensor(dims, idsInOrder(all, order, budget)),
    ...last.map(ids => {
      const state = program.tensor([directions, batch, size], ids);
      if (!batchFirst) return state;
      return program.tensor([batch, directions, size], idsInOrder(state, [1, 0, 2], budget));
    }),
  ];
}
