import { rowMajor, sizeOf } from '../../arrays/ndarray.js';
import type { Budget } from './budget.js';
import type { Range } from './ranges.js';
import { within } from './ranges.js';
import { isInRow, type View, valuesAt } from './strided.js';
import { type Constant, constantOf } from './tensor.js';
import { ensure } from './unfit.js';

/** The axes of a view: what it is of, and its dimensions. */
export interface Shaped extends View {
  readonly dims: readonly number[];
}

/** A constant as a view. */
export function viewOf({ dims, view, values }: Constant): Shaped {
  if (view) return { ...view, dims };
  return { source: { length: sizeOf(dims), values }, stride: rowMajor(dims), offset: 0, dims };
}

/** A view as a constant; its numbers are made when they are asked for. */
export function viewed(budget: Budget, { floating, name }: Constant, shaped: Shaped): Constant {
  const { dims, ...view } = shaped;
  const values = () => valuesAt(view, dims, floating, budget);
  return { kind: 'constant', name, dims, floating, values, view };
}

/** A constant with other dimensions: a view, if its numbers lie so. */
export function withDims(budget: Budget, a: Constant, dims: readonly number[]): Constant {
  ensure(sizeOf(dims) === sizeOf(a.dims), 'a shape of another size');
  const view = viewOf(a);
  const stride = strideOf(view, dims);
  if (stride) return viewed(budget, a, { ...view, stride, dims });
  return constantOf(a.name, dims, a.values());
}

/** The strides by which a view has other dimensions; undefined where it has to be copied. */
function strideOf(view: Shaped, dims: readonly number[]): readonly number[] | undefined {
  if (isInRow(view, view.dims)) return rowMajor(dims);
  const kept = view.stride.filter((_, d) => view.dims[d] !== 1);
  const sizes = (all: readonly number[]) => String(all.filter(n => n !== 1));
  if (sizes(dims) !== sizes(view.dims)) return undefined;
  let next = 0;
  return dims.map(n => (n === 1 ? 0 : kept[next++]));
}

/** A range of one axis. */
export function sliced(view: Shaped, axis: number, range: Range): Shaped {
  const [first, count] = within(range, view.dims[axis]);
  const dims = view.dims.map((n, i) => (i === axis ? count : n));
  const stride = view.stride.map((n, i) => (i === axis ? n * range.step : n));
  return { ...view, dims, stride, offset: view.offset + first * view.stride[axis] };
}

/** The axes in another order. */
export function transposed({ dims, stride, ...view }: Shaped, order: readonly number[]): Shaped {
  return { ...view, dims: order.map(i => dims[i]), stride: order.map(i => stride[i]) };
}

/** What stands at one place of an axis, without that axis. */
export function picked({ dims, stride, ...view }: Shaped, axis: number, index: number): Shaped {
  const others = (all: readonly number[]) => all.filter((_, i) => i !== axis);
  const offset = view.offset + index * stride[axis];
  return { ...view, dims: others(dims), stride: others(stride), offset };
}

/** A view that repeats its numbers along axes where it has one. */
export function broadcastTo(view: Shaped, to: readonly number[]): Shaped {
  ensure(to.length <= 8, 'more than 8 axes');
  const missing = to.length - view.dims.length;
  const stride = to.map((_, i) =>
    view.dims[i - missing] === 1 ? 0 : (view.stride[i - missing] ?? 0),
  );
  return { ...view, dims: to, stride };
}

/** The shape of two that are broadcast to each other. */
export function broadcastDims(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  const sizeAt = (dims: readonly number[], i: number) => dims[dims.length - rank + i] ?? 1;
  return Array.from({ length: rank }, (_, i) => {
    const [m, n] = [sizeAt(a, i), sizeAt(b, i)];
    ensure(m === n || m === 1 || n === 1, 'shapes that do not fit each other');
    return m === 1 ? n : m;
  });
}
