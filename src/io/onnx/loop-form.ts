import { integerOf, integersOf, type Node } from './graph.js';
import type { GraphProto, NodeProto } from './proto.js';
import { tensorOf } from './tensor.js';
import { ensure } from './unfit.js';

/** A value that a loop carries from step to step. */
export interface LoopState {
  /** In the body: its value before a step, and after it. */
  readonly input: string;
  readonly output: string;
  /** Around the loop: where it begins. */
  readonly begin: string;
  /** Which of the node's outputs its last value is. */
  readonly result: number;
}

/** Answers of steps that are put together. */
export interface LoopAnswer {
  /** In the body. */
  readonly output: string;
  /** The axis of the steps; undefined for the items of a list. */
  readonly axis: number | undefined;
  /** True if that axis is one of the answer's own, of size 1. */
  readonly isOwnAxis: boolean;
  /** True if the first step's answer stands at the end. */
  readonly isBackward: boolean;
  /** Where they are put, if that is not empty from the start. */
  readonly begin?: string | undefined;
  readonly result: number;
}

/** A sequence of which a step is given to the body. */
export interface LoopSequence {
  readonly input: string;
  readonly from: string;
  readonly axis: number;
  readonly isBackward: boolean;
}

/** A node Loop or Scan by what happens at each step. */
export interface LoopForm {
  readonly nodes: readonly NodeProto[];
  readonly body: GraphProto;
  /** Before operator set 9, a Scan's body is of one sequence of a batch. */
  readonly isBatched: boolean;
  /** The number of the step in the body. */
  readonly counter?: string | undefined;
  readonly condition?: { readonly input: string; readonly output: string } | undefined;
  readonly states: readonly LoopState[];
  readonly answers: readonly LoopAnswer[];
  readonly sequences: readonly LoopSequence[];
  /** Names in the body of values around it that never change. */
  readonly passed: ReadonlyMap<string, string>;
}

/** The body of a node Loop or Scan. */
function bodyOf({ attributes }: Node): GraphProto {
  const body = attributes.get('body')?.graph;
  ensure(body && body.sparse === 0, 'no body');
  return body;
}

/** What a node Loop or Scan does at each step; throws Unfit for one that is none of these. */
export function loopForm(node: Node, set: number): LoopForm {
  return node.operator === 'Loop' ? formOfLoop(node) : formOfScan(node, set);
}

/** Values around a loop from which states begin. */
export function loopBegins(node: Node, set: number): readonly string[] {
  try {
    return loopForm(node, set).states.map(({ begin }) => begin);
  } catch {
    // The operator itself says what is wrong with it.
    return [];
  }
}

function formOfScan(node: Node, set: number): LoopForm {
  const body = bodyOf(node);
  const isBatched = set < 9;
  const given = isBatched ? node.inputs.slice(1) : node.inputs;
  ensure(!isBatched || node.inputs[0] === '', 'sequence_lens: give sequences to mapSequences');
  const count = integerOf(node, 'num_scan_inputs', 0);
  const states = given.length - count;
  const fits = body.inputs.length === given.length && body.outputs.length === node.outputs.length;
  ensure(fits && count > 0 && states >= 0, `a body of ${body.inputs.length} inputs`);
  ensure(body.outputs.length >= states, `a body of ${body.outputs.length} outputs`);
  const axis = (name: string, i: number) => integersOf(node, name)?.[i] ?? 0;
  const isBackward = (name: string, i: number) => {
    const direction = integersOf(node, isBatched ? 'directions' : name)?.[i] ?? 0;
    ensure(direction === 0 || direction === 1, `the direction ${direction}`);
    return direction === 1;
  };
  return {
    ...{ nodes: body.nodes, body, isBatched, passed: new Map() },
    states: given.slice(0, states).map((begin, i) => {
      return { begin, input: body.inputs[i].name, output: body.outputs[i].name, result: i };
    }),
    sequences: given.slice(states).map((from, i) => ({
      ...{ from, input: body.inputs[states + i].name },
      axis: isBatched ? 1 : axis('scan_input_axes', i),
      isBackward: isBackward('scan_input_directions', i),
    })),
    answers: body.outputs.slice(states).map(({ name }, i) => ({
      ...{ output: name, isOwnAxis: false, result: states + i },
      axis: isBatched ? 1 : axis('scan_output_axes', i),
      // Before set 9 answers are in the order of the steps.
      isBackward: isBatched ? false : isBackward('scan_output_directions', i),
    })),
  };
}

function formOfLoop(node: Node): LoopForm {
  const body = bodyOf(node);
  const begins = node.inputs.slice(2);
  const carried = begins.length;
  const fits =
    body.inputs.length === 2 + carried &&
    body.outputs.length >= 1 + carried &&
    node.outputs.length <= body.outputs.length - 1;
  ensure(fits, `a body of ${body.inputs.length} inputs and ${body.outputs.length} outputs`);
  const makers = new Map(body.nodes.flatMap(own => own.outputs.map(name => [name, own] as const)));
  const [counter, condition] = body.inputs;
  const passed = new Map<string, string>();
  const states: LoopState[] = [];
  const answers: LoopAnswer[] = [];
  const joins = new Set<NodeProto>();
  for (const [i, begin] of begins.entries()) {
    const input = body.inputs[2 + i].name;
    const output = originOf(body.outputs[1 + i].name, makers);
    if (output === input) {
      passed.set(input, begin);
      continue;
    }
    const maker = makers.get(output);
    const joined = maker && joinedBy(maker, input, makers);
    if (joined) {
      joins.add(maker);
      answers.push({ ...joined, begin, result: i });
    } else states.push({ input, output: body.outputs[1 + i].name, begin, result: i });
  }
  for (const [i, { name }] of body.outputs.slice(1 + carried).entries()) {
    const own = { output: name, axis: 0, isOwnAxis: false, isBackward: false };
    answers.push({ ...own, result: carried + i });
  }
  return {
    ...{ body, isBatched: false, states, answers, passed, sequences: [] },
    nodes: body.nodes.filter(own => !joins.has(own)),
    counter: counter.name,
    condition: { input: condition.name, output: body.outputs[0].name },
  };
}

/** A name without the nodes that pass its value on. */
function originOf(name: string, makers: ReadonlyMap<string, NodeProto>): string {
  let own = name;
  // No longer than there are nodes: a cycle is found later.
  for (let i = 0; i < makers.size; i++) {
    const maker = makers.get(own);
    if (maker?.operator !== 'Identity' || maker.inputs.length !== 1) break;
    [own] = maker.inputs;
  }
  return own;
}

/** An answer that is put behind those before, or in front of them. */
function joinedBy(
  { operator, inputs, attributes }: NodeProto,
  before: string,
  makers: ReadonlyMap<string, NodeProto>,
): Omit<LoopAnswer, 'result'> | undefined {
  const at = inputs.findIndex(name => originOf(name, makers) === before);
  if (operator === 'SequenceInsert' && at === 0) {
    const position = inputs[2] ? makers.get(inputs[2]) : undefined;
    const value = position?.attributes.find(({ name }) => name === 'value')?.tensor;
    const isFirst = value !== undefined && tensorOf(value).values()[0] === 0;
    ensure(!inputs[2] || isFirst, 'a place in a list that is neither its end nor its beginning');
    return { output: inputs[1], axis: undefined, isOwnAxis: false, isBackward: isFirst };
  }
  if (operator !== 'Concat' || at < 0 || inputs.length !== 2) return undefined;
  const axis = attributes.find(({ name }) => name === 'axis')?.integer;
  return { output: inputs[1 - at], axis, isOwnAxis: true, isBackward: at === 1 };
}
