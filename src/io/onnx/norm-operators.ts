import { batchNormCell } from '../../cells/batch-norm.js';
import { layerNormCell } from '../../cells/layer-norm.js';
import { softmaxCell } from '../../cells/softmax.js';
import {
  averagePool1dCell,
  globalAveragePool1dCell,
  globalMaxPool1dCell,
  maxPool1dCell,
} from '../../layers/pooling.js';
import { windowCell } from '../../layers/window.js';
import type { AnyCell } from '../../streams/cell.js';
import { spatial } from './conv-operators.js';
import {
  type Axis,
  axesText,
  axisAt,
  ensure,
  type FeatureAxis,
  type Flow,
  one,
  placeOf,
  type TimeAxis,
  type Value,
  widthOf,
} from './flow.js';
import { floatOf, integerOf, integersOf, type Node } from './graph.js';
import {
  constantIn,
  emit,
  flowIn,
  inWindow,
  type Operator,
  optionalIn,
  pointwise,
  type Reading,
  vectorsIn,
  weightsIn,
} from './reading.js';
import { wholesOf } from './tensor.js';

/** Normalisations, softmax and pooling. */
export const normOperators: Readonly<Record<string, Operator>> = {
  BatchNormalization: (node, inputs, reading) => {
    // Until training_mode came, more outputs meant training.
    const outputs = node.outputs.filter(name => name !== '').length;
    ensure(outputs < 2, 'outputs of training: running means and variances');
    const flow = flowIn(inputs);
    const axis = flow.axes[1];
    const size = featuresOf(flow, axis);
    const epsilon = floatOf(node, 'epsilon', 1e-5);
    return [
      onVectors(node, flow, axis, reading, () => {
        const [weight, bias, runningMean, runningVar] = [1, 2, 3, 4].map(i => weightsIn(inputs, i));
        return batchNormCell(size, { epsilon, params: { weight, bias, runningMean, runningVar } });
      }),
    ];
  },
  LayerNormalization: (node, inputs, reading) => {
    const flow = flowIn(inputs);
    const at = axisAt(flow, integerOf(node, 'axis', -1));
    ensure(at === flow.axes.length - 1, 'normalisation over several axes');
    const size = featuresOf(flow, flow.axes[at]);
    const epsilon = floatOf(node, 'epsilon', 1e-5);
    return [
      onVectors(node, flow, flow.axes[at], reading, () => {
        const bias = optionalIn(inputs, 2) ? weightsIn(inputs, 2) : new Float32Array(size);
        return layerNormCell(size, { epsilon, params: { weight: weightsIn(inputs, 1), bias } });
      }),
    ];
  },
  Softmax: (node, inputs, reading) => {
    const flow = flowIn(inputs);
    const at = axisAt(flow, integerOf(node, 'axis', reading.operatorSet < 13 ? 1 : -1));
    // Before operator set 13 it went over all axes that follow, too.
    const isLast = at === flow.axes.length - 1;
    ensure(reading.operatorSet > 12 || isLast, `axis ${at} and those after it at once`);
    const size = featuresOf(flow, flow.axes[at]);
    return [onVectors(node, flow, flow.axes[at], reading, () => softmaxCell(size))];
  },
  MaxPool: (node, inputs, reading) => [pooled(node, inputs, reading, maxPool1dCell)],
  AveragePool: (node, inputs, reading) => [pooled(node, inputs, reading, averagePool1dCell)],
  GlobalMaxPool: (node, inputs, reading) => [
    overSteps(node, inputs, reading, globalMaxPool1dCell, true),
  ],
  GlobalAveragePool: (node, inputs, reading) => [
    overSteps(node, inputs, reading, globalAveragePool1dCell, true),
  ],
  ReduceMean: (node, inputs, reading) => [reduced(node, inputs, reading, globalAveragePool1dCell)],
  ReduceMax: (node, inputs, reading) => [reduced(node, inputs, reading, globalMaxPool1dCell)],
};

function featuresOf(flow: Flow, axis: Axis | undefined): number {
  ensure(
    axis?.role === 'feature' || axis?.role === 'one',
    `${axesText(flow)}, of which the axis is none of features`,
  );
  return axis.role === 'feature' ? axis.size : 1;
}

/** A layer on the vectors along an axis. */
function onVectors(
  node: Node,
  flow: Flow,
  axis: Axis,
  reading: Reading,
  make: () => AnyCell,
): Flow {
  const size = featuresOf(flow, axis);
  return emit(reading, node, flow, inWindow(vectorsIn(flow, axis), pointwise(size, make)));
}

