import { sizeOf } from '../../arrays/ndarray.js';
import { backwardCell } from '../../layers/bidirectional.js';
import { windowCell } from '../../layers/window.js';
import { startingFrom } from '../../streams/function-cell.js';
import { added } from './add-layers.js';
import { axesText, type Flow, stepStride, tensorOf, type Value } from './flow.js';
import { integerOf, type Node } from './graph.js';
import { type LoopBody, loopBody } from './loop-body.js';
import { type LoopAnswer, type LoopForm, loopForm } from './loop-form.js';
import { beginOf, constantsIn, endsWith, isCount, shapeOf } from './loop-sizes.js';
import { type Source, sourcesOf, stepSource } from './loop-sources.js';
import type { LayerDraft } from './network.js';
import { type Operator, type Reading, refused } from './reading.js';
import { carriedIn } from './steps.js';
import type { Constant } from './tensor.js';
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
    return [placedAt(items, items.dims.slice(1), integerOf(node, 'axis', 0), !isNew)];
  },
};

/** A flow whose axis of steps stands among the others, or in the place of one that is 1. */
function placedAt(flow: Flow, others: readonly number[], axis: number, isOwnAxis: boolean): Flow {
  const rank = others.length + Number(!isOwnAxis);
  const at = axis < 0 ? axis + rank : axis;
  ensure(at >= 0 && at < rank, `axis ${axis} of ${rank}`);
  ensure(!isOwnAxis || others[at] === 1, `an axis of ${axesText(flow)} that is not 1`);
  const dims = [...others.slice(0, at), 1, ...others.slice(at + Number(isOwnAxis))];
  return { ...flow, dims, time: flow.steps > 1 ? at : undefined };
}

function loop(node: Node, _: readonly Value[], reading: Reading): (Value | Flow)[] {
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
  const { steps } = first.flow;
  ensure(
    sources.every(({ flow }) => flow.steps === steps),
    'sequences of different lengths',
  );
  const begins = form.states.map(({ begin }) => reading.valueOf(begin));
  const ends = node.operator === 'Scan' || endsWith(node, steps, reading);
  // Its states would be those of all sequences.
  ensure(reading.batches === 1, `a loop over a batch of ${reading.batches}`);
  const counts = form.states.flatMap(({ input }, i) => {
    const begin = begins[i];
    return isCount(begin) ? [[input, begin as Constant] as const] : [];
  });
  const setting = {
    ...{ form, sources: sources.map(stepSource(form)), operatorSet: reading.operatorSet },
    constants: constantsIn(around),
    shapes: begins.map(value => shapeOf(value, form, reading)),
    counts: new Map(counts),
    budget: reading.budget,
  };
  const body = loopBody(setting, steps, ends);
  return valuesOf({ node, form, body, sources, steps, begins, reading });
}

interface Made {
  readonly node: Node;
  readonly form: LoopForm;
  readonly body: LoopBody;
  readonly sources: readonly Source[];
  readonly steps: number;
  readonly begins: readonly Value[];
  readonly reading: Reading;
}

/** The values of a loop's outputs that something reads. */
function valuesOf(made: Made): (Value | Flow)[] {
  const { node, form, body, reading, steps } = made;
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
  const reads = Float64Array.from(made.sources.flatMap(({ flow }) => [...flow.numbers]));
  const numbers = added(reading, node, reads, layerOf(made, width, tensors), steps);
  const results: (Value | Flow)[] = [];
  for (const [i, { own, tensor, state }] of all.entries()) {
    const begin = sizes.slice(0, places[i]).reduce((sum, size) => sum + size, 0);
    const part = numbers.slice(begin, begin + sizes[places[i]]);
    results[own.result] = state
      ? lastValue(made, part, tensor, made.begins[form.states.indexOf(state)])
      : answerOf(made, own as LoopAnswer, part, tensor);
  }
  return results;
}

const areSame = (a: Tensor, b: Tensor) => String(a.ids.values()) === String(b.ids.values());

/** The layer of a loop, where its steps are. */
function layerOf(made: Made, width: number, tensors: readonly Tensor[]): LayerDraft {
  const { node, body, form, begins, steps } = made;
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
  if (eventSteps.mayKeep && steps === 1 && !begins.some(({ kind }) => kind === 'tensor')) {
    eventSteps.one.push(node.where);
    if (!eventSteps.keep) return { width, streams: true, make: () => windowCell(1, make()) };
  }
  return layer;
}

const dimsOf = ({ ids }: Tensor, { isBatched }: LoopForm) =>
  isBatched ? [1, ...ids.dims] : ids.dims;

/** The last value of a state. */
function lastValue(
  { node, form, body, steps, reading }: Made,
  part: Float64Array,
  tensor: Tensor,
  begin: Value,
): Value {
  const carried = begin.kind === 'tensor' ? carriedIn(begin, reading) : undefined;
  const ids = part.map(number => number + (body.isBackward ? 0 : steps - 1) * stepStride);
  const { network, batches } = reading;
  const draft = {
    ...refused(ids.length, 'a last state'),
    final: { node: node.where, carried, ids },
  };
  const numbers = network.numbers(network.add(node.where, [], draft, 1));
  return tensorOf({ kind: 'flow', dims: dimsOf(tensor, form), steps: 1, numbers }, batches);
}

/** The answers of all steps. */
function answerOf(
  { form, body, steps, reading }: Made,
  { axis, isOwnAxis, isBackward, begin }: LoopAnswer,
  numbers: Float64Array,
  tensor: Tensor,
): Value | Flow {
  const isInOrder = isBackward === body.isBackward || steps === 1;
  ensure(isInOrder, 'answers in another order than the steps that they are of');
  if (begin !== undefined) ensure(isEmpty(reading.valueOf(begin)), 'answers put behind others');
  const dims = dimsOf(tensor, form);
  const flow: Flow = { kind: 'flow', dims, steps, numbers };
  const isList = axis === undefined;
  const placed = placedAt(flow, dims, isList ? 0 : axis, isOwnAxis);
  return isList ? { kind: 'list', items: placed } : placed;
}

function isEmpty(value: Value): boolean {
  if (value.kind === 'list') return value.items === undefined;
  return value.kind === 'constant' && value.dims.includes(0);
}
