import { gruCell } from '../../cells/gru.js';
import { lstmCell } from '../../cells/lstm.js';
import { peepholeLstmCell } from '../../cells/peephole-lstm.js';
import { rnnCell } from '../../cells/rnn.js';
import type { CellOptions } from '../../graph/spec.js';
import { backwardCell, bidirectionalCell } from '../../layers/bidirectional.js';
import type { AnyCell } from '../../streams/cell.js';
import { startingFrom } from '../../streams/function-cell.js';
import { quoted } from '../json.js';
import { canonicalWeights, layouts, type RecurrentKind } from '../layouts.js';
import { type Carried, ensure, type Value } from './flow.js';
import { integerOf, type Node, textOf } from './graph.js';
import {
  cellStateCell,
  coupledCell,
  coupledParams,
  formOf,
  type LstmForm,
  peepholeParams,
} from './lstm-forms.js';
import { constantIn, optionalIn, weightsIn } from './reading.js';
import { optionsOf } from './recurrent-options.js';
import { parameterOf, weightsOf } from './tensor.js';

/** A recurrent node: a cell for each direction, and where its states come from. */
export interface RecurrentNode {
  readonly kind: RecurrentKind;
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly direction: 'forward' | 'reverse' | 'bidirectional';
  readonly cells: readonly (() => AnyCell)[];
  /** Of an LSTM: cells that put out their cell states; undefined where there is none. */
  readonly cellStates?: readonly (() => AnyCell)[] | undefined;
  /** Of each state variable: where it is carried in. */
  readonly carried: readonly (Carried | undefined)[];
}

/** A node RNN, GRU or LSTM, with every attribute; throws Unfit for what has no cell. */
export function recurrentNode(
  node: Node,
  inputs: readonly Value[],
  given: readonly (InitialState | undefined)[] = [],
): RecurrentNode {
  const { direction, ...shape } = shapeOf(node, inputs);
  const { kind, directions, inputSize, hiddenSize } = shape;
  const states = (kind === 'lstm' ? [0, 1] : [0]).map(i => given[i]);
  const decoded = new Map<number, Float32Array>();
  const carried = states.map(state => {
    if (!state || 'kind' in state) return undefined;
    ensure(directions === 1, 'a bidirectional layer whose state is given: it is no stream');
    return state;
  });
  const cellsOf = (form: LstmForm) =>
    Array.from({ length: directions }, (_, d) =>
      cellOf(node, inputs, { ...shape, form }, states, d, decoded),
    );
  const form = kind === 'lstm' ? formOf(node, inputs, shape) : lstmCell;
  // One of two layers would begin where the other one ended.
  const isTwice = kind === 'lstm' && form === lstmCell && !carried.some(state => state);
  return {
    ...{ kind, inputSize, hiddenSize },
    direction,
    cells: cellsOf(form),
    cellStates: isTwice ? cellsOf(cellStateCell) : undefined,
    carried,
  };
}

/** What the dimensions of a node's weights say; throws Unfit where they do not fit each other. */
function shapeOf(node: Node, inputs: readonly Value[]) {
  const kind = node.operator.toLowerCase() as RecurrentKind;
  const direction = textOf(node, 'direction', 'forward');
  const known = ['forward', 'reverse', 'bidirectional'].includes(direction);
  ensure(known, `direction ${quoted(direction)}`);
  const directions = direction === 'bidirectional' ? 2 : 1;
  const [w, r] = [constantIn(inputs, 1), constantIn(inputs, 2)];
  const gates = layouts.onnx[kind].length;
  const [count, rows, inputSize] = w.dims;
  const hiddenSize = r.dims[2];
  const fits =
    w.dims.length === 3 &&
    String(r.dims) === String([directions, gates * hiddenSize, hiddenSize]) &&
    count === directions &&
    rows === gates * hiddenSize &&
    integerOf(node, 'hidden_size', hiddenSize) === hiddenSize;
  ensure(
    fits && hiddenSize > 0 && inputSize > 0,
    `W [${w.dims}] and R [${r.dims}], which don't fit`,
  );
  const biasCount = optionalIn(inputs, 3) ? constantIn(inputs, 3).dims : undefined;
  const wanted = String([directions, 2 * gates * hiddenSize]);
  ensure(!biasCount || String(biasCount) === wanted, `B [${biasCount}], not [${wanted}]`);
  return {
    ...{ kind, directions, inputSize, hiddenSize },
    direction: direction as RecurrentNode['direction'],
  };
}

/** Where a state begins: numbers of the file, or what is carried in. */
type InitialState = Value | Carried;

