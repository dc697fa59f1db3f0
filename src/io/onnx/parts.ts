import { contextCell, sliceCell } from '../../layers/moves.js';
import {
  type Axis,
  ensure,
  type FeatureAxis,
  type Flow,
  placeOf,
  type State,
  widthOf,
} from './flow.js';
import type { Node } from './graph.js';
import { type Range, within } from './ranges.js';
import { emit, inWindow, pointwise, type Reading } from './reading.js';

/** The first or the last step of a flow; `axis` takes the place of the steps. */
export function oneStep(
  which: 'first' | 'last',
  node: Node,
  flow: Flow,
  at: number,
  axis: Axis | undefined,
  reading: Reading,
): Flow {
  const { network } = reading;
  const parts = flow.parts.map(signal => reading[which](node, signal, network.widthOf(signal)));
  const axes = flow.axes.flatMap((own, i) => (i === at ? (axis ?? []) : own));
  return { ...flow, parts, axes };
}

/** The last steps of a flow, as features: before so many have come, zeros stand for them. */
export function lastSteps(
  node: Node,
  flow: Flow,
  at: number,
  count: number,
  reading: Reading,
): Flow {
  const width = widthOf(flow);
  const length = (count - 1) * width;
  ensure(length <= 2 ** 20, `a window of ${length} numbers`);
  const made: FeatureAxis = { role: 'feature', size: count };
  const axes = flow.axes.map((own, i) => (i === at ? made : own));
  const draft = pointwise(length + width, () => contextCell(width, length));
  const window = emit(reading, node, flow, draft, axes, [made, ...flow.layout]);
  return { ...window, parts: [reading.last(node, window.parts[0], length + width)] };
}

/** `count` numbers of a feature axis; one number leaves an axis of size 1. */
export function partOfFlow(
  node: Node,
  flow: Flow,
  at: number,
  first: number,
  count: number,
  reading: Reading,
): Flow {
  const axis = flow.axes[at] as FeatureAxis;
  if (count === axis.size) return flow;
  const { outer, inner } = placeOf(flow, axis);
  const made: FeatureAxis = { role: 'feature', size: count };
  const axes = flow.axes.map(own => (own === axis ? made : own));
  const layout = flow.layout.map(own => (own === axis ? made : own));
  const own = outer === 1 && wholeParts(flow, first * inner, count * inner, reading);
  if (own) return { ...flow, parts: own, axes, layout, finals: undefined };
  const whole = axis.size * inner;
  const draft = pointwise(count * inner, () =>
    sliceCell(whole, first * inner, (first + count) * inner),
  );
  return emit(reading, node, flow, inWindow(outer, draft), axes, layout);
}

/** The signals whose numbers those are, if they are all of some signals'. */
function wholeParts({ parts }: Flow, from: number, count: number, { network }: Reading) {
  let at = 0;
  const places = parts.map(signal => ({ signal, at, end: (at += network.widthOf(signal)) }));
  const inside = places.filter(part => part.at >= from && part.end <= from + count);
  const width = inside.reduce((sum, part) => sum + part.end - part.at, 0);
  return width === count ? inside.map(({ signal }) => signal) : undefined;
}

/** Rows of a state's first axis. */
export function partOfState(state: State, begin: number, end: number): State {
  const { dims, from } = state;
  const size = typeof dims?.[0] === 'number' ? dims[0] : undefined;
  const first = begin < 0 ? begin + (size ?? Number.NaN) : begin;
  const last = end < 0 ? end + (size ?? Number.NaN) : Math.min(end, size ?? end);
  ensure(last > first, 'a part of a state whose size is not known');
  return { ...state, from: from + first, dims: dims && [last - first, ...dims.slice(1)] };
}

/** True for a range that is not all of an axis. */
export function cuts({ dims }: State, range: Range & { axis: number }): boolean {
  const size = dims?.[range.axis];
  if (typeof size === 'number') return within(range, size)[1] !== size || range.step < 0;
  return range.begin !== 0 || range.end < 2 ** 31 - 1 || range.step !== 1;
}

/** Parts of a state lie one after another along its first axis, or cannot be told apart. */
export function checkInterleaved(rank: number, ...axes: readonly number[]): void {
  const axis = Math.max(0, ...axes);
  const name = axis === rank - 1 ? 'the last axis' : `axis ${axis}`;
  ensure(axis === 0, `a state interleaved on ${name} of one tensor`);
}
