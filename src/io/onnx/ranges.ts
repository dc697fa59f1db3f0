import { ensure } from './flow.js';
import { integersOf, type Node } from './graph.js';
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
