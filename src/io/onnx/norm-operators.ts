import { batchNormCell } from '../../cells/batch-norm.js';
import { layerNormCell } from '../../cells/layer-norm.js';
import { softmaxCell } from '../../cells/softmax.js';
import { averagePool1dCell, maxPool1dCell } from '../../layers/pooling.js';
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
  type TimeAxis,
  type Value,
} from './flow.js';
import { logSoftmaxCell } from './functions.js';
import { floatOf, integerOf, integersOf, type Node } from './graph.js';
import {
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

/** Normalisations, softmax, and pooling over windows of steps. */
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
  Softmax: (node, inputs, reading) => [normal(node, inputs, reading, softmaxCell)],
  LogSoftmax: (node, inputs, reading) => [normal(node, inputs, reading, logSoftmaxCell)],
  MaxPool: (node, inputs, reading) => [pooled(node, inputs, reading, maxPool1dCell)],
  AveragePool: (node, inputs, reading) => [pooled(node, inputs, reading, averagePool1dCell)],
};

/** Softmax and its logarithm. */
function normal(
  node: Node,
  inputs: readonly Value[],
  reading: Reading,
  make: (size: number) => AnyCell,
): Flow {
  const flow = flowIn(inputs);
  const at = axisAt(flow, integerOf(node, 'axis', reading.operatorSet < 13 ? 1 : -1));
  // Before operator set 13 it went over all axes that follow, too.
  const isLast = at === flow.axes.length - 1;
  ensure(reading.operatorSet > 12 || isLast, `axis ${at} and those after it at once`);
  const size = featuresOf(flow, flow.axes[at]);
  return onVectors(node, flow, flow.axes[at], reading, () => make(size));
}

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
