import { sizeOf } from '../../arrays/ndarray.js';
import type { Budget } from './budget.js';
import { castConstant } from './cast.js';
import { ensure } from './flow.js';
import { integerOf, integersOf, type Node } from './graph.js';
import { axesOf, rangesOf } from './ranges.js';
import { checkZeros, shapeRange } from './shape-attributes.js';
import { valuesAt } from './strided.js';
import { type Constant, constantOf, wholesOf } from './tensor.js';
import {
  broadcastDims,
  broadcastTo,
  picked,
  sliced,
  transposed,
  viewed,
  viewOf,
  withDims,
} from './views.js';

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
    return [viewed(folding.budget, a, transposed(viewOf(a), order))];
  },
  Reshape: ({ node, budget }, [a, shape]) => {
    const to = wholesOf(shape);
    checkZeros(node, to);
    return [withDims(budget, a, reshapedDims(a.dims, to))];
  },
  Flatten: ({ node, budget }, [a]) => {
    const axis = integerOf(node, 'axis', 1);
    const at = axis < 0 ? axis + a.dims.length : axis;
    ensure(at >= 0 && at <= a.dims.length, 'an axis that is not there');
    return [withDims(budget, a, [sizeOf(a.dims.slice(0, at)), sizeOf(a.dims.slice(at))])];
  },
  Unsqueeze: ({ node, budget }, [a, axes]) => {
    const at = axesOf(node, axes);
    const rank = a.dims.length + at.length;
    const wanted = new Set(at.map(axis => (axis < 0 ? axis + rank : axis)));
    const areThere = [...wanted].every(axis => axis >= 0 && axis < rank);
    ensure(rank <= 8 && wanted.size === at.length && areThere, 'axes beyond its rank');
    const left = [...a.dims];
    return [
      withDims(
        budget,
        a,
        Array.from({ length: rank }, (_, i) => (wanted.has(i) ? 1 : (left.shift() ?? 1))),
      ),
    ];
  },
  Squeeze: ({ node, budget }, [a, axes]) => {
    const given = node.attributes.has('axes') || axes ? axesOf(node, axes) : undefined;
    const rank = a.dims.length;
    const wanted = new Set(given?.map(axis => (axis < 0 ? axis + rank : axis)));
    ensure(
      [...wanted].every(axis => a.dims[axis] === 1),
      'axes that are not 1',
    );
    return [
      withDims(
        budget,
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
    for (const { axis, ...range } of rangesOf(folding.node, inputs, view.dims.length)) {
      view = sliced(view, axis, range);
    }
    return [viewed(folding.budget, inputs[0], view)];
  },
  Expand: (folding, [a, shape]) => {
    const to = wholesOf(shape);
    ensure(
      to.every(n => n >= 0),
      'sizes below 0',
    );
    return [viewed(folding.budget, a, broadcastTo(viewOf(a), broadcastDims(a.dims, to)))];
  },
  ConstantOfShape: () => [],
  Neg: unary(v => -v),
  Abs: unary(Math.abs),
  Sqrt: unary(Math.sqrt),
  Exp: unary(Math.exp),
  Sin: unary(Math.sin),
  Cos: unary(Math.cos),
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
    folding.budget.spend(sizeOf(dims));
    const [left, right] = [a, b].map(c =>
      valuesAt(broadcastTo(viewOf(c), dims), dims, c.floating, folding.budget),
    );
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

const integers = (items: readonly number[]) =>
  constantOf('', [items.length], Float64Array.from(items));

function reshapedDims(from: readonly number[], to: readonly number[]): number[] {
  ensure(to.length <= 8, 'more than 8 axes');
  const dims = to.map((n, i) => (n === 0 ? from[i] : n));
  const known = sizeOf(dims.filter(n => n !== -1));
  const sizes = dims.map(n => (n === -1 ? sizeOf(from) / known : n));
  ensure(
    sizes.every(n => Number.isInteger(n) && n >= 0),
    'a shape of another size',
  );
  return sizes;
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
  if (index.dims.length === 0) return viewed(folding.budget, a, picked(viewOf(a), at, indices[0]));
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
