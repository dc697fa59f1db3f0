import { batchNormCell } from '../../cells/batch-norm.js';
import { layerNormCell } from '../../cells/layer-norm.js';
import { softmaxCell } from '../../cells/softmax.js';
import type { AnyCell } from '../../streams/cell.js';
import { alongAxes } from './add-layers.js';
import { axesText, ensure, type Flow, type Value } from './flow.js';
import { logSoftmaxCell } from './functions.js';
import { floatOf, integerOf, type Node } from './graph.js';
import { axisOf, flowIn, type Operator, optionalIn, type Reading, weightsIn } from './reading.js';

/** Normalisations and softmax. */
export const normOperators: Readonly<Record<string, Operator>> = {
  BatchNormalization: (node, inputs, reading) => {
    // Until training_mode came, more outputs meant training.
    const outputs = node.outputs.filter(name => name !== '').length;
    ensure(outputs < 2, 'outputs of training: running means and variances');
    const flow = flowIn(inputs, 0, reading);
    ensure(flow.dims.length > 1, `${axesText(flow)} without channels`);
    const epsilon = floatOf(node, 'epsilon', 1e-5);
    return [
      alongAxes(node, flow, [1], reading, size => {
        const [weight, bias, runningMean, runningVar] = [1, 2, 3, 4].map(i => weightsIn(inputs, i));
        return batchNormCell(size, { epsilon, params: { weight, bias, runningMean, runningVar } });
      }),
    ];
  },
  LayerNormalization: (node, inputs, reading) => {
    const flow = flowIn(inputs, 0, reading);
    const first = axisOf(integerOf(node, 'axis', -1), flow.dims.length);
    const along = flow.dims.map((_, i) => i).slice(first);
    const epsilon = floatOf(node, 'epsilon', 1e-5);
    return [
      alongAxes(node, flow, along, reading, size => {
        const bias = optionalIn(inputs, 2) ? weightsIn(inputs, 2) : new Float32Array(size);
        return layerNormCell(size, { epsilon, params: { weight: weightsIn(inputs, 1), bias } });
      }),
    ];
  },
  Softmax: (node, inputs, reading) => [normal(node, inputs, reading, softmaxCell)],
  LogSoftmax: (node, inputs, reading) => [normal(node, inputs, reading, logSoftmaxCell)],
};

/** Softmax and its logarithm. */
function normal(
  node: Node,
  inputs: readonly Value[],
  reading: Reading,
  make: (size: number) => AnyCell,
): Flow {
  const flow = flowIn(inputs, 0, reading);
  const isOld = reading.operatorSet < 13;
  const at = axisOf(integerOf(node, 'axis', isOld ? 1 : -1), flow.dims.length);
  // Before operator set 13 it went over all axes that follow, too.
  const isLast = at === flow.dims.length - 1;
  ensure(!isOld || isLast, `axis ${at} and those after it at once`);
  return alongAxes(node, flow, [at], reading, make);
}
