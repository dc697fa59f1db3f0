import { sizeOf } from '../../arrays/ndarray.js';
import { backwardCell } from '../../layers/bidirectional.js';
import { lastCell } from '../../layers/pooling.js';
import { quoted } from '../json.js';
import type { Problem } from '../unreadable.js';
import type { Budget } from './budget.js';
import { ensure, type Flow, tensorOf, type Value } from './flow.js';
import { type Graph, integerOf, type Node } from './graph.js';
import type { Idea } from './hypotheses.js';
import { Network } from './network.js';
import { operators } from './operators.js';
import { type Ids, plainValues } from './plain-operators.js';
import { padsOf, rangesOf } from './ranges.js';
import {
  axisOf,
  checkReach,
  type EventSteps,
  MixedBatch,
  type Reading,
  refused,
  TooFewSteps,
} from './reading.js';
import type { States } from './states.js';
import { carriedIn, flowOf, isPartOfState } from './steps.js';
import { type Constant, wholesOf } from './tensor.js';
import { Unfit, whyOf } from './unfit.js';
import type { Tensor } from './whole-program.js';

/** A graph read with one idea of what the axes of its input are. */
export interface Attempt {
  readonly network: Network;
  readonly values: ReadonlyMap<string, Value>;
  readonly problems: readonly Problem[];
  readonly eventSteps: EventSteps;
  /** True if the last step of a sequence is asked for. */
  readonly takesLast: boolean;
  /** More steps than these are needed to tell what a node does. */
  readonly tooFew?: number | undefined;
  /** True if a node computes with several sequences of a batch. */
  readonly isMixed: boolean;
  flowOf(tensor: Tensor): Flow;
}

export interface Setting {
  readonly graph: Graph;
  /** Nodes that the outputs need. */
  readonly nodes: readonly Node[];
  /** Those of them that no idea of the axes makes readable. */
  readonly unread: ReadonlySet<Node>;
  readonly operatorSet: number;
  /** The input, and which axes it has. */
  readonly input: string;
  readonly idea: Idea;
  /** How many steps it is read with, where the file leaves that open. */
  readonly steps: number;
  /** How many sequences a batch has: two tell them apart. */
  readonly batches: number;
  readonly states: States;
  /**
   * True while all layers stream: the last step of a sequence is then every step, the answer to
   * what has come so far.
   */
  readonly running: boolean;
  /** See `EventSteps.keep`. */
  readonly keep: boolean;
  readonly budget: Budget;
  /** Numbers that an attempt may make. */
  readonly worth: number;
}

/** Reads the nodes in order; those that cannot be read become problems. */
export function attempt(setting: Setting): Attempt {
  const { graph, nodes, idea } = setting;
  const values = new Map<string, Value>(graph.initializers);
  const read = new Set(nodes.flatMap(({ inputs, captured }) => [...inputs, ...captured]));
  for (const { name } of graph.outputs) read.add(name);
  const { reading, lasts, eventSteps } = readingOf(setting, values, read);
  const { network } = reading;
  for (const [name, dims] of setting.states.sizes) {
    const state = { input: name, dims };
    const draft = { ...refused(sizeOf(dims), 'a state as an input of nodes'), state };
    const numbers = network.numbers(network.add(name, [], draft, 1));
    values.set(name, tensorOf({ kind: 'flow', dims, steps: 1, numbers }, 1));
  }
  const { dims, time, steps = setting.steps } = idea;
  const batch = setting.batches > 1 ? idea.batch : undefined;
  const flow: Flow = { kind: 'flow', dims, time, batch, steps, numbers: network.numbers(0) };
  values.set(setting.input, tensorOf(flow, setting.batches));
  const problems: Problem[] = [];
  let tooFew: number | undefined;
  let isMixed = false;
  for (const node of nodes) {
    let results: readonly Value[] = [];
    try {
      results = setting.unread.has(node) ? [] : valuesOf(node, values, reading);
    } catch (error) {
      if (error instanceof TooFewSteps) tooFew = Math.max(tooFew ?? 0, error.steps);
      if (error instanceof MixedBatch) isMixed = true;
      problems.push({ where: node.where, why: whyOf(error) });
    }
    for (const [i, name] of node.outputs.entries()) {
      values.set(name, results[i] ?? unknown);
      if (results.length > 0 && results[i] === undefined && read.has(name)) {
        problems.push({ where: node.where, why: `its output ${i}, which is not computed here` });
      }
    }
  }
  const { flowOf } = reading;
  const takesLast = lasts.size > 0;
  return { network, values, problems, takesLast, eventSteps, tooFew, isMixed, flowOf };
}

