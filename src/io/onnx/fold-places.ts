import { rowMajor, sizeOf } from '../../arrays/ndarray.js';
import type { Folding } from './folding.js';
import { textOf } from './graph.js';
import { type Constant, constantOf, wholesOf } from './tensor.js';
import { ensure } from './unfit.js';

/** Room for a tensor's numbers. */
export function emptied(budget: Folding['budget'], floating: boolean, dims: readonly number[]) {
  const count = sizeOf(dims);
  budget.spend(count);
  return floating ? new Float32Array(count) : new Float64Array(count);
}

/** Which number of an axis stands at a place before, in or after it; -1: none. */
export function placeIn(i: number, size: number, mode: string): number {
  if (i >= 0 && i < size) return i;
  if (mode === 'constant') return -1;
  if (mode === 'edge') return i < 0 ? 0 : size - 1;
  return i < 0 ? -i : 2 * (size - 1) - i;
}

/** The numbers at some places of an axis; -1 is `fill`. */
export function taken(
  budget: Folding['budget'],
  a: Constant,
  axis: number,
  places: readonly number[],
  fill = 0,
): Constant {
  const dims = a.dims.map((n, i) => (i === axis ? places.length : n));
  const out = emptied(budget, a.floating, dims);
  const values = a.values();
  const inner = sizeOf(a.dims.slice(axis + 1));
  let to = 0;
  for (let outer = 0; outer < sizeOf(a.dims.slice(0, axis)); outer++) {
    for (const place of places) {
      const from = (outer * a.dims[axis] + place) * inner;
      if (place < 0) out.fill(fill, to, to + inner);
      else out.set(values.subarray(from, from + inner), to);
      to += inner;
    }
  }
  return constantOf(a.name, dims, out);
}

/** `a` with `updates` at places that the last axis of `indices` names, in the order of its axes. */
export function scattered(
  { node, budget }: Folding,
  a: Constant,
  indices: Constant,
  updates: Constant,
) {
  const reduction = textOf(node, 'reduction', 'none');
  ensure(reduction === 'none', `the reduction ${reduction}`);
  const depth = indices.dims[indices.dims.length - 1] ?? 0;
  const rows = indices.dims.slice(0, -1);
  const inner = a.dims.slice(depth);
  const fits = depth <= a.dims.length && String(updates.dims) === String([...rows, ...inner]);
  ensure(fits && depth > 0, `updates of shape [${updates.dims}]`);
  const out = emptied(budget, a.floating, a.dims);
  out.set(a.values());
  const [places, values, strides] = [wholesOf(indices), updates.values(), rowMajor(a.dims)];
  const count = sizeOf(inner);
  for (let r = 0; r < sizeOf(rows); r++) {
    let at = 0;
    for (let d = 0; d < depth; d++) {
      const place = places[r * depth + d];
      const index = place < 0 ? place + a.dims[d] : place;
      ensure(index >= 0 && index < a.dims[d], 'indices beyond the axis');
      at += index * strides[d];
    }
    out.set(values.subarray(r * count, (r + 1) * count), at);
  }
  return constantOf('', a.dims, out);
}
