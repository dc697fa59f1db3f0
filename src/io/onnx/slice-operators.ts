import { embeddingCell } from '../../layers/embedding.js';
import {
  axesText,
  axisAt,
  ensure,
  type FeatureAxis,
  type Flow,
  flowOf,
  one,
  type TimeAxis,
  type Value,
  widthOf,
} from './flow.js';
import { integerOf, integersOf, type Node } from './graph.js';
import { checkInterleaved, cuts, lastSteps, oneStep, partOfFlow, partOfState } from './parts.js';
import { rangesOf, within } from './ranges.js';
import {
  constantIn,
  emit,
  flowIn,
  inWindow,
  type Operator,
  optionalIn,
  pointwise,
  type Reading,
  refused,
} from './reading.js';
import { type Constant, parameterOf, weightsOf, wholesOf } from './tensor.js';

/** Operators that take parts out of what is computed. */
export const sliceOperators: Readonly<Record<string, Operator>> = {
  Slice: slice,
  Split: split,
  Gather: gather,
};

function slice(node: Node, inputs: readonly Value[], reading: Reading): Value[] {
  const [input] = inputs;
  const constants = inputs.map(value => (value.kind === 'constant' ? value : undefined));
  if (input.kind === 'state') {
    const rank = input.dims?.length ?? 1;
    const all = rangesOf(node, constants, rank).filter(range => cuts(input, range));
    checkInterleaved(rank, ...all.map(({ axis }) => axis));
    ensure(
      all.every(({ step }) => step === 1),
      'every other row of a state',
    );
    return [all.reduce((state, { begin, end }) => partOfState(state, begin, end), input)];
  }
  if (input.kind === 'flow' && input.context) {
    return [contextSteps(node, input, rangesOf(node, constants, input.axes.length), reading)];
  }
  let flow = flowIn(inputs);
  for (const { axis, ...range } of rangesOf(node, constants, flow.axes.length)) {
    const own = flow.axes[axis];
    ensure(range.step === 1, `a step of ${range.step}`);
    if (own.role === 'time') flow = timeSlice(node, flow, axis, range, reading);
    else {
      const size = own.role === 'feature' ? own.size : 1;
      const [first, count] = within(range, size);
      ensure(count > 0, 'nothing of an axis');
      if (own.role === 'feature') flow = partOfFlow(node, flow, axis, first, count, reading);
    }
  }
  return [flow];
}

/** The last steps of a window that begins with a state: what the state is next. */
function contextSteps(
  node: Node,
  flow: Flow,
  ranges: readonly { axis: number; begin: number; end: number; step: number }[],
  { network }: Reading,
): Flow {
  const { pad: [count] = [0], context, axes, layout } = flow;
  const [range] = ranges;
  const isLast = range?.begin === -count && range.end >= 2 ** 31 - 1 && range.step === 1;
  ensure(ranges.length === 1 && isLast && range.axis === 0, 'steps of a window with a state');
  const part = network.add(node.where, [0], refused(widthOf(flow), 'a state as an input of nodes'));
  return { ...flowOf(part, axes, layout), finals: [{ node: node.where, carried: context }] };
}

/** The last step, all steps, or all but those that come of padding. */
function timeSlice(
  node: Node,
  flow: Flow,
  at: number,
  { begin, end }: { begin: number; end: number },
  reading: Reading,
): Flow {
  const { size } = flow.axes[at] as TimeAxis;
  const isEnd = end >= (size ?? 2 ** 31 - 1);
  if (begin === 0 && isEnd) return flow;
  if (isEnd && (begin === -1 || begin === (size ?? 0) - 1))
    return oneStep('last', node, flow, at, one, reading);
  if (begin === 0 && end === 1) return oneStep('first', node, flow, at, one, reading);
  const kept = begin < 0 ? -begin : (size ?? 0) - begin;
  if (isEnd && kept > 1 && (begin < 0 || size !== undefined)) {
    return lastSteps(node, flow, at, kept, reading);
  }
  const before = flow.parts.length === 1 ? reading.network.layer(flow.parts[0]) : undefined;
  const lost = end < 0 ? -end : size === undefined ? 0 : size - end;
  const trimmed = begin === 0 && lost > 0 ? before?.trimmed?.(lost) : undefined;
  ensure(before && trimmed, `the steps ${begin} to ${end} of ${axesText(flow)}`);
  const axes = flow.axes.map((axis, i) => (i === at ? trimmed.time : axis));
  return emit(reading, node, { ...flow, parts: before.reads }, trimmed.draft, axes, flow.layout);
}

