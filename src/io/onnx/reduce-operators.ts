import { activationCell, type ComposedName } from '../../cells/activation.js';
import type { Activation } from '../../graph/activations.js';
import { globalAveragePool1dCell, globalMaxPool1dCell } from '../../layers/pooling.js';
import { windowCell } from '../../layers/window.js';
import type { AnyCell } from '../../streams/cell.js';
import {
  type Axis,
  axesText,
  axisAt,
  ensure,
  type FeatureAxis,
  type Flow,
  one,
  placeOf,
  type Value,
  widthOf,
} from './flow.js';
import { mapped } from './function-operators.js';
import { integerOf, integersOf, type Node } from './graph.js';
import {
  constantIn,
  emit,
  flowIn,
  inWindow,
  type Operator,
  optionalIn,
  pointwise,
  type Reading,
} from './reading.js';
import { wholesOf } from './tensor.js';

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
  const flow = flowIn(inputs);
  ensure(flow.axes.length > 2, `${axesText(flow)}, not [batch, channels, steps]`);
  const places = flow.axes.map((_, i) => i).slice(2);
  return places.reduce((all, at) => pooled(node, all, at, { pool }, reading), flow);
}

function reduced(
  node: Node,
  inputs: readonly Value[],
  reduction: Reduction,
  reading: Reading,
): Flow {
  const flow = flowIn(inputs);
  const axes = optionalIn(inputs, 1) ? wholesOf(constantIn(inputs, 1)) : integersOf(node, 'axes');
  const given = axes ?? [];
  // Without axes it may leave them all, but for its function of each number.
  const isIdle = integerOf(node, 'noop_with_empty_axes', 0) !== 0;
  ensure(given.length > 0 || isIdle, `${node.operator} over all axes`);
  const places = [...new Set(given.map(axis => axisAt(flow, axis)))];
  const { before, after } = reduction;
  const first = before ? through(node, flow, before, reading) : flow;
  const all = places.reduce((own, at) => pooled(node, own, at, reduction, reading), first);
  const last = after ? through(node, all, after, reading) : all;
  if (integerOf(node, 'keepdims', 1) !== 0) return last;
  return { ...last, axes: last.axes.filter((_, i) => !places.includes(i)) };
}

/** A flow through an activation. */
const through = (
  node: Node,
  flow: Flow,
  activation: Activation | ComposedName,
  reading: Reading,
): Flow => mapped(node, flow, width => activationCell(width, activation), reading);

/** One axis as the one number that is made of it. */
function pooled(
  node: Node,
  flow: Flow,
  at: number,
  { pool, isSum }: Reduction,
  reading: Reading,
): Flow {
  const axis = flow.axes[at];
  const axes = flow.axes.map((own, i): Axis => (i === at ? one : own));
  if (axis.role === 'one' || axis.role === 'batch') return { ...flow, axes };
  const { outer, inner } =
    axis.role === 'time' ? { outer: 1, inner: widthOf(flow) } : placeOf(flow, axis);
  const layout = flow.layout.filter(own => own !== axis) as FeatureAxis[];
  ensure(!isSum || axis.role === 'feature', 'a sum over steps, of which there may be any number');
  const draft =
    axis.role === 'time'
      ? { width: inner, streams: false, make: () => pool(inner) }
      : inWindow(
          outer,
          pointwise(inner, () => windowCell(axis.size, pool(inner))),
        );
  const made = emit(reading, node, flow, draft, axes, layout);
  if (!isSum) return made;
  return through(node, made, { name: 'affine', alpha: axis.size as number, beta: 0 }, reading);
}
