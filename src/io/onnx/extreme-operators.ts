import { sizeOf } from '../../arrays/ndarray.js';
import { activationCell } from '../../cells/activation.js';
import { globalMaxPool1dCell } from '../../layers/pooling.js';
import { windowCell } from '../../layers/window.js';
import { aligned } from './align.js';
import { spread, withAxes } from './broadcast.js';
import { shiftCell } from './elementwise-operators.js';
import { ensure, type Flow, type Value, widthOf } from './flow.js';
import { clipped, mapped } from './function-operators.js';
import type { Node } from './graph.js';
import { constantIn, emit, flowIn, type Operator, pointwise, type Reading } from './reading.js';
import type { Constant } from './tensor.js';

/** The largest or the smallest of several values, number by number. */
export const extremeOperators: Readonly<Record<string, Operator>> = {
  Max: (node, inputs, reading) => [extreme(node, inputs, 1, reading)],
  Min: (node, inputs, reading) => [extreme(node, inputs, -1, reading)],
};

function extreme(node: Node, inputs: readonly Value[], sign: 1 | -1, reading: Reading): Flow {
  const flows = inputs.flatMap((value, i) => (value.kind === 'flow' ? flowIn(inputs, i) : []));
  const constants = inputs.flatMap((value, i) =>
    value.kind === 'flow' ? [] : constantIn(inputs, i),
  );
  ensure(flows.length > 0, 'no input that is computed');
  const [first, ...others] = flows;
  const all = others.reduce((a, b) => larger(node, a, b, sign, reading), first);
  return constants.reduce((flow, constant) => bounded(node, flow, constant, sign, reading), all);
}

function bounded(node: Node, flow: Flow, other: Constant, sign: 1 | -1, reading: Reading): Flow {
  const wide = withAxes(flow, other);
  const values = spread(other, wide);
  if (sizeOf(other.dims) === 1) {
    const bounds = [values[0], Number.POSITIVE_INFINITY] as const;
    return clipped(node, wide, sign > 0 ? bounds : [-bounds[1], bounds[0]], reading);
  }
  const nothing = mapped(node, wide, size => affineCell(size, 0), reading);
  const vector = mapped(
    node,
    nothing,
    size => shiftCell(size, { params: { bias: values } }),
    reading,
  );
  return larger(node, wide, vector, sign, reading);
}

const affineCell = (size: number, alpha: number) =>
  activationCell(size, { name: 'affine', alpha, beta: 0 });

/** The larger of two, times `sign`, as pooling over them as two steps: no digit is lost. */
function larger(node: Node, left: Flow, right: Flow, sign: 1 | -1, reading: Reading): Flow {
  const signed = (flow: Flow) =>
    sign > 0 ? flow : mapped(node, flow, size => affineCell(size, sign), reading);
  const [a, b] = aligned(node, left, right, reading).map(signed);
  const width = widthOf(a);
  const draft = pointwise(width, () => windowCell(2, globalMaxPool1dCell(width)));
  return signed(emit(reading, node, { ...a, parts: [...a.parts, ...b.parts] }, draft));
}
