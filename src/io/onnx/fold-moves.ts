import { sizeOf } from '../../arrays/ndarray.js';
import { quoted } from '../json.js';
import { emptied, placeIn, scattered, taken } from './fold-places.js';
import type { Fold, Folding } from './folding.js';
import { integerOf, integersOf, textOf } from './graph.js';
import { axesOf, padsOf, rangesOf, splitOf } from './ranges.js';
import { checkZeros } from './shape-attributes.js';
import { type Constant, constantOf, wholesOf } from './tensor.js';
import { ensure } from './unfit.js';
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

/** Operators that only move numbers: what they do to constants, and to the ids of numbers. */
export const moves: Readonly<Record<string, Fold>> = {
  Identity: (_, [a]) => [a],
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
  Split: ({ node, budget }, [a, lengths]) => {
    const { axis, parts } = splitOf(node, lengths, a.dims);
    let end = 0;
    return parts.map(count => {
      const range = { begin: end, end: (end += count), step: 1 };
      return viewed(budget, a, sliced(viewOf(a), axis, range));
    });
  },
  Pad: ({ node, budget }, [a, pads, value, axes]) => {
    const mode = textOf(node, 'mode', 'constant');
    ensure(['constant', 'reflect', 'edge'].includes(mode), `the mode ${quoted(mode)}`);
    const fill = value ? value.values()[0] : (node.attributes.get('value')?.float ?? 0);
    return [
      padsOf(node, pads, axes, a.dims.length).reduce((all, { axis, before, after }) => {
        const size = all.dims[axis];
        const least = mode === 'reflect' ? Math.max(before, after) + 1 : Number(mode === 'edge');
        ensure(size >= least, `padding by ${Math.max(before, after)} of ${size} numbers`);
        const length = Math.max(0, before + size + after);
        budget.spend(length);
        const places = Array.from({ length }, (_, i) => {
          return placeIn(i - before, size, mode);
        });
        return taken(budget, all, axis, places, fill);
      }, a),
    ];
  },
  Tile: ({ budget }, [a, repeats]) => {
    const counts = wholesOf(repeats);
    ensure(counts.length === a.dims.length, `${counts.length} repeats of ${a.dims.length} axes`);
    return [
      counts.reduce((all, count, axis) => {
        const size = all.dims[axis];
        if (count === 1) return all;
        budget.spend(count * size);
        const places = Array.from({ length: count * size }, (_, i) => i % size);
        return taken(budget, all, axis, places);
      }, a),
    ];
  },
  ScatterND: (folding, [a, indices, updates]) => [scattered(folding, a, indices, updates)],
  Where: ({ budget }, [condition, a, b]) => {
    const dims = broadcastDims(broadcastDims(condition.dims, a.dims), b.dims);
    const [chosen, first, second] = [condition, a, b].map(c => {
      return viewed(budget, c, broadcastTo(viewOf(c), dims)).values();
    });
    const out = emptied(budget, a.floating || b.floating, dims);
    for (let i = 0; i < out.length; i++) out[i] = chosen[i] ? first[i] : second[i];
    return [constantOf('', dims, out)];
  },
};

function isPermutation(order: readonly number[], rank: number): boolean {
  return (
    order.length === rank && new Set(order).size === rank && order.every(i => i >= 0 && i < rank)
  );
}

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

function gathered({ node, budget }: Folding, a: Constant, index: Constant): Constant {
  const axis = integerOf(node, 'axis', 0);
  const at = axis < 0 ? axis + a.dims.length : axis;
  ensure(at >= 0 && at < a.dims.length, 'an axis that is not there');
  const indices = wholesOf(index).map(i => (i < 0 ? i + a.dims[at] : i));
  ensure(
    indices.every(i => i >= 0 && i < a.dims[at]),
    'indices beyond the axis',
  );
  if (index.dims.length === 0) return viewed(budget, a, picked(viewOf(a), at, indices[0]));
  const dims = [...a.dims.slice(0, at), ...index.dims, ...a.dims.slice(at + 1)];
  return { ...taken(budget, a, at, indices), dims, view: undefined };
}