type PoolCell = typeof maxPool1dCell;

function pooled(node: Node, inputs: readonly Value[], reading: Reading, make: PoolCell): Flow {
  const [input] = inputs;
  ensure(input?.kind === 'flow', 'pooling of what is not computed from the input');
  ensure(!input.context, 'pooling with a state');
  // Exporters pad before an average that counts the padding.
  const { pad, ...flow } = input;
  const isPadded = pad !== undefined;
  ensure(!isPadded || node.operator === 'AveragePool', 'a largest number among padded ones');
  const { axis, at, places } = spatial(node, input, integersOf(node, 'kernel_shape') ?? []);
  const { kernel, stride, dilation, padding } = places;
  ensure(dilation === 1, `dilations of ${dilation} in a pooling`);
  const counts = integerOf(node, 'count_include_pad', 0) !== 0;
  const ownPads = padding[0] + padding[1] > (pad?.[0] ?? 0) + (pad?.[1] ?? 0);
  ensure(!isPadded || !ownPads || counts, 'padding that counts, and padding that does not');
  const options = { stride, padding, includePadding: counts || isPadded };
  const channels = flow.axes[1];
  const size = featuresOf(flow, channels);
  const steps = axis.role === 'time' ? axis.size : axis.role === 'feature' ? axis.size : 1;
  const left = steps && Math.floor((steps + padding[0] + padding[1] - kernel) / stride) + 1;
  ensure(left === undefined || left > 0, 'a kernel that is longer than the sequence');
  const cell = () => make(size, kernel, options);
  const axesWith = (next: Axis) => flow.axes.map((own, i) => (i === at ? next : own));
  if (axis.role === 'time') {
    const draft = { width: size, streams: kernel === 1 && stride === 1, make: cell };
    const time: TimeAxis = { role: 'time', size: left };
    return emit(reading, node, flow, draft, axesWith(time));
  }
  ensure(vectorsIn(flow, channels) === steps, `the axes ${axesText(flow)} lie in another order`);
  const next: FeatureAxis = { role: 'feature', size: left as number };
  const draft = pointwise(size * next.size, () => windowCell(steps, cell()));
  const layout = [next, ...flow.layout.filter(own => own !== axis)];
  return emit(reading, node, flow, draft, axesWith(next), layout);
}

/** Pooling over all steps; `stays` leaves an axis of size 1. */
function overSteps(
  node: Node,
  inputs: readonly Value[],
  reading: Reading,
  make: (size: number) => AnyCell,
  stays: boolean,
  place?: number,
): Flow {
  const flow = flowIn(inputs);
  const at = place ?? 2;
  const axis = flow.axes[at];
  ensure(
    axis && (place !== undefined || flow.axes.length === 3),
    `${axesText(flow)}, not [batch, channels, steps]`,
  );
  const axes = flow.axes.flatMap((own, i) => (i === at ? (stays ? one : []) : own));
  if (axis.role === 'one' || axis.role === 'batch') return { ...flow, axes };
  const width = axis.role === 'time' ? widthOf(flow) : widthOf(flow) / axis.size;
  const layout = flow.layout.filter(own => own !== axis);
  if (axis.role === 'time') {
    return emit(
      reading,
      node,
      flow,
      { width, streams: false, make: () => make(width) },
      axes,
      layout,
    );
  }
  ensure(placeOf(flow, axis).outer === 1, `the axes ${axesText(flow)} lie in another order`);
  const draft = pointwise(width, () => windowCell(axis.size, make(width)));
  return emit(reading, node, flow, draft, axes, layout);
}

/** ReduceMean and ReduceMax over one axis that is not that of the features of a step. */
function reduced(
  node: Node,
  inputs: readonly Value[],
  reading: Reading,
  make: (size: number) => AnyCell,
): Flow {
  const flow = flowIn(inputs);
  const axes = optionalIn(inputs, 1) ? wholesOf(constantIn(inputs, 1)) : integersOf(node, 'axes');
  const given = axes ?? [];
  if (given.length === 0 && integerOf(node, 'noop_with_empty_axes', 0) !== 0) return flow;
  ensure(given.length === 1, `${node.operator} over ${given.length || 'all'} axes`);
  const at = axisAt(flow, given[0]);
  const axis = flow.axes[at];
  const isVector = axis.role === 'feature' && placeOf(flow, axis).inner === 1;
  ensure(!isVector || axis.size === 1, `${node.operator} over the features of a step`);
  return overSteps(node, inputs, reading, make, integerOf(node, 'keepdims', 1) !== 0, at);
}
