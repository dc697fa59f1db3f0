import { flatten, type NdArray, NdView, sizeOf } from '../../arrays/ndarray.js';
import type { Budget } from './budget.js';
import { castConstant } from './cast.js';
import { ensure } from './flow.js';
import { integerOf, integersOf, type Node } from './graph.js';
import { axesOf, type Range, rangesOf, within } from './ranges.js';
import { checkZeros, shapeRange } from './shape-attributes.js';
import { type Constant, constantOf, wholesOf } from './tensor.js';

/** A constant's elements by strides. */
interface View {
  readonly data: Float32Array | Float64Array;
  readonly shape: readonly number[];
  readonly stride: readonly number[];
  readonly offset: number;
}

/** A node of constants, and how many numbers may be made of them. */
export interface Folding {
  readonly node: Node;
  readonly budget: Budget;
}

type Fold = (folding: Folding, inputs: readonly Constant[]) => Constant[];

/** The operators that are computed while a file is read, where all their inputs are constants. */
const folds: Readonly<Record<string, Fold>> = {
  Identity: (_, [a]) => [a],
  Cast: ({ node, budget }, [a]) => [castConstant(node, a, budget)],
  Transpose: (folding, [a]) => {
    const order = integersOf(folding.node, 'perm') ?? a.dims.map((_, i) => a.dims.length - 1 - i);
    ensure(isPermutation(order, a.dims.length), 'perm is no order of the axes');
    const { shape, stride, ...view } = viewOf(a);
    const parts = { shape: order.map(i => shape[i]), stride: order.map(i => stride[i]) };
    return [flat(folding, { ...view, ...parts })];
  },
  Reshape: ({ node }, [a, shape]) => {
    const to = wholesOf(shape);
    checkZeros(node, to);
    return [withDims(a, reshapedDims(a.dims, to))];
  },
  Flatten: ({ node }, [a]) => {
    const axis = integerOf(node, 'axis', 1);
    const at = axis < 0 ? axis + a.dims.length : axis;
    ensure(at >= 0 && at <= a.dims.length, 'an axis that is not there');
    return [withDims(a, [sizeOf(a.dims.slice(0, at)), sizeOf(a.dims.slice(at))])];
  },
  Unsqueeze: ({ node }, [a, axes]) => {
    const at = axesOf(node, axes);
    const rank = a.dims.length + at.length;
    const wanted = new Set(at.map(axis => (axis < 0 ? axis + rank : axis)));
    const areThere = [...wanted].every(axis => axis >= 0 && axis < rank);
    ensure(rank <= 8 && wanted.size === at.length && areThere, 'axes beyond its rank');
    const left = [...a.dims];
    return [
      withDims(
        a,
        Array.from({ length: rank }, (_, i) => (wanted.has(i) ? 1 : (left.shift() ?? 1))),
      ),
    ];
  },
  Squeeze: ({ node }, [a, axes]) => {
    const given = node.attributes.has('axes') || axes ? axesOf(node, axes) : undefined;
    const rank = a.dims.length;
    const wanted = new Set(given?.map(axis => (axis < 0 ? axis + rank : axis)));
    ensure(
      [...wanted].every(axis => a.dims[axis] === 1),
      'axes that are not 1',
    );
    return [
      withDims(
        a,
        a.dims.filter((n, i) => (given ? !wanted.has(i) : n !== 1)),
      ),
    ];
  },
  Shape: ({ node }, [a]) => [integers(a.dims.slice(...shapeRange(node)))],
  Size: (_, [a]) => [constantOf('', [], Float64Array.of(sizeOf(a.dims)))],
  Concat: (folding, inputs) => {
    ensure(
      inputs.every(input => input !== undefined),
      'an input that is left out',
    );
    return [concatenated(folding, inputs, integerOf(folding.node, 'axis', 0))];
  },
  Gather: (folding, [a, index]) => [gathered(folding, a, index)],
  Slice: (folding, inputs) => {
    let view = viewOf(inputs[0]);
    for (const { axis, ...range } of rangesOf(folding.node, inputs, view.shape.length)) {
      view = slicedView(view, axis, range);
    }
    return [flat(folding, view)];
  },
  Expand: (folding, [a, shape]) => {
    return [flat(folding, broadcastTo(viewOf(a), wholesOf(shape), true))];
  },
  ConstantOfShape: () => [],
  Neg: unary(v => -v),
  Abs: unary(Math.abs),
  Sqrt: unary(Math.sqrt),
  Exp: unary(Math.exp),
  Reciprocal: unary(v => 1 / v),
  Floor: unary(Math.floor),
  Add: binary((a, b) => a + b),
  Sub: binary((a, b) => a - b),
  Mul: binary((a, b) => a * b),
  Div: binary((a, b, floating) => (floating ? a / b : Math.trunc(a / b))),
  Pow: binary((a, b) => a ** b),
  Equal: binary((a, b) => Number(a === b)),
  Where: (folding, [condition, a, b]) => {
    const picked = binary((c, v) => (c ? v : 0))(folding, [condition, a])[0];
    const others = binary((c, v) => (c ? 0 : v))(folding, [condition, b])[0];
    return binary((v, w) => v + w)(folding, [picked, others]);
  },
};

/** What a node makes of constants; undefined where it is not computed while reading. */
export function folded(folding: Folding, inputs: readonly Constant[]): Constant[] | undefined {
  const { operator } = folding.node;
  if (!Object.hasOwn(folds, operator)) return undefined;
  const results = folds[operator](folding, inputs);
  return results.length
    ? results.map(result => ({ ...result, name: folding.node.outputs[0] }))
    : undefined;
}

