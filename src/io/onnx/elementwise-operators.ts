import { sizeOf } from '../../arrays/ndarray.js';
import { activationCell } from '../../cells/activation.js';
import { sameSize } from '../../cells/define.js';
import { scalePlan, shiftPlan } from '../../cells/plans.js';
import { sliceCell } from '../../layers/moves.js';
import { parallelCell } from '../../layers/parallel.js';
import { globalMaxPool1dCell } from '../../layers/pooling.js';
import { windowCell } from '../../layers/window.js';
import type { AnyCell } from '../../streams/cell.js';
import { aligned, besideConstant, mapped, onNumbers } from './add-layers.js';
import { ensure, type Flow, type Value } from './flow.js';
import { clipped } from './function-operators.js';
import type { Node } from './graph.js';
import type { LayerDraft } from './network.js';
import { constantIn, flowIn, type Operator, pointwise, type Reading } from './reading.js';
import type { Constant } from './tensor.js';

const scaleCell = /* @__PURE__ */ sameSize('Scale', 'y = x * weight', scalePlan, {
  vectors: { weight: 1 },
});
const shiftCell = /* @__PURE__ */ sameSize('Shift', 'y = x + bias', shiftPlan, {
  vectors: { bias: 0 },
});

/** Sums, products and extremes of values, number by number, of which one at least is computed. */
export const elementwiseOperators: Readonly<Record<string, Operator>> = {
  Add: (node, inputs, reading) => [sum(node, ...operands(inputs, reading), reading)],
  Sub: (node, [left, right], reading) => {
    if (right.kind === 'constant') {
      return [
        sum(
          node,
          flowIn([left], 0, reading),
          each(right, v => -v),
          reading,
        ),
      ];
    }
    const negative = affine(node, flowIn([right], 0, reading), -1, 0, reading);
    return [sum(node, ...inTurn(operandIn([left], 0, reading), negative), reading)];
  },
  Mul: (node, inputs, reading) => [scaled(node, ...operands(inputs, reading), reading)],
  Div: (node, [left, right], reading) => {
    if (right.kind === 'constant') {
      return [
        scaled(
          node,
          flowIn([left], 0, reading),
          each(right, v => 1 / v),
          reading,
        ),
      ];
    }
    const flow = flowIn([right], 0, reading);
    const inverse = mapped(node, flow, size => activationCell(size, 'reciprocal'), reading);
    return [scaled(node, ...inTurn(operandIn([left], 0, reading), inverse), reading)];
  },
  Max: (node, inputs, reading) => [extreme(node, inputs, 1, reading)],
  Min: (node, inputs, reading) => [extreme(node, inputs, -1, reading)],
};

/** A constant whose numbers are others. */
function each(constant: Constant, of: (value: number) => number): Constant {
  const values = () => Float32Array.from(constant.values(), of);
  return { ...constant, values, view: undefined };
}

function operandIn(inputs: readonly Value[], i: number, reading: Reading): Flow | Constant {
  return inputs[i]?.kind === 'tensor' ? flowIn(inputs, i, reading) : constantIn(inputs, i);
}

/** The operands of what commutes: one that is computed, and another. */
function operands(inputs: readonly Value[], reading: Reading): [Flow, Flow | Constant] {
  const first = inputs[0]?.kind === 'tensor' ? 0 : 1;
  return [flowIn(inputs, first, reading), operandIn(inputs, 1 - first, reading)];
}

function inTurn(left: Flow | Constant, right: Flow): [Flow, Flow | Constant] {
  return left.kind === 'flow' ? [left, right] : [right, left];
}

function sum(node: Node, flow: Flow, other: Flow | Constant, reading: Reading): Flow {
  if (other.kind === 'flow') return combined(node, flow, other, parallel('add'), reading);
  const { wide, values } = besideConstant(flow, other, reading);
  return onNumbers(node, [wide], [values], reading, (size, [bias], before) => {
    const own = before?.linear?.biased && biasOf(bias, before.linear.size);
    if (own) return before.linear!.biased!(own);
    if (sizeOf(other.dims) === 1) return affineDraft(size, 1, bias[0]);
    return pointwise(size, () => shiftCell(size, { params: { bias } }));
  });
}

/** A vector that is added, as a bias of the layer before: the same for each vector in a window. */
function biasOf(values: Float32Array, size: number): Float32Array | undefined {
  return values.every((v, i) => v === values[i % size]) ? values.slice(0, size) : undefined;
}

function scaled(node: Node, flow: Flow, other: Flow | Constant, reading: Reading): Flow {
  if (other.kind === 'flow') return combined(node, flow, other, parallel('multiply'), reading);
  const { wide, values } = besideConstant(flow, other, reading);
  return onNumbers(node, [wide], [values], reading, (size, [weight]) =>
    sizeOf(other.dims) === 1
      ? affineDraft(size, weight[0], 0)
      : pointwise(size, () => scaleCell(size, { params: { weight } })),
  );
}

function affineDraft(size: number, alpha: number, beta: number): LayerDraft {
  return pointwise(size, () => activationCell(size, { name: 'affine', alpha, beta }));
}

function affine(node: Node, flow: Flow, alpha: number, beta: number, reading: Reading): Flow {
  return onNumbers(node, [flow], [], reading, size => affineDraft(size, alpha, beta));
}

const parallel = (combine: 'add' | 'multiply') => (size: number) =>
  parallelCell(combine, sliceCell(2 * size, 0, size), sliceCell(2 * size, size, 2 * size));

/** Two flows of the same steps, number by number. */
function combined(
  node: Node,
  left: Flow,
  right: Flow,
  make: (size: number) => AnyCell,
  reading: Reading,
): Flow {
  const both = aligned(left, right, reading);
  return onNumbers(node, both, [], reading, size => pointwise(size, () => make(size)));
}

function extreme(node: Node, inputs: readonly Value[], sign: 1 | -1, reading: Reading): Flow {
  const all = inputs.map((_, i) => operandIn(inputs, i, reading));
  const [first, ...others] = all.flatMap(value => (value.kind === 'flow' ? value : []));
  ensure(first, 'no input that is computed');
  const flow = others.reduce((a, b) => larger(node, a, b, sign, reading), first);
  return all.reduce<Flow>(
    (own, other) => (other.kind === 'flow' ? own : bounded(node, own, other, sign, reading)),
    flow,
  );
}

function bounded(node: Node, flow: Flow, other: Constant, sign: 1 | -1, reading: Reading): Flow {
  const { wide, values } = besideConstant(flow, other, reading);
  if (sizeOf(other.dims) === 1) {
    const bounds = [values[0], Number.POSITIVE_INFINITY] as const;
    return clipped(node, wide, sign > 0 ? bounds : [-bounds[1], bounds[0]], reading);
  }
  const nothing = affine(node, wide, 0, 0, reading);
  const vector = sum(node, nothing, other, reading);
  return larger(node, wide, vector, sign, reading);
}

/** The larger of two, times `sign`, as pooling over them as two steps: no digit is lost. */
function larger(node: Node, left: Flow, right: Flow, sign: 1 | -1, reading: Reading): Flow {
  const signed = (flow: Flow) => (sign > 0 ? flow : affine(node, flow, sign, 0, reading));
  const pool = (size: number) => windowCell(2, globalMaxPool1dCell(size));
  return signed(combined(node, signed(left), signed(right), pool, reading));
}
