import {
  type Axis,
  axesText,
  type Dim,
  ensure,
  type FeatureAxis,
  type Flow,
  one,
  type TimeAxis,
} from './flow.js';

/** What is left of a flow's axes while dimensions are matched with them from both ends. */
interface Rest {
  axes: Axis[];
  layout: FeatureAxis[];
}

/** A flow with other axes, as ONNX's Reshape gives it: `dims` may hold 0 and −1. */
export function reshaped(flow: Flow, dims: readonly Dim[]): Flow {
  const asked = dims.map((dim, i) => (dim === 0 ? askedOf(flow, i) : dim));
  const open = asked.filter(isOpen);
  ensure(open.length < 2, `a shape of which ${open.length} sizes are not known`);
  const at = asked.findIndex(isOpen);
  const head = at < 0 ? asked : asked.slice(0, at);
  const tail = at < 0 ? [] : asked.slice(at + 1);
  const rest: Rest = { axes: [...flow.axes], layout: [...flow.layout] };
  const first = head.map(dim => taken(rest, dim, 'front', flow));
  const last = tail.reverse().map(dim => taken(rest, dim, 'back', flow));
  const middle = at < 0 ? [] : [merged(rest, rest.axes, flow)];
  if (at < 0) {
    ensure(
      rest.axes.every(axis => axis.role !== 'feature' && axis.role !== 'time'),
      lost(flow),
    );
  }
  return { ...flow, axes: [...first, ...middle, ...last.reverse()], layout: rest.layout };
}

/** A flow whose axes from `from` up to `to` became one. */
export function joined(flow: Flow, from: number, to: number): Flow {
  const rest: Rest = { axes: [...flow.axes], layout: [...flow.layout] };
  const axis = merged(rest, flow.axes.slice(from, to), flow);
  const axes = [...flow.axes.slice(0, from), axis, ...flow.axes.slice(to)];
  return { ...flow, axes, layout: rest.layout };
}

const isOpen = (dim: Dim | Axis) => dim === -1 || dim === '?';

/** A size of 0 is that of the axis there. */
function askedOf(flow: Flow, i: number): Dim {
  const axis = flow.axes[i];
  ensure(axis, `no axis ${i} in ${axesText(flow)}`);
  if (axis.role === 'time' || axis.role === 'batch') return axis.role;
  return axis.role === 'one' ? 1 : axis.size;
}

const lost = (flow: Flow) => `a shape that mixes the axes ${axesText(flow)}`;

/** Takes the axis of one dimension off an end of the rest. */
function taken(rest: Rest, dim: Dim, end: 'front' | 'back', flow: Flow): Axis {
  const next = () => (end === 'front' ? rest.axes[0] : rest.axes[rest.axes.length - 1]);
  const drop = () => (end === 'front' ? rest.axes.shift() : rest.axes.pop()) as Axis;
  if (dim === 'batch') {
    while (next()?.role === 'one') drop();
    return next()?.role === 'batch' ? drop() : { role: 'batch' };
  }
  if (dim === 1) {
    const axis = next();
    const isOne = axis?.role === 'one' || axis?.role === 'batch';
    if (isOne || (axis?.role !== undefined && axis.size === 1)) return onlyOne(drop(), rest);
    return one;
  }
  for (let axis = next(); axis && passes(axis, dim); axis = next()) drop();
  const axis = next();
  ensure(axis, lost(flow));
  if (axis.role === 'time') {
    ensure(dim === 'time' || dim === axis.size, lost(flow));
    return drop();
  }
  if (axis.role === 'batch') return drop();
  ensure(typeof dim === 'number' && axis.role === 'feature', lost(flow));
  return axis.size > dim ? split(rest, dim, end, flow) : gathered(rest, dim, end, flow);
}

/** A dropped axis of size 1: a time axis stays one. */
function onlyOne(axis: Axis, rest: Rest): Axis {
  if (axis.role !== 'feature') return axis;
  rest.layout.splice(rest.layout.indexOf(axis), 1);
  return one;
}

/** True for axes that a dimension of another size leaves out: they are 1, or a batch of one. */
function passes(axis: Axis, dim: Dim): boolean {
  if (axis.role === 'one') return true;
  return axis.role === 'batch' && axis.size !== dim;
}

/** Takes `dim` off a larger feature axis. */
function split(rest: Rest, dim: number, end: 'front' | 'back', flow: Flow): Axis {
  const at = end === 'front' ? 0 : rest.axes.length - 1;
  const whole = rest.axes[at] as FeatureAxis;
  ensure(dim > 0 && whole.size % dim === 0, lost(flow));
  const own: FeatureAxis = { role: 'feature', size: dim };
  const left: FeatureAxis = { role: 'feature', size: whole.size / dim };
  const both = end === 'front' ? [own, left] : [left, own];
  rest.layout.splice(rest.layout.indexOf(whole), 1, ...both);
  rest.axes[at] = left;
  return own;
}

/** Takes as many feature axes as make `dim`. */
function gathered(rest: Rest, dim: number, end: 'front' | 'back', flow: Flow): Axis {
  const axes: Axis[] = [];
  let size = 1;
  while (size < dim) {
    const axis = end === 'front' ? rest.axes.shift() : rest.axes.pop();
    ensure(axis && axis.role !== 'time', lost(flow));
    axes.push(axis);
    if (axis.role === 'feature') size *= axis.size;
  }
  ensure(size === dim, lost(flow));
  return merged(rest, end === 'front' ? axes : axes.reverse(), flow);
}

/** The one axis that axes in a row become. */
function merged(rest: Rest, axes: readonly Axis[], flow: Flow): Axis {
  const features = axes.filter(axis => axis.role === 'feature');
  const time = axes.filter(axis => axis.role === 'time') as TimeAxis[];
  const batch = axes.find(axis => axis.role === 'batch');
  if (features.length === 0) return time[0] ?? batch ?? one;
  // Steps that become features would be a datum of all the sequence.
  ensure(time.length === 0, lost(flow));
  ensure(batch?.role !== 'batch' || (batch.size ?? 1) === 1, lost(flow));
  // Axes of size 1 lie anywhere.
  const [first, ...others] = features.filter(axis => axis.size > 1);
  const kept = first ?? features[0];
  rest.layout = rest.layout.filter(
    axis => axis.size > 1 || axis === kept || !features.includes(axis),
  );
  if (others.length === 0) return kept;
  const at = rest.layout.indexOf(first);
  const isRow = others.every((axis, i) => rest.layout[at + 1 + i] === axis);
  ensure(isRow, 'a shape that joins axes in another order than they lie in');
  const size = features.reduce((product, axis) => product * axis.size, 1);
  const whole: FeatureAxis = { role: 'feature', size };
  rest.layout.splice(at, others.length + 1, whole);
  return whole;
}
