import { sizeOf } from '../../arrays/ndarray.js';
import { backwardCell } from '../../layers/bidirectional.js';
import { sliceCell } from '../../layers/moves.js';
import { windowCell } from '../../layers/window.js';
import { startingFrom } from '../../streams/function-cell.js';
import {
  type Axis,
  axesText,
  type FeatureAxis,
  type Flow,
  flowOf,
  one,
  type TimeAxis,
  timeOf,
  type Value,
} from './flow.js';
import { integerOf, type Node } from './graph.js';
import { type LoopBody, loopBody } from './loop-body.js';
import { type LoopAnswer, type LoopForm, loopForm } from './loop-form.js';
import { beginOf, constantsIn, countsIn, endsWith, isCount, shapeOf } from './loop-sizes.js';
import { type Source, sourcesOf, stepSource } from './loop-sources.js';
import type { LayerDraft } from './network.js';
import { type Operator, pointwise, type Reading } from './reading.js';
import { ensure } from './unfit.js';
import type { Tensor } from './whole-program.js';

/** Loops that are a recurrence over the steps of a sequence, and the lists that they make. */
export const loopOperators: Readonly<Record<string, Operator>> = {
  Loop: loop,
  Scan: loop,
  SequenceEmpty: () => [{ kind: 'list' }],
  ConcatFromSequence: (node, [list]) => {
    ensure(list.kind === 'list' && list.items, 'a list that no loop makes');
    const { items } = list;
    const isNew = integerOf(node, 'new_axis', 0) !== 0;
    const [time, ...others] = items.axes;
    const given = integerOf(node, 'axis', 0);
    const rank = others.length + Number(isNew);
    const at = given < 0 ? given + rank : given;
    ensure(at >= 0 && at < rank, `axis ${given} of ${rank}`);
    ensure(isNew || others[at] === one, `an axis of ${axesText(items)} that is not 1`);
    return [
      { ...items, axes: [...others.slice(0, at), time, ...others.slice(at + Number(!isNew))] },
    ];
  },
};

function loop(node: Node, _: readonly Value[], reading: Reading): Value[] {
  const form = loopForm(node, reading.operatorSet);
  const around = new Map<string, Value>(
    [...node.captured.map(name => [name, name] as const), ...form.passed].map(([name, outer]) => [
      name,
      reading.valueOf(outer),
    ]),
  );
  // What an unread node would give is no second problem.
  if ([...around.values()].some(({ kind }) => kind === 'unknown')) return [];
  const sources = sourcesOf(form, around, reading);
  const [first] = sources;
  ensure(first, 'no sequence of which it reads a step at a time');
  const time = timeOf(first.flow) as TimeAxis;
  ensure(
    sources.every(({ flow }) => timeOf(flow) === time),
    'sequences of different lengths',
  );
  const begins = form.states.map(({ begin }) => reading.valueOf(begin));
  const ends = node.operator === 'Scan' || endsWith(node, time, reading);
  const setting = {
    ...{ form, sources: sources.map(stepSource(form)), operatorSet: reading.operatorSet },
    constants: (steps: number) => constantsIn(form, around, steps, reading),
    shapes: begins.map(value => shapeOf(value, form)),
    counts: (steps: number) => countsIn(form, steps, reading),
    budget: reading.budget,
  };
  const body = loopBody(setting, time.size, ends);
  return valuesOf({ node, form, body, sources, time, begins, reading });
}

interface Made {
  readonly node: Node;
  readonly form: LoopForm;
  readonly body: LoopBody;
  readonly sources: readonly Source[];
  readonly time: TimeAxis;
  readonly begins: readonly Value[];
  readonly reading: Reading;
}