/** What nodes are read into; each step that a sequence ends with is made once. */
function readingOf(
  { idea, steps, batches, running, keep, operatorSet, budget, worth }: Setting,
  values: ReadonlyMap<string, Value>,
  read: ReadonlySet<string>,
) {
  const network = new Network(sizeOf(idea.dims), idea.steps ?? steps);
  const lasts = new Map<string, number>();
  const flows = new WeakMap<Constant, Flow>();
  budget.renew(worth);
  const eventSteps: EventSteps = { mayKeep: idea.steps === 1, keep, one: [], windows: [] };
  const reading: Reading = {
    ...{ network, eventSteps, operatorSet, budget, batches },
    isOneStep: idea.isOneStep,
    openSteps: idea.steps === undefined ? steps : undefined,
    isRead: name => read.has(name),
    valueOf: name => values.get(name) ?? unknown,
    answer(signal, which) {
      const key = `${which} ${signal}`;
      const known = lasts.get(key);
      if (known !== undefined) return known;
      const { width, where } = network.layer(signal);
      const make = () => (which === 'last' ? lastCell(width) : backwardCell(lastCell(width)));
      const made =
        which === 'last' && running
          ? signal
          : network.add(where, [signal], { width, streams: false, make }, 1);
      lasts.set(key, made);
      return made;
    },
    tensorOf(flow) {
      const tensor = tensorOf(flow, batches);
      flows.set(tensor.ids, flow);
      return tensor;
    },
    flowOf(tensor) {
      const known = flows.get(tensor.ids);
      const flow = known ?? flowOf(tensor, reading);
      flows.set(tensor.ids, flow);
      return flow;
    },
  };
  return { reading, lasts, eventSteps };
}

const absent: Value = { kind: 'absent' };
const unknown: Value = { kind: 'unknown' };

function valuesOf(
  node: Node,
  values: ReadonlyMap<string, Value>,
  reading: Reading,
): readonly Value[] {
  const inputs = node.inputs.map(name => (name === '' ? absent : (values.get(name) ?? unknown)));
  // What an unread node would give is no second problem.
  if (inputs.some(({ kind }) => kind === 'unknown')) return [];
  if (reading.openSteps !== undefined) checkSteps(node, inputs, reading);
  const plain = plainValues(node, inputs, idsOf(reading));
  if (plain) return checkedParts(node, plain, reading);
  const { operator } = node;
  ensure(Object.hasOwn(operators, operator), `the operator ${quoted(operator)}`);
  return operators[operator](node, inputs, reading).map(value =>
    value.kind === 'flow' ? reading.tensorOf(value) : value,
  );
}

/** Values, of which those that are parts of a state can be told apart. */
function checkedParts(
  { operator }: Node,
  values: readonly Value[],
  reading: Reading,
): readonly Value[] {
  if (!['Slice', 'Split', 'Gather'].includes(operator)) return values;
  for (const value of values) {
    if (value.kind === 'tensor' && isPartOfState(value, reading)) carriedIn(value, reading);
  }
  return values;
}

/** Numbers of the file that stand beside those of a step: zeros. */
function idsOf({ budget }: Reading): Ids {
  return {
    budget,
    hasIndices: true,
    idsOf(constant) {
      const isZero = constant.values().every(v => v === 0);
      ensure(isZero, 'numbers of the file beside what is computed from the input');
      return new Float64Array(sizeOf(constant.dims));
    },
  };
}

/** Makes sure that the steps are more than any that a node names. */
function checkSteps(node: Node, inputs: readonly Value[], reading: Reading): void {
  const [value, ...others] = inputs;
  if (value?.kind !== 'tensor' || !['Slice', 'Gather', 'Pad'].includes(node.operator)) return;
  const { dims } = value.ids;
  const constants = others.map(own => (own.kind === 'constant' ? own : undefined));
  const time = timeOf(value, reading);
  if (time === undefined || others.some(({ kind }) => kind === 'tensor')) return;
  const all =
    node.operator === 'Slice'
      ? rangesOf(node, [undefined, ...constants], dims.length).map(({ axis, begin, end }) => {
          // What is larger than any sequence says: to its end.
          return { axis, reach: [begin, end].map(Math.abs).filter(n => n < 2 ** 20) };
        })
      : node.operator === 'Pad'
        ? padsOf(node, constants[0], constants[2], dims.length).map(({ axis, before, after }) => {
            return { axis, reach: [before, after] };
          })
        : [
            {
              axis: axisOf(integerOf(node, 'axis', 0), dims.length),
              reach: constants[0] ? wholesOf(constants[0]).map(Math.abs) : [],
            },
          ];
  for (const { axis, reach } of all) if (axis === time) checkReach(Math.max(0, ...reach), reading);
}

/** The axis of a tensor that goes through the steps, if it can be told. */
function timeOf(tensor: Tensor, reading: Reading): number | undefined {
  try {
    return reading.flowOf(tensor).time;
  } catch (error) {
    if (error instanceof Unfit) return undefined;
    throw error;
  }
}
