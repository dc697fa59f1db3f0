import { padCell } from '../../layers/moves.js';
import { repeatVectorCell } from '../../layers/repeat-vector.js';
import { windowCell } from '../../layers/window.js';
import { type Axis, axesText, ensure, type FeatureAxis, type Flow, one } from './flow.js';
import type { Node } from './graph.js';
import { emit, inWindow, pointwise, type Reading } from './reading.js';

/** Two flows in the shape that ONNX broadcasts them to: where one has an axis of 1, it repeats. */
export function aligned(node: Node, a: Flow, b: Flow, reading: Reading): [Flow, Flow] {
  const why = `${axesText(a)} and ${axesText(b)}, which differ`;
  const rank = Math.max(a.axes.length, b.axes.length);
  const [left, right] = [a, b].map(flow => ranked(flow, rank));
  const axes = left.axes.map((axis, i) => commonOf(axis, right.axes[i], why));
  const sizes = axes.map(sizeOf);
  const wide = sizes.flatMap((size, i) => (size > 1 ? i : []));
  const orders = [left, right].map(orderOf);
  const order = orders.find(own => own.length === wide.length) ?? wide;
  const layout = order.map(i => axes[i] as FeatureAxis);
  const expanded = [left, right].map((flow, k) => {
    let own = orders[k];
    ensure(String(order.filter(i => own.includes(i))) === String(own), why);
    for (const [p, i] of order.entries()) {
      if (own[p] === i) continue;
      flow = repeated(node, flow, { own, p, sizes, i }, reading);
      own = [...own.slice(0, p), i, ...own.slice(p)];
    }
    return { ...flow, axes, layout };
  });
  return [expanded[0], expanded[1]];
}

/** A flow with more axes of 1 before its own. */
function ranked(flow: Flow, rank: number): Flow {
  const missing = rank - flow.axes.length;
  return missing ? { ...flow, axes: [...new Array(missing).fill(one), ...flow.axes] } : flow;
}

const sizeOf = (axis: Axis) => (axis.role === 'feature' ? axis.size : 1);

/** The axes of more than one number, by their index, in the order in which they lie. */
function orderOf({ axes, layout }: Flow): number[] {
  return layout.flatMap(axis => (axis.size > 1 ? axes.indexOf(axis) : []));
}

function commonOf(a: Axis, b: Axis, why: string): Axis {
  if (a === b) return a;
  const isTime = a.role === 'time' || b.role === 'time';
  ensure(!isTime, why);
  const [m, n] = [sizeOf(a), sizeOf(b)];
  ensure(m === n || m === 1 || n === 1, why);
  if (m === 1 && n === 1) return a.role === 'batch' ? a : b;
  return m > 1 ? a : b;
}

interface Repeat {
  readonly own: readonly number[];
  /** Where in their order the axis is to be. */
  readonly p: number;
  readonly i: number;
  readonly sizes: readonly number[];
}

/** A flow with each vector of the axes after one more axis as often as that is long. */
function repeated(node: Node, flow: Flow, { own, p, sizes, i }: Repeat, reading: Reading): Flow {
  const count = (all: readonly number[]) => all.reduce((product, k) => product * sizes[k], 1);
  const [outer, inner, times] = [count(own.slice(0, p)), count(own.slice(p)), sizes[i]];
  const draft = pointwise(inner * times, () =>
    inner === 1 ? padCell(1, 0, times - 1, 'edge') : windowCell(1, repeatVectorCell(inner, times)),
  );
  return emit(reading, node, flow, inWindow(outer, draft));
}