function unary(apply: (value: number) => number): Fold {
  return (folding, [a]) => {
    folding.budget.spend(sizeOf(a.dims));
    return [constantOf('', a.dims, a.values().map(apply) as Float32Array)];
  };
}

function binary(apply: (a: number, b: number, floating: boolean) => number): Fold {
  return (folding, [a, b]) => {
    const dims = broadcastDims(a.dims, b.dims);
    folding.budget.spend(sizeOf(dims) * 3);
    const [left, right] = [a, b].map(c => numbersOf(broadcastTo(viewOf(c), dims)));
    const floating = a.floating || b.floating;
    const out = floating ? new Float32Array(left.length) : new Float64Array(left.length);
    for (let i = 0; i < out.length; i++) out[i] = apply(left[i], right[i], floating);
    return [constantOf('', dims, out)];
  };
}

function isPermutation(order: readonly number[], rank: number): boolean {
  return (
    order.length === rank && new Set(order).size === rank && order.every(i => i >= 0 && i < rank)
  );
}

function viewOf(a: Constant): View {
  const { shape, stride } = new NdView(new Float32Array(0), a.dims);
  return { data: a.values(), shape, stride, offset: 0 };
}

function withDims(a: Constant, dims: readonly number[]): Constant {
  ensure(sizeOf(dims) === sizeOf(a.dims), 'a shape of another size');
  return { ...a, dims };
}

const integers = (items: readonly number[]) =>
  constantOf('', [items.length], Float64Array.from(items));

function flat(folding: Folding, view: View): Constant {
  folding.budget.spend(sizeOf(view.shape));
  return constantOf('', view.shape, numbersOf(view));
}

function numbersOf(view: View): Float32Array | Float64Array {
  const count = sizeOf(view.shape);
  const out = view.data instanceof Float32Array ? new Float32Array(count) : new Float64Array(count);
  return flatten(view as NdArray, out);
}

function reshapedDims(from: readonly number[], to: readonly number[]): number[] {
  ensure(to.length <= 8, 'more than 8 axes');
  const dims = to.map((n, i) => (n === 0 ? from[i] : n));
  const known = sizeOf(dims.filter(n => n !== -1));
  return dims.map(n => (n === -1 ? sizeOf(from) / known : n));
}

function concatenated(folding: Folding, inputs: readonly Constant[], axis: number): Constant {
  const [{ dims, floating }] = inputs;
  const at = axis < 0 ? axis + dims.length : axis;
  ensure(at >= 0 && at < dims.length, 'an axis that is not there');
  const others = (d: readonly number[]) => String(d.filter((_, i) => i !== at));
  ensure(
    inputs.every(c => c.dims.length === dims.length && others(c.dims) === others(dims)),
    'shapes that do not fit each other',
  );
  const sum = inputs.reduce((total, c) => total + c.dims[at], 0);
  const shape = dims.map((n, i) => (i === at ? sum : n));
  folding.budget.spend(sizeOf(shape));
  const out = floating ? new Float32Array(sizeOf(shape)) : new Float64Array(sizeOf(shape));
  const row = sizeOf(shape.slice(at));
  let start = 0;
  for (const input of inputs) {
    const values = input.values();
    const own = sizeOf(input.dims.slice(at));
    for (let i = 0; i * own < values.length; i++) {
      out.set(values.subarray(i * own, (i + 1) * own), i * row + start);
    }
    start += own;
  }
  return constantOf('', shape, out);
}

function gathered(folding: Folding, a: Constant, index: Constant): Constant {
  const axis = integerOf(folding.node, 'axis', 0);
  const at = axis < 0 ? axis + a.dims.length : axis;
  ensure(at >= 0 && at < a.dims.length, 'an axis that is not there');
  const indices = wholesOf(index).map(i => (i < 0 ? i + a.dims[at] : i));
  ensure(
    indices.every(i => i >= 0 && i < a.dims[at]),
    'indices beyond the axis',
  );
  const [before, after] = [a.dims.slice(0, at), a.dims.slice(at + 1)];
  const shape = [...before, ...index.dims, ...after];
  folding.budget.spend(sizeOf(shape));
  const [values, inner] = [a.values(), sizeOf(after)];
  const out =
    values instanceof Float32Array
      ? new Float32Array(sizeOf(shape))
      : new Float64Array(sizeOf(shape));
  let to = 0;
  for (let outer = 0; outer < sizeOf(before); outer++) {
    for (const i of indices) {
      const from = (outer * a.dims[at] + i) * inner;
      out.set(values.subarray(from, from + inner), to);
      to += inner;
    }
  }
  return constantOf('', shape, out);
}

function slicedView(view: View, axis: number, range: Range): View {
  const [first, count] = within(range, view.shape[axis]);
  const shape = view.shape.map((n, i) => (i === axis ? count : n));
  const stride = view.stride.map((n, i) => (i === axis ? n * range.step : n));
  return { ...view, shape, stride, offset: view.offset + first * view.stride[axis] };
}

/** The shape of two that are broadcast to each other. */
function broadcastDims(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  const sizeAt = (dims: readonly number[], i: number) => dims[dims.length - rank + i] ?? 1;
  return Array.from({ length: rank }, (_, i) => {
    const [m, n] = [sizeAt(a, i), sizeAt(b, i)];
    ensure(m === n || m === 1 || n === 1, 'shapes that do not fit each other');
    return m === 1 ? n : m;
  });
}

function broadcastTo(view: View, to: readonly number[], both = false): View {
  const shape = both ? broadcastDims(view.shape, to) : to;
  ensure(shape.length <= 8, 'more than 8 axes');
  const missing = shape.length - view.shape.length;
  const stride = shape.map((_, i) =>
    view.shape[i - missing] === 1 ? 0 : (view.stride[i - missing] ?? 0),
  );
  return { ...view, shape, stride };
}
