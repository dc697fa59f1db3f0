import { Budget } from './budget.js';
import { castOf, halves } from './cast.js';
import {
  type Axis,
  axesText,
  axisAt,
  type Dim,
  dimOf,
  ensure,
  type FeatureAxis,
  type Flow,
  one,
  type State,
  type Value,
} from './flow.js';
import { filled, fillerOf } from './fold.js';
import { integerOf, integersOf, type Node } from './graph.js';
import { asInts, intsOf, settled } from './ints.js';
import { axesOf } from './ranges.js';
import { constantIn, flowIn, type Operator, optionalIn } from './reading.js';
import { joined, reshaped } from './reshape.js';
import { checkZeros, shapeRange } from './shape-attributes.js';
import { type Constant, constantOf, tensorOf } from './tensor.js';
import { withDims } from './views.js';

/** Operators that move axes, and compute no numbers. */
export const shapeOperators: Readonly<Record<string, Operator>> = {
  Identity: passed,
  Dropout: (node, inputs) => {
    const training = optionalIn(inputs, 2) ? constantIn(inputs, 2).values()[0] : 0;
    ensure(training === 0, 'training_mode, in which it drops numbers at random');
    return passed(node, inputs);
  },
  Cast: (node, inputs) => {
    const [input] = inputs;
    const { floating, isRounded } = castOf(node);
    if (input.kind !== 'flow') return [input];
    ensure(!isRounded, halves);
    return [{ ...flowIn(inputs), isIndex: !floating }];
  },
  Constant: node => [constantNode(node)],
  ConstantOfShape: (node, inputs, reading) => {
    const dims = asInts(inputs[0])?.items;
    ensure(dims, 'a shape that is not known');
    if (dims.every(dim => typeof dim === 'number')) return [filled(node, dims, reading.budget)];
    return [{ kind: 'filled', value: fillerOf(node).values()[0], dims }];
  },
  Shape: (node, [input]) => {
    const dims = dimsOf(input);
    ensure(dims, 'the shape of a value that has none here');
    return [settled(intsOf(dims.slice(...shapeRange(node))))];
  },
  Expand: (_, inputs) => {
    const [input] = inputs;
    if (input.kind === 'filled') return [{ ...input, dims: undefined }];
    if (input.kind !== 'constant') return [expanded(flowIn(inputs), asInts(inputs[1])?.items)];
    return [repeatedConstant(input, asInts(inputs[1])?.items)];
  },
  Tile: (_, inputs) => {
    const [input] = inputs;
    const times = asInts(inputs[1])?.items;
    ensure(times, 'repeats that are not known');
    const isOnce = times.every(n => n === 1 || n === 'batch');
    ensure(isOnce, `Tile by [${times}]`);
    if (input.kind !== 'constant') return [flowOrPad(inputs)];
    return [
      repeatedConstant(
        input,
        times.map((n, i) => (n === 1 ? (input.dims[i] ?? 1) : n)),
      ),
    ];
  },
  Transpose: (node, inputs) => {
    const [input] = inputs;
    const given = integersOf(node, 'perm');
    if (input.kind === 'state') return [{ ...input, dims: permuted(input.dims, given) }];
    const flow = flowOrPad(inputs);
    return [{ ...flow, axes: permuted(flow.axes, given) as Axis[] }];
  },
  Unsqueeze: (node, inputs) => {
    const [input] = inputs;
    const axes = axesOf(node, constantOr(inputs[1]));
    if (input.kind === 'state') return [{ ...input, dims: inserted(input.dims, axes, 1 as Dim) }];
    const flow = flowOrPad(inputs);
    return [{ ...flow, axes: inserted(flow.axes, axes, one as Axis) as Axis[] }];
  },
  Squeeze: (node, inputs) => squeezed(node, inputs),
  Reshape: (node, inputs) => {
    const [input] = inputs;
    const dims = asInts(inputs[1])?.items;
    ensure(dims, 'a shape that is not known');
    checkZeros(node, dims);
    if (input.kind === 'state') return [{ ...input, dims }];
    return [reshaped(flowIn(inputs), dims)];
  },
  Flatten: (node, inputs) => {
    const flow = flowIn(inputs);
    const given = integerOf(node, 'axis', 1);
    const at = given < 0 ? given + flow.axes.length : given;
    ensure(at >= 0 && at <= flow.axes.length, 'an axis that is not there');
    const tail = joined(flow, at, flow.axes.length);
    return [joined(tail, 0, at)];
  },
};

function passed(_: Node, [input]: readonly Value[]): Value[] {
  return [input];
}

