import { type PadMode, padCell } from '../../layers/moves.js';
import { quoted } from '../json.js';
import {
  axesText,
  axisAt,
  ensure,
  type FeatureAxis,
  type Flow,
  placeOf,
  timeOf,
  type Value,
  widthOf,
} from './flow.js';
import { floatOf, integerOf, integersOf, type Node, textOf } from './graph.js';
import {
  constantIn,
  emit,
  flowIn,
  type Operator,
  optionalIn,
  pointwise,
  type Reading,
} from './reading.js';
import { wholesOf } from './tensor.js';

/** Operators that put together what is computed, and zeros around it. */
export const joinOperators: Readonly<Record<string, Operator>> = {
  Concat: (node, inputs) => [
    inputs[0].kind === 'state' ? afterContext(node, inputs) : concatenated(node, inputs),
  ],
  Pad: pad,
};

/** Steps after those that a state has from before. */
function afterContext(node: Node, inputs: readonly Value[]): Flow {
  const [state] = inputs;
  const flow = flowIn(inputs, 1);
  const at = axisAt(flow, integerOf(node, 'axis', 0));
  const steps = state.kind === 'state' ? state.dims?.[0] : undefined;
  const isContext = at === 0 && flow.axes[0].role === 'time' && typeof steps === 'number';
  ensure(isContext && state.kind === 'state' && inputs.length === 2, 'a state put before steps');
  const { input, from } = state;
  return { ...flow, pad: [steps, 0], context: { input, from } };
}

/** Vectors in a row: a row of rows doubles them. */
const mostParts = 4096;

function concatenated(node: Node, inputs: readonly Value[]): Flow {
  const flows = inputs.map((__, i) => flowIn(inputs, i));
  const [first] = flows;
  const at = axisAt(first, integerOf(node, 'axis', 0));
  ensure(
    flows.every(flow => timeOf(flow) === timeOf(first)),
    'sequences of other steps',
  );
  const finals = flows.every(flow => flow.finals)
    ? flows.flatMap(flow => flow.finals ?? [])
    : undefined;
  if (flows.length === 1) return first;
  const parts = flows.flatMap(flow => flow.parts);
  ensure(
    parts.length <= mostParts && (finals?.length ?? 0) <= mostParts,
    'too many parts in a row',
  );
  const widths = flows.map(flow => sizeAt(flow, at));
  const others = flows.map(flow => flow.layout.filter(axis => axis !== flow.axes[at]));
  const isSame = flows.every((flow, i) => {
    const sizes = (axes: readonly FeatureAxis[]) => String(axes.map(({ size }) => size));
    return flow.axes.length === first.axes.length && sizes(others[i]) === sizes(others[0]);
  });
  ensure(isSame, 'shapes that do not fit each other');
  for (const flow of flows) {
    const axis = flow.axes[at];
    const isOutmost = axis.role !== 'feature' || placeOf(flow, axis).outer === 1;
    ensure(isOutmost, `Concat within the vectors of a window of ${axesText(flow)}`);
  }
  const size = widths.reduce((a, b) => a + b, 0);
  const made: FeatureAxis = { role: 'feature', size };
  const axes = first.axes.map((axis, i) => (i === at ? made : axis));
  const layout = [made, ...others[0]];
  return { kind: 'flow', parts, axes, layout, finals };
}

function sizeAt(flow: Flow, at: number): number {
  const axis = flow.axes[at];
  ensure(
    axis?.role === 'feature' || axis?.role === 'one',
    `Concat along the axis ${at} of ${axesText(flow)}`,
  );
  return axis.role === 'feature' ? axis.size : 1;
}

const padModes: Readonly<Record<string, PadMode>> = {
  constant: 'zero',
  reflect: 'reflect',
  edge: 'edge',
};

function pad(node: Node, inputs: readonly Value[], reading: Reading): Value[] {
  const flow = flowIn(inputs);
  const given = optionalIn(inputs, 1) ? wholesOf(constantIn(inputs, 1)) : integersOf(node, 'pads');
  const rank = flow.axes.length;
  const axes = optionalIn(inputs, 3) ? wholesOf(constantIn(inputs, 3)) : flow.axes.map((_, i) => i);
  ensure(
    given && given.length === 2 * axes.length && given.every(n => n >= 0),
    'pads that are not known',
  );
  const most = Math.max(...given);
  ensure(most <= 4096, `padding of ${most}`);
  const usual = floatOf(node, 'value', 0);
  const filler = optionalIn(inputs, 2) ? constantIn(inputs, 2).values()[0] : usual;
  const mode = textOf(node, 'mode', 'constant');
  const isKnown = Object.hasOwn(padModes, mode) && (filler === 0 || mode !== 'constant');
  ensure(isKnown, `the mode ${quoted(mode)} with the value ${filler}`);
  const padded = axes.flatMap((axis, i) => {
    const pair = [given[i], given[i + axes.length]] as const;
    return pair[0] + pair[1] > 0 ? { at: axis < 0 ? axis + rank : axis, pair } : [];
  });
  if (padded.length === 0) return [flow];
  const [{ at, pair }] = padded;
  const axis = flow.axes[at];
  ensure(padded.length === 1 && axis, 'padding of several axes');
  if (axis.role === 'time') {
    ensure(mode === 'constant', `${mode} padding of a sequence`);
    return [{ ...flow, pad: pair }];
  }
  return [paddedFeatures(node, flow, at, pair, mode, reading)];
}

function paddedFeatures(
  node: Node,
  flow: Flow,
  at: number,
  pair: readonly [number, number],
  mode: string,
  reading: Reading,
): Flow {
  const axis = flow.axes[at];
  const width = widthOf(flow);
  const inner = axis.role === 'feature' ? width / axis.size : width;
  const isOutmost = axis.role === 'feature' && placeOf(flow, axis).outer === 1;
  ensure(isOutmost && (inner === 1 || mode === 'constant'), `padding of ${axesText(flow)}`);
  const made: FeatureAxis = { role: 'feature', size: axis.size + pair[0] + pair[1] };
  const [before, after] = [pair[0] * inner, pair[1] * inner];
  const draft = pointwise(width + before + after, () => {
    return padCell(width, before, after, padModes[mode]);
  });
  const axes = flow.axes.map(own => (own === axis ? made : own));
  return emit(
    reading,
    node,
    flow,
    draft,
    axes,
    flow.layout.map(own => (own === axis ? made : own)),
  );
}
