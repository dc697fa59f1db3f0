import { sizeOf } from '../../arrays/ndarray.js';
import { activationCell, type ComposedName } from '../../cells/activation.js';
import { sameSize } from '../../cells/define.js';
import { scalePlan, shiftPlan } from '../../cells/plans.js';
import { preluCell } from '../../cells/prelu.js';
import { type Activation, isActivationName } from '../../graph/activations.js';
import { sliceCell } from '../../layers/moves.js';
import { parallelCell } from '../../layers/parallel.js';
import { spread, withAxes } from './broadcast.js';
import { axesText, ensure, type Flow, timeOf, type Value, widthOf } from './flow.js';
import { floatOf, type Node } from './graph.js';
import type { Layer } from './network.js';
import { functionOf } from './number-functions.js';
import {
  constantIn,
  emit,
  flowIn,
  type Operator,
  optionalIn,
  pointwise,
  type Reading,
} from './reading.js';
import type { Constant } from './tensor.js';

const scaleCell = /* @__PURE__ */ sameSize('Scale', 'y = x * weight', scalePlan, {
  vectors: { weight: 1 },
});
const shiftCell = /* @__PURE__ */ sameSize('Shift', 'y = x + bias', shiftPlan, {
  vectors: { bias: 0 },
});

/** Operators on each number of a step. */
export const elementwiseOperators: Readonly<Record<string, Operator>> = {
  ...Object.fromEntries(
    functionOf.names.map((name): [string, Operator] => [
      name,
      (node, inputs, reading) => [
        activated(node, flowIn(inputs), functionOf(node, reading.operatorSet), reading),
      ],
    ]),
  ),
  Clip: (node, inputs, reading) => [activated(node, flowIn(inputs), bounds(node, inputs), reading)],
  Pow: (node, inputs, reading) => {
    const exponents = constantIn(inputs, 1).values();
    const names: Readonly<Record<string, Activation | ComposedName>> = {
      ...{ 2: 'square', 0.5: 'sqrt', 1: 'identity' },
      ...{ [-1]: 'reciprocal' },
    };
    const exponent = String(exponents[0]);
    const isKnown = exponents.length === 1 && Object.hasOwn(names, exponent);
    ensure(isKnown, `the power ${exponent}`);
    return [activated(node, flowIn(inputs), names[exponent], reading)];
  },
  PRelu: (node, inputs, reading) => {
    const flow = flowIn(inputs);
    const slopes = constantIn(inputs, 1);
    const isAlong = reading.operatorSet > 6 || sizeOf(slopes.dims) === 1 || flow.axes.length < 3;
    ensure(isAlong, 'slopes along axis 1, as before operator set 7');
    const width = widthOf(flow);
    const make = () => preluCell(width, { params: { alpha: spread(slopes, flow) } });
    return [emit(reading, node, flow, pointwise(width, make))];
  },
  Add: (node, inputs, reading) => [sum(node, inputs, reading)],
  Sub: (node, inputs, reading) => [difference(node, inputs, reading)],
  Mul: (node, inputs, reading) => [scaled(node, inputs, reading)],
  Div: (node, inputs, reading) => [quotient(node, inputs, reading)],
};

/** A flow through an activation, which a dense layer or a convolution before it takes in. */
function activated(
  node: Node,
  flow: Flow,
  activation: Activation | ComposedName,
  reading: Reading,
): Flow {
  const name = typeof activation === 'string' ? activation : activation.name;
  const before = flow.parts.length === 1 ? reading.network.layer(flow.parts[0]) : undefined;
  if (before?.linear?.activated && isActivationName(name)) {
    const draft = before.linear.activated(activation as Activation);
    return emit(reading, node, { ...flow, parts: before.reads }, draft, flow.axes, flow.layout);
  }
  const width = widthOf(flow);
  return emit(
    reading,
    node,
    flow,
    pointwise(width, () => activationCell(width, activation)),
  );
}

/** Clip as an activation: between 0 and 6, or above 0. */
function bounds(node: Node, inputs: readonly Value[]): Activation | ComposedName {
  const bound = (i: number, name: string, usual: number) => {
    const given = optionalIn(inputs, i);
    return given ? constantIn(inputs, i).values()[0] : floatOf(node, name, usual);
  };
  const [low, high] = [bound(1, 'min', -3.4e38), bound(2, 'max', 3.4e38)];
  ensure(
    low === 0 && (high === 6 || high >= 3.4e38),
    `Clip to [${low}, ${high}], not [0, 6] or [0, ∞)`,
  );
  return high === 6 ? 'relu6' : 'relu';
}

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
  a: Flow,
  b: Flow,
  combine: 'add' | 'multiply',
  reading: Reading,
): Flow {
  const width = widthOf(a);
  const isSame =
    timeOf(a) === timeOf(b) &&
    String(sizes(a)) === String(sizes(b)) &&
    a.axes.length === b.axes.length;
  ensure(isSame, `${axesText(a)} and ${axesText(b)}, which differ`);
  const draft = pointwise(width, () =>
    parallelCell(combine, sliceCell(2 * width, 0, width), sliceCell(2 * width, width, 2 * width)),
  );
  const both: Flow = { ...a, parts: [...a.parts, ...b.parts] };
  return emit(reading, node, both, draft);
}

/** Sizes of the feature axes in both their orders. */
function sizes({ axes, layout }: Flow): readonly unknown[] {
  const features = axes.map(axis => (axis.role === 'feature' ? axis.size : 1));
  return [...features, '/', ...layout.map(axis => axes.indexOf(axis))];
}
