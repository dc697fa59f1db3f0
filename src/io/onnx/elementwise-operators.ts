import { sizeOf } from '../../arrays/ndarray.js';
import { activationCell } from '../../cells/activation.js';
import { sameSize } from '../../cells/define.js';
import { scalePlan, shiftPlan } from '../../cells/plans.js';
import { sliceCell } from '../../layers/moves.js';
import { parallelCell } from '../../layers/parallel.js';
import { aligned } from './align.js';
import { spread, withAxes } from './broadcast.js';
import { type Flow, type Value, widthOf } from './flow.js';
import type { Node } from './graph.js';
import type { Layer } from './network.js';
import { constantIn, emit, flowIn, type Operator, pointwise, type Reading } from './reading.js';
import type { Constant } from './tensor.js';

const scaleCell = /* @__PURE__ */ sameSize('Scale', 'y = x * weight', scalePlan, {
  vectors: { weight: 1 },
});
export const shiftCell = /* @__PURE__ */ sameSize('Shift', 'y = x + bias', shiftPlan, {
  vectors: { bias: 0 },
});

/** Sums and products of two values, or of one and a constant. */
export const elementwiseOperators: Readonly<Record<string, Operator>> = {
  Add: (node, inputs, reading) => [sum(node, inputs, reading)],
  Sub: (node, inputs, reading) => [difference(node, inputs, reading)],
  Mul: (node, inputs, reading) => [scaled(node, inputs, reading)],
  Div: (node, inputs, reading) => [quotient(node, inputs, reading)],
};

function sum(node: Node, inputs: readonly Value[], reading: Reading): Flow {
  const { flow, other } = operands(inputs);
  if (other.kind === 'flow') return combined(node, flow, other, 'add', reading);
  const before = flow.parts.length === 1 ? reading.network.layer(flow.parts[0]) : undefined;
  const values = spread(other, flow);
  const wide = withAxes(flow, other);
  const own = before && biasOf(values, before);
  if (before?.linear?.biased && own) {
    const reads = { ...wide, parts: before.reads };
    return emit(reading, node, reads, before.linear.biased(own), wide.axes, wide.layout);
  }
  if (sizeOf(other.dims) === 1) return affine(node, wide, 1, values[0], reading);
  const make = () => shiftCell(values.length, { params: { bias: values } });
  return emit(reading, node, wide, pointwise(values.length, make));
}

/** A vector that is added, as a bias of the layer before: the same for each vector in a window. */
function biasOf(values: Float32Array, { linear, width }: Layer): Float32Array | undefined {
  const size = linear?.size ?? 0;
  if (!linear?.biased || width !== values.length) return undefined;
  return values.every((v, i) => v === values[i % size]) ? values.slice(0, size) : undefined;
}

function difference(node: Node, inputs: readonly Value[], reading: Reading): Flow {
  const [left, right] = inputs;
  if (left.kind === 'flow' && right.kind === 'constant') {
    return sum(
      node,
      [left, { ...right, values: () => right.values().map(v => -v) as never }],
      reading,
    );
  }
  const negative = affine(node, flowIn(inputs, 1), -1, 0, reading);
  return sum(node, [left, negative], reading);
}

function scaled(node: Node, inputs: readonly Value[], reading: Reading): Flow {
  const { flow, other } = operands(inputs);
  if (other.kind === 'flow') return combined(node, flow, other, 'multiply', reading);
  const values = spread(other, flow);
  const wide = withAxes(flow, other);
  if (sizeOf(other.dims) === 1) return affine(node, wide, values[0], 0, reading);
  const make = () => scaleCell(values.length, { params: { weight: values } });
  return emit(reading, node, wide, pointwise(values.length, make));
}

function quotient(node: Node, inputs: readonly Value[], reading: Reading): Flow {
  const [left, right] = inputs;
  if (left.kind === 'flow' && right.kind === 'constant') {
    const inverse = { ...right, values: () => right.values().map(v => 1 / v) as never };
    return scaled(node, [left, inverse], reading);
  }
  const flow = flowIn(inputs, 1);
  const width = widthOf(flow);
  const draft = pointwise(width, () => activationCell(width, 'reciprocal'));
  return scaled(node, [left, emit(reading, node, flow, draft)], reading);
}

function affine(node: Node, flow: Flow, alpha: number, beta: number, reading: Reading): Flow {
  const width = widthOf(flow);
  const make = () => activationCell(width, { name: 'affine', alpha, beta });
  return emit(reading, node, flow, pointwise(width, make));
}

/** The operands of what commutes: one that is computed, and another. */
function operands(inputs: readonly Value[]): { flow: Flow; other: Flow | Constant } {
  const first = inputs[0]?.kind === 'flow' ? 0 : 1;
  const flow = flowIn(inputs, first);
  const other = inputs[1 - first];
  if (other?.kind === 'filled') {
    const values = Float32Array.of(other.value);
    return {
      flow,
      other: { kind: 'constant', name: '', dims: [], floating: true, values: () => values },
    };
  }
  return {
    flow,
    other: other?.kind === 'flow' ? flowIn(inputs, 1 - first) : constantIn(inputs, 1 - first),
  };
}

/** Two flows of the same steps, number by number. */
function combined(
  node: Node,
  left: Flow,
  right: Flow,
  combine: 'add' | 'multiply',
  reading: Reading,
): Flow {
  const [a, b] = aligned(node, left, right, reading);
  const width = widthOf(a);
  const draft = pointwise(width, () =>
    parallelCell(combine, sliceCell(2 * width, 0, width), sliceCell(2 * width, width, 2 * width)),
  );
  const both: Flow = { ...a, parts: [...a.parts, ...b.parts] };
  return emit(reading, node, both, draft);
}