/** A node's layer over the steps of a sequence. */
export function layerOf(
  direction: RecurrentNode['direction'],
  [forward, backward]: RecurrentNode['cells'],
): AnyCell {
  if (direction === 'forward') return forward();
  return direction === 'reverse'
    ? backwardCell(forward())
    : bidirectionalCell(forward(), 'concat', backward());
}

interface Shape {
  readonly kind: RecurrentKind;
  readonly directions: number;
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly form: LstmForm;
}

/** Makes the cell of one direction, once the whole file has been read. */
function cellOf(
  node: Node,
  inputs: readonly Value[],
  shape: Shape,
  states: readonly (InitialState | undefined)[],
  direction: number,
  /** Both directions' weights, by the node's input. */
  decoded: Map<number, Float32Array>,
): () => AnyCell {
  const { kind, directions, inputSize, hiddenSize, form } = shape;
  const options = optionsOf(node, shape, direction);
  const begins = states.map(state => initialOf(node, state, shape, direction));
  const part = (i: number) => {
    const values = decoded.get(i) ?? weightsIn(inputs, i);
    decoded.set(i, values);
    const length = values.length / directions;
    return values.subarray(direction * length, (direction + 1) * length);
  };
  const resetGate = integerOf(node, 'linear_before_reset', 0) ? 'after' : 'before';
  const hasBias = optionalIn(inputs, 3) !== undefined;
  return () => {
    const params = paramsOf(kind, part, {
      ...{ hasBias, hasPeepholes: form === peepholeLstmCell, coupled: form === coupledCell },
    });
    const given: CellOptions = { ...options, bias: hasBias, params };
    const cell =
      kind === 'rnn'
        ? rnnCell(inputSize, hiddenSize, given)
        : kind === 'gru'
          ? gruCell(inputSize, hiddenSize, { ...given, resetGate })
          : form(inputSize, hiddenSize, given);
    return startingFrom(cell, stateOf(kind, begins, hiddenSize));
  };
}

/** A cell's params from one direction's part of the node's inputs: W 1, R 2, B 3, P 7. */
function paramsOf(
  kind: RecurrentKind,
  part: (input: number) => Float32Array,
  {
    hasBias,
    hasPeepholes,
    coupled,
  }: { readonly hasBias: boolean; readonly hasPeepholes: boolean; readonly coupled: boolean },
) {
  const bias = hasBias ? part(3) : undefined;
  const half = bias && bias.length / 2;
  const canonical = canonicalWeights(layouts.onnx, kind, {
    kernel: part(1),
    recurrent: part(2),
    bias: bias?.subarray(0, half),
    recurrentBias: bias?.subarray(half),
  });
  const own = coupled ? coupledParams(canonical) : canonical;
  const all = { ...own, ...(hasPeepholes && peepholeParams(part(7))) };
  return Object.fromEntries(
    Object.entries(all).map(([name, values]) => [name, parameterOf(values)]),
  );
}

/** Where a state begins: numbers, or undefined for zeros. */
function initialOf(
  node: Node,
  state: InitialState | undefined,
  { directions, hiddenSize }: Omit<Shape, 'form'>,
  direction: number,
): Float32Array | undefined {
  if (state === undefined || !('kind' in state)) return undefined;
  ensure(state.kind === 'constant', 'an initial state that is computed from the input');
  const values = weightsOf(state);
  const { dims } = state;
  // [directions, batch, hidden]; with layout 1 [batch, directions, hidden].
  const batchFirst = integerOf(node, 'layout', 0) !== 0;
  const batch = dims[batchFirst ? 0 : 1];
  const isFit = dims.length === 3 && dims[batchFirst ? 1 : 0] === directions && batch > 0;
  ensure(isFit && dims[2] === hiddenSize, `an initial state of shape [${dims}]`);
  const rows = Array.from({ length: batch }, (_, b) => {
    const at = (batchFirst ? b * directions + direction : direction * batch + b) * hiddenSize;
    return values.slice(at, at + hiddenSize);
  });
  ensure(
    rows.every(row => String(row) === String(rows[0])),
    'an initial state for each sequence',
  );
  return rows[0].some(v => v !== 0) ? rows[0] : undefined;
}

function stateOf(
  kind: RecurrentKind,
  begins: readonly (Float32Array | undefined)[],
  size: number,
): unknown {
  if (begins.every(values => values === undefined)) return undefined;
  const [h, c] = begins.map(values => values ?? new Float32Array(size));
  return kind === 'lstm' ? { h, c } : h;
}