/** The values of a loop's outputs that something reads. */
function valuesOf(made: Made): Value[] {
  const { node, form, body, reading } = made;
  const isRead = ({ result }: { readonly result: number }) =>
    reading.isRead(node.outputs[result] ?? '');
  const states = form.states.filter((_, i) => !isCount(made.begins[i]));
  const all = [
    ...form.answers.map((own, i) => ({ own, tensor: body.answers[i], state: undefined })),
    ...states.map((own, i) => ({ own, tensor: body.states[i], state: own })),
  ].filter(({ own }) => isRead(own));
  const tensors: Tensor[] = [];
  const places = all.map(({ tensor }) => {
    const at = tensors.findIndex(other => areSame(tensor, other));
    return at < 0 ? tensors.push(tensor) - 1 : at;
  });
  const sizes = tensors.map(({ ids }) => sizeOf(ids.dims));
  const width = sizes.reduce((sum, size) => sum + size, 0);
  const reads = made.sources.flatMap(({ flow }) => flow.parts);
  const signal = reading.network.add(node.where, reads, layerOf(made, width, tensors));
  const parts = tensors.map((_, i) => {
    if (tensors.length === 1) return signal;
    const begin = sizes.slice(0, i).reduce((sum, size) => sum + size, 0);
    const draft = pointwise(sizes[i], () => sliceCell(width, begin, begin + sizes[i]));
    return reading.network.add(node.where, [signal], draft);
  });
  const results: Value[] = [];
  for (const [i, { own, tensor, state }] of all.entries()) {
    const part = parts[places[i]];
    results[own.result] = state
      ? lastValue(made, part, tensor, made.begins[form.states.indexOf(state)])
      : answerOf(made, own as LoopAnswer, part, tensor);
  }
  return results;
}

const areSame = (a: Tensor, b: Tensor) => String(a.ids.values()) === String(b.ids.values());

/** The layer of a loop, where its steps are. */
function layerOf(made: Made, width: number, tensors: readonly Tensor[]): LayerDraft {
  const { node, body, form, begins, time } = made;
  const { eventSteps } = made.reading;
  const make = () => {
    const names = form.states.map(({ input }) => input);
    const cell = body.cell(tensors);
    const own = begins.flatMap((value, i): [string, Float32Array][] => {
      const begin = isCount(value) ? undefined : beginOf(value);
      return begin ? [[names[i], begin]] : [];
    });
    const initial = own.some(([, values]) => values.some(v => v !== 0));
    const kept = own.length === 1 ? own[0][1] : Object.fromEntries(own);
    const begun = initial ? startingFrom(cell, kept) : cell;
    return body.isBackward ? backwardCell(begun) : begun;
  };
  const layer = { width, streams: !body.isBackward, make };
  if (eventSteps.mayKeep && time.size === 1 && !begins.some(({ kind }) => kind === 'state')) {
    eventSteps.one.push(node.where);
    if (!eventSteps.keep) return { width, streams: true, make: () => windowCell(1, make()) };
  }
  return layer;
}

/** The axes of numbers in a step, and those of more than one number. */
function axesOf({ ids }: Tensor): { axes: Axis[]; layout: FeatureAxis[] } {
  const axes = ids.dims.map((size): Axis => (size === 1 ? one : { role: 'feature', size }));
  return { axes, layout: axes.filter((axis): axis is FeatureAxis => axis.role === 'feature') };
}

/** The last value of a state. */
function lastValue(
  { node, form, body, reading }: Made,
  part: number,
  tensor: Tensor,
  begin: Value,
): Flow {
  const { axes, layout } = axesOf(tensor);
  const last = (body.isBackward ? reading.first : reading.last)(
    node,
    part,
    sizeOf(tensor.ids.dims),
  );
  const carried = begin.kind === 'state' ? { input: begin.input, from: begin.from } : undefined;
  return {
    ...flowOf(last, form.isBatched ? [one, ...axes] : axes, layout),
    finals: [{ node: node.where, carried }],
  };
}

/** The answers of all steps. */
function answerOf(
  { form, body, time, reading }: Made,
  { axis, isOwnAxis, isBackward, begin }: LoopAnswer,
  part: number,
  tensor: Tensor,
): Value {
  const isInOrder = isBackward === body.isBackward || time.size === 1;
  ensure(isInOrder, 'answers in another order than the steps that they are of');
  if (begin !== undefined) ensure(isEmpty(reading.valueOf(begin)), 'answers put behind others');
  const own = axesOf(tensor);
  const axes = form.isBatched ? [one, ...own.axes] : own.axes;
  if (axis === undefined) {
    return { kind: 'list', items: flowOf(part, [time, ...axes], own.layout) };
  }
  const rank = axes.length + Number(!isOwnAxis);
  const at = axis < 0 ? axis + rank : axis;
  ensure(at >= 0 && at < rank, `axis ${axis} of ${rank}`);
  ensure(!isOwnAxis || axes[at] === one, 'answers of several steps at each step');
  const placed = [...axes.slice(0, at), time, ...axes.slice(at + Number(isOwnAxis))];
  return flowOf(part, placed, own.layout);
}

function isEmpty(value: Value): boolean {
  if (value.kind === 'list') return value.items === undefined;
  return (value.kind === 'constant' || value.kind === 'filled') && value.dims?.includes(0) === true;
}
