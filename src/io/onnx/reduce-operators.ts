import { sizeOf } from '../../arrays/ndarray.js';
import { activationCell, type ComposedName } from '../../cells/activation.js';
import type { Activation } from '../../graph/activations.js';
import { globalAveragePool1dCell, globalMaxPool1dCell } from '../../layers/pooling.js';
import { windowCell } from '../../layers/window.js';
import type { AnyCell } from '../../streams/cell.js';
import { added, mapped, numbersInOrder, onVectors } from './add-layers.js';
import { axesText, ensure, type Flow, type Value } from './flow.js';
import { integerOf, type Node } from './graph.js';
import { reducedAxes } from './ranges.js';
import {
  checkBatch,
  constantIn,
  flowIn,
  type Operator,
  optionalIn,
  pointwise,
  type Reading,
} from './reading.js';

/** A reduction as pooling, between functions of each number; `times` the count, for a sum. */
interface Reduction {
  readonly pool: (size: number) => AnyCell;
  readonly before?: Activation | ComposedName;
  readonly isSum?: boolean;
  readonly after?: Activation | ComposedName;
}

const negative: Activation = { name: 'affine', alpha: -1, beta: 0 };
const sum = { pool: globalAveragePool1dCell, isSum: true } as const;

const reductions: Readonly<Record<string, Reduction>> = {
  ReduceMean: { pool: globalAveragePool1dCell },
  ReduceMax: { pool: globalMaxPool1dCell },
  ReduceMin: { before: negative, pool: globalMaxPool1dCell, after: negative },
  ReduceSum: sum,
  ReduceL1: { ...sum, before: 'abs' },
  ReduceL2: { ...sum, before: 'square', after: 'sqrt' },
  ReduceSumSquare: { ...sum, before: 'square' },
};

/** Reductions over axes, and global pooling. */
export const reduceOperators: Readonly<Record<string, Operator>> = {
  ...Object.fromEntries(
    Object.entries(reductions).map(([name, reduction]): [string, Operator] => [
      name,
      (node, inputs, reading) => [reduced(node, inputs, reduction, reading)],
    ]),
  ),
  GlobalMaxPool: (node, inputs, reading) => [
    pooledGlobally(node, inputs, globalMaxPool1dCell, reading),
  ],
  GlobalAveragePool: (node, inputs, reading) => [
    pooledGlobally(node, inputs, globalAveragePool1dCell, reading),
  ],
};

/** Over all axes after the channels. */
function pooledGlobally(
  node: Node,
  inputs: readonly Value[],
  pool: Reduction['pool'],
  reading: Reading,
): Flow {
  const flow = flowIn(inputs, 0, reading);
  ensure(flow.dims.length > 2, `${axesText(flow)}, not [batch, channels, steps]`);
  const along = flow.dims.map((_, i) => i).slice(2);
  return pooled(node, flow, along, { pool }, reading);
}

function reduced(
  node: Node,
  inputs: readonly Value[],
  reduction: Reduction,
  reading: Reading,
): Flow {
  const flow = flowIn(inputs, 0, reading);
  const axes = optionalIn(inputs, 1) ? constantIn(inputs, 1) : undefined;
  const along = reducedAxes(node, axes, flow.dims.length);
  const isAll = along.length > 0 && along.length === flow.dims.length;
  ensure(!isAll, `${node.operator} over all axes`);
  const { before, after } = reduction;
  const through = (own: Flow, activation: Activation | ComposedName | undefined) =>
    activation ? mapped(node, own, size => activationCell(size, activation), reading) : own;
  const last = through(pooled(node, through(flow, before), along, reduction, reading), after);
  if (integerOf(node, 'keepdims', 1) !== 0) return last;
  const left = last.dims.map((_, i) => i).filter(i => !along.includes(i));
  const place = (axis: number | undefined) =>
    axis !== undefined && left.includes(axis) ? left.indexOf(axis) : undefined;
  const dims = left.map(i => last.dims[i]);
  return { ...last, dims, time: place(last.time), batch: place(last.batch) };
}

/** Axes as the one number that is made of them, each of size 1. */
function pooled(
  node: Node,
  flow: Flow,
  along: readonly number[],
  { pool, isSum }: Reduction,
  reading: Reading,
): Flow {
  const isOver = flow.time !== undefined && along.includes(flow.time);
  ensure(!isSum || !isOver, 'a sum over steps, of which there may be any number');
  checkBatch(flow, along);
  const whole = isOver ? overSteps(node, flow, pool, reading) : flow;
  const own = along.filter(i => flow.dims[i] > 1);
  if (own.length === 0) return whole;
  const dims = flow.dims.map((n, i) => (own.includes(i) ? 1 : n));
  const count = sizeOf(own.map(i => flow.dims[i]));
  const made = { ...whole, dims, numbers: overNumbers(node, whole, own, pool, reading) };
  if (!isSum) return made;
  const times: Activation = { name: 'affine', alpha: count, beta: 0 };
  return mapped(node, made, size => activationCell(size, times), reading);
}

function overSteps(node: Node, flow: Flow, pool: Reduction['pool'], reading: Reading): Flow {
  const { length } = flow.numbers;
  const draft = { width: length, streams: false, make: () => pool(length) };
  const reads = reading.network.reads(node.where, flow.numbers, flow.steps);
  const numbers = added(reading, node, flow.numbers, draft, 1, reads);
  return { ...flow, time: undefined, steps: 1, numbers };
}

/** Over axes of one step: of vectors that lie one after another, or of numbers that do. */
function overNumbers(
  node: Node,
  flow: Flow,
  along: readonly number[],
  pool: Reduction['pool'],
  reading: Reading,
): Float64Array {
  const kept = flow.dims.flatMap((_, i) => (along.includes(i) ? [] : i));
  const vectors = numbersInOrder(flow, [...along, ...kept], reading);
  const size = sizeOf(kept.map(i => flow.dims[i]));
  const count = vectors.length / size;
  if (vectors.every((n, i) => i === 0 || n > vectors[i - 1])) {
    const draft = pointwise(size, () => windowCell(count, pool(size)));
    return added(reading, node, vectors, draft, flow.steps);
  }
  const draft = pointwise(1, () => windowCell(count, pool(1)));
  return onVectors(node, flow, along, reading, () => draft).numbers;
}
