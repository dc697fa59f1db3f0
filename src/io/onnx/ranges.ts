import { ensure } from './flow.js';
import { integerOf, integersOf, type Node } from './graph.js';
import { type Constant, wholesOf } from './tensor.js';

/** Axes of Squeeze and Unsqueeze: an attribute before operator set 13, then an input. */
export function axesOf(node: Node, axes: Constant | undefined): number[] {
  const values = axes ? wholesOf(axes) : integersOf(node, 'axes');
  ensure(values && values.length <= 8, 'axes are not given');
  return [...values];
}

/** A range of an axis, as ONNX's Slice gives it. */
export interface Range {
  readonly begin: number;
  readonly end: number;
  readonly step: number;
}

/** What Slice takes out of which axes: attributes before operator set 10, then inputs. */
export function rangesOf(
  node: Node,
  inputs: readonly (Constant | undefined)[],
  rank: number,
): (Range & { axis: number })[] {
  const given = (i: number, name: string) => {
    const input = inputs[i];
    const values = input ? wholesOf(input) : integersOf(node, name);
    return values && [...values];
  };
  const [begins, ends] = [given(1, 'starts'), given(2, 'ends')];
  ensure(begins && ends && begins.length === ends.length, 'begin and end are not known');
  const axes = given(3, 'axes') ?? begins.map((_, i) => i);
  const steps = given(4, 'steps') ?? begins.map(() => 1);
  return begins.map((begin, i) => {
    const axis = axes[i] < 0 ? axes[i] + rank : axes[i];
    ensure(axis >= 0 && axis < rank && steps[i], 'an axis that is not there');
    return { axis, begin, end: ends[i], step: steps[i] };
  });
}

/** A range's indices within an axis: the first, and how many. */
export function within({ begin, end, step }: Range, size: number): [first: number, count: number] {
  const clamp = (i: number, low: number, high: number) => Math.min(high, Math.max(low, i));
  const place = (i: number) => (i < 0 ? i + size : i);
  const [low, high] = step > 0 ? [0, size] : [-1, size - 1];
  const first = clamp(place(begin), Math.max(0, low), high);
  const last = clamp(place(end), low, high);
  return [first, Math.max(0, Math.ceil((last - first) / step))];
}

/** An axis that counts from the end if it is below 0. */
function axisIn(axis: number, rank: number): number {
  const at = axis < 0 ? axis + rank : axis;
  ensure(at >= 0 && at < rank, 'an axis that is not there');
  return at;
}

/** The axes of a reduction, in order: an attribute, or an input; all, if none is given. */
export function reducedAxes(node: Node, axes: Constant | undefined, rank: number): number[] {
  const given = axes ? wholesOf(axes) : (integersOf(node, 'axes') ?? []);
  const isNone = given.length === 0 && integerOf(node, 'noop_with_empty_axes', 0) !== 0;
  if (isNone) return [];
  const all = given.length ? given : Array.from({ length: rank }, (_, i) => i);
  return [...new Set(all.map(axis => axisIn(axis, rank)))].sort((a, b) => a - b);
}

/** The axis of Split, and how long its parts are: an attribute before operator set 13. */
export function splitOf(
  node: Node,
  lengths: Constant | undefined,
  dims: readonly number[],
): { readonly axis: number; readonly parts: readonly number[] } {
  const axis = axisIn(integerOf(node, 'axis', 0), dims.length);
  const given = lengths ? wholesOf(lengths) : integersOf(node, 'split');
  const count = node.outputs.length;
  const asked = integerOf(node, 'num_outputs', count);
  ensure(asked === count, `num_outputs ${asked} for ${count} outputs`);
  const length = Math.ceil(dims[axis] / count);
  const isEven = length * count === dims[axis] || node.attributes.has('num_outputs');
  const even = Array.from({ length: count }, (_, i) => Math.min(length, dims[axis] - i * length));
  const parts = given ?? even;
  const sum = parts.reduce((a: number, b: number) => a + b, 0);
  const fits = parts.length === count && sum === dims[axis] && parts.every(n => n > 0);
  ensure(fits && (given || isEven), `parts of ${parts} out of ${dims[axis]}`);
  return { axis, parts };
}

/** Numbers before and after an axis. */
export interface Padding {
  readonly axis: number;
  readonly before: number;
  readonly after: number;
}

/** What Pad adds to which axes: attributes before operator set 11, then inputs. */
export function padsOf(
  node: Node,
  pads: Constant | undefined,
  axes: Constant | undefined,
  rank: number,
): Padding[] {
  const given = pads
    ? wholesOf(pads)
    : (integersOf(node, 'pads') ?? integersOf(node, 'paddings') ?? []);
  const count = given.length / 2;
  const at = axes ? wholesOf(axes) : Array.from({ length: rank }, (_, i) => i);
  ensure(at.length === count, `pads ${given} of ${at.length} axes`);
  return at.flatMap((axis, i) => {
    const [before, after] = [given[i], given[i + count]];
    return before || after ? { axis: axisIn(axis, rank), before, after } : [];
  });
}