function split(node: Node, inputs: readonly Value[], reading: Reading): Value[] {
  const [input] = inputs;
  const given = optionalIn(inputs, 1) ? wholesOf(constantIn(inputs, 1)) : integersOf(node, 'split');
  const count = node.outputs.length;
  const axisOf = (rank: number) => {
    const axis = integerOf(node, 'axis', 0);
    return axis < 0 ? axis + rank : axis;
  };
  const asked = integerOf(node, 'num_outputs', count);
  ensure(asked === count, `num_outputs ${asked} for ${count} outputs`);
  const isEven = reading.operatorSet < 18;
  const lengths = (size: number) => given ?? chunks(size, count, isEven);
  if (input.kind === 'state') {
    const rank = input.dims?.length ?? 1;
    const [size] = input.dims ?? [];
    checkInterleaved(rank, axisOf(rank));
    ensure(typeof size === 'number', 'a part of a state whose size is not known');
    return ranges(lengths(size)).map(([from, to]) => partOfState(input, from, to));
  }
  const flow = flowIn(inputs);
  const at = axisAt(flow, axisOf(flow.axes.length));
  const axis = flow.axes[at];
  if (count === 1) return [flow];
  ensure(axis.role === 'feature', `Split of the axis ${at} of ${axesText(flow)}`);
  const parts = lengths(axis.size);
  const sum = parts.reduce((a: number, b: number) => a + b, 0);
  const isWhole = parts.length === count && parts.every(length => length > 0);
  ensure(isWhole && sum === axis.size, 'parts that do not make the whole');
  return ranges(parts).map(([from, to]) => partOfFlow(node, flow, at, from, to - from, reading));
}

/** Chunks of one size; from operator set 18 on the last one may be smaller. */
function chunks(size: number, count: number, isEven: boolean): number[] {
  ensure(!isEven || size % count === 0, `${size} numbers in ${count} parts`);
  const length = Math.ceil(size / count);
  return Array.from({ length: count }, (_, i) => Math.min(length, size - i * length));
}

function ranges(lengths: readonly number[]): [from: number, to: number][] {
  let at = 0;
  return lengths.map(length => [at, (at += length)]);
}

function gather(node: Node, inputs: readonly Value[], reading: Reading): Value[] {
  const [data, indices] = inputs;
  if (data.kind === 'constant' && indices.kind === 'flow') {
    return [embedded(node, data, flowIn([{ ...indices, isIndex: false }]), reading)];
  }
  const index = constantIn(inputs, 1);
  const [value, ...others] = wholesOf(index);
  ensure(value !== undefined && others.length === 0, 'several indices');
  const axis = integerOf(node, 'axis', 0);
  if (data.kind === 'state') {
    const own = axis < 0 ? axis + (data.dims?.length ?? 1) : axis;
    const size = data.dims?.[0];
    const end = value === -1 && typeof size === 'number' ? size : value + 1;
    const isPart = cuts(data, { axis: own, begin: value, end, step: 1 });
    if (isPart) checkInterleaved(data.dims?.length ?? 1, own);
    const part = isPart ? partOfState(data, value, end) : data;
    const dims = part.dims?.filter((__, i) => i !== own || index.dims.length > 0);
    return [{ ...part, dims }];
  }
  const flow = flowIn(inputs);
  const at = axisAt(flow, axis);
  const own = flow.axes[at];
  const stays = index.dims.length > 0 ? one : undefined;
  if (own.role === 'time') {
    const isLast = value === -1 || value === (own.size ?? 0) - 1;
    ensure(isLast || value === 0, `step ${value} of a sequence`);
    return [oneStep(isLast ? 'last' : 'first', node, flow, at, stays, reading)];
  }
  const size = own.role === 'feature' ? own.size : 1;
  const first = value < 0 ? value + size : value;
  ensure(first >= 0 && first < size, `index ${value} of ${size}`);
  const picked = own.role === 'feature' ? partOfFlow(node, flow, at, first, 1, reading) : flow;
  const gone = picked.axes[at];
  const axes = picked.axes.flatMap((other, i) => (i === at ? (stays ?? []) : other));
  return [{ ...picked, axes, layout: picked.layout.filter(other => other !== gone) }];
}

/** Rows of a matrix by the index that each datum is. */
function embedded(node: Node, table: Constant, flow: Flow, reading: Reading): Flow {
  const [count, size] = table.dims;
  const isTable = table.dims.length === 2 && integerOf(node, 'axis', 0) === 0 && count * size > 0;
  ensure(isTable, `Gather from [${table.dims}]`);
  const width = widthOf(flow);
  const made: FeatureAxis = { role: 'feature', size };
  const draft = inWindow(
    width,
    pointwise(size, () => {
      return embeddingCell(count, size, { params: { weight: parameterOf(weightsOf(table)) } });
    }),
  );
  return emit(reading, node, flow, draft, [...flow.axes, made], [...flow.layout, made]);
}