/** The value of a node Constant. */
export function constantNode(node: Node): Constant {
  const [name] = node.outputs;
  const { attributes } = node;
  ensure(attributes.size === 1, `${attributes.size} values, not one`);
  const tensor = attributes.get('value')?.tensor;
  if (tensor) return tensorOf(tensor, name);
  const { value_float, value_int, value_floats, value_ints } = Object.fromEntries(attributes);
  if (value_float) return constantOf(name, [], Float32Array.of(value_float.float));
  if (value_int) return constantOf(name, [], Float64Array.of(value_int.integer));
  const list = value_floats?.floats ?? value_ints?.integers;
  ensure(list, 'a constant that is no numbers');
  const values = value_floats ? Float32Array.from(list) : Float64Array.from(list);
  return constantOf(name, [list.length], values);
}

function dimsOf(value: Value): readonly Dim[] | undefined {
  if (value.kind === 'flow') return value.axes.map(dimOf);
  if (value.kind === 'ints') return value.scalar ? [] : [value.items.length];
  return value.kind === 'state' || value.kind === 'constant' ? value.dims : undefined;
}

function constantOr(value: Value | undefined): Constant | undefined {
  return value?.kind === 'constant' ? value : undefined;
}

/** Padding waits while axes move before the convolution. */
function flowOrPad(inputs: readonly Value[]): Flow {
  const [input] = inputs;
  return input.kind === 'flow' ? input : flowIn(inputs);
}

function permuted<T>(items: readonly T[] | undefined, given: readonly number[] | undefined) {
  if (!items) return undefined;
  const order = given ?? items.map((_, i) => items.length - 1 - i);
  const fits = order.length === items.length && new Set(order).size === order.length;
  ensure(fits && order.every(i => items[i] !== undefined), `perm [${order}]`);
  return order.map(i => items[i]);
}

function inserted<T>(items: readonly T[] | undefined, axes: readonly number[], item: T) {
  if (!items) return undefined;
  const rank = items.length + axes.length;
  const wanted = new Set(axes.map(axis => (axis < 0 ? axis + rank : axis)));
  ensure(wanted.size === axes.length && rank <= 8, 'axes that are not there');
  const left = [...items];
  return Array.from({ length: rank }, (_, i) => {
    const next = wanted.has(i) ? item : left.shift();
    ensure(next !== undefined, 'axes that are not there');
    return next;
  });
}

function squeezed(node: Node, inputs: readonly Value[]): Value[] {
  const [input] = inputs;
  const given = node.attributes.has('axes') || optionalIn(inputs, 1);
  const axes = given ? axesOf(node, constantOr(inputs[1])) : undefined;
  if (input.kind === 'state') return [squeezedState(input, axes)];
  const flow = flowOrPad(inputs);
  const gone = new Set(
    axes
      ? axes.map(axis => flow.axes[axisAt(flow, axis)])
      : flow.axes.filter(axis => dimOf(axis) === 1),
  );
  for (const axis of gone) {
    const isOne = axis.role === 'one' || axis.role === 'batch' || axis.size === 1;
    ensure(isOne, `an axis of ${axesText(flow)} that is not 1`);
  }
  // `one` stands for each axis of its kind: they are told apart by their places.
  const places = new Set(axes?.map(axis => axisAt(flow, axis)));
  const left = flow.axes.filter((axis, i) => (axes ? !places.has(i) : !gone.has(axis)));
  const layout = flow.layout.filter(axis => !gone.has(axis)) as FeatureAxis[];
  return [{ ...flow, axes: left, layout }];
}

function squeezedState(state: State, axes: readonly number[] | undefined): State {
  const { dims } = state;
  if (!dims) return state;
  const gone = axes?.map(axis => (axis < 0 ? axis + dims.length : axis));
  return { ...state, dims: dims.filter((dim, i) => (gone ? !gone.includes(i) : dim !== 1)) };
}

/** A constant for each sequence of a batch, of which one is run; or of an unknown shape. */
function repeatedConstant(input: Constant, dims: readonly Dim[] | undefined): Value {
  const missing = (dims?.length ?? 0) - input.dims.length;
  const isBatched = dims?.every((dim, i) => {
    const own = input.dims[i - missing] ?? 1;
    return dim === own || dim === 1 || (dim === 'batch' && own === 1);
  });
  if (isBatched)
    return withDims(new Budget(), input, [...new Array(missing).fill(1), ...input.dims]);
  const values = input.values();
  const isOne = values.length > 0 && values.every(v => v === values[0]);
  ensure(isOne, 'a constant of an unknown shape');
  return { kind: 'filled', value: values[0], dims };
}

/** Expand where it changes nothing. */
function expanded(flow: Flow, dims: readonly Dim[] | undefined): Flow {
  const own = flow.axes.map(dimOf);
  const missing = own.length - (dims?.length ?? 0);
  const isSame = dims?.every((dim, i) => dim === 1 || dim === own[missing + i]);
  ensure(isSame, `Expand of ${axesText(flow)} to [${dims ?? '?'}]`);
  return flow;
}
