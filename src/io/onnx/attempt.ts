import { backwardCell } from '../../layers/bidirectional.js';
import { lastCell } from '../../layers/pooling.js';
import { quoted } from '../json.js';
import type { Problem } from '../unreadable.js';
import type { Budget } from './budget.js';
import { ensure, type Flow, timeOf, type Value, widthOf } from './flow.js';
import { folded } from './fold.js';
import type { Graph, Node } from './graph.js';
import { foldedInts, settled } from './ints.js';
import { Network } from './network.js';
import { operators } from './operators.js';
import type { EventSteps, Reading } from './reading.js';
import { plumbing } from './states.js';
import type { Constant } from './tensor.js';
import { whyOf } from './unfit.js';

/** A graph read with one idea of what the axes of its input are. */
export interface Attempt {
  readonly network: Network;
  readonly values: ReadonlyMap<string, Value>;
  readonly problems: readonly Problem[];
  /** True if the last step of a sequence is asked for. */
  readonly takesLast: boolean;
  readonly eventSteps: EventSteps;
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
  readonly flow: Flow;
  readonly states: ReadonlyMap<string, Value>;
  /** See `Reading.running`. */
  readonly running: boolean;
  /** See `EventSteps.keep`. */
  readonly keep: boolean;
  readonly budget: Budget;
  /** Numbers that an attempt may make. */
  readonly worth: number;
}

/** Reads the nodes in order; those that cannot be read become problems. */
export function attempt(setting: Setting): Attempt {
  const { graph, nodes, states, running } = setting;
  const network = new Network(widthOf(setting.flow));
  const values = new Map<string, Value>([...graph.initializers, ...states]);
  values.set(setting.input, setting.flow);
  const problems: Problem[] = [];
  const lasts = new Map<number, number>();
  const { budget } = setting;
  budget.renew(setting.worth);
  const { size = 0 } = timeOf(setting.flow) ?? { size: 1 };
  const eventSteps = { mayKeep: size === 1, keep: setting.keep, one: [], windows: [] };
  const read = new Set(nodes.flatMap(({ inputs, captured }) => [...inputs, ...captured]));
  for (const { name } of graph.outputs) read.add(name);
  const makers = new Map(nodes.flatMap(node => node.outputs.map(name => [name, node] as const)));
  const reading: Reading = {
    ...{ network, running, eventSteps },
    operatorSet: setting.operatorSet,
    budget,
    isRead: name => read.has(name),
    valueOf: name => values.get(name) ?? unknown,
    makerOf: name => makers.get(name),
    last(node, signal, width) {
      const known = lasts.get(signal);
      if (known !== undefined) return known;
      const layer = { width, streams: false, make: () => lastCell(width) };
      const last = running ? signal : network.add(node.where, [signal], layer);
      lasts.set(signal, last);
      return last;
    },
    first(node, signal, width) {
      const make = () => backwardCell(lastCell(width));
      return network.add(node.where, [signal], { width, streams: false, make });
    },
  };
  for (const node of nodes) {
    const results = setting.unread.has(node) ? [] : valuesOf(node, values, reading, problems);
    for (const [i, name] of node.outputs.entries()) {
      values.set(name, results[i] ?? unknown);
      if (results.length > 0 && results[i] === undefined && read.has(name)) {
        problems.push({ where: node.where, why: `its output ${i}, which is not computed here` });
      }
    }
  }
  return { network, values, problems, takesLast: lasts.size > 0, eventSteps };
}

const absent: Value = { kind: 'absent' };
const unknown: Value = { kind: 'unknown' };

function valuesOf(
  node: Node,
  values: ReadonlyMap<string, Value>,
  reading: Reading,
  problems: Problem[],
): readonly Value[] {
  const inputs = node.inputs.map(name => (name === '' ? absent : (values.get(name) ?? unknown)));
  // What an unread node would give is no second problem.
  if (inputs.some(({ kind }) => kind === 'unknown')) return [];
  try {
    return computed(node, inputs, reading) ?? operatorOf(node)(node, inputs, reading);
  } catch (error) {
    const why = whyOf(error);
    problems.push({ where: node.where, why });
    return [];
  }
}

/** What can be known without the input. */
function computed(
  node: Node,
  inputs: readonly Value[],
  { budget }: Reading,
): readonly Value[] | undefined {
  const given = inputs.filter(({ kind }) => kind !== 'absent');
  if (given.length === 0) return undefined;
  if (given.every(({ kind }) => kind === 'constant')) {
    const constants = inputs.map(value => (value.kind === 'constant' ? value : undefined));
    const results = folded({ node, budget }, constants as Constant[]);
    if (results || node.operator !== 'ReduceProd') return results;
  }
  // Whatever moves the axes of one number everywhere leaves it that.
  const [first] = given;
  if (first.kind === 'filled' && (plumbing.has(node.operator) || isJoined(node, given))) {
    return node.outputs.map(() => ({ ...first, dims: undefined }));
  }
  if (!given.every(({ kind }) => kind === 'constant' || kind === 'ints')) return undefined;
  const ints = foldedInts(node, inputs);
  return ints && [settled(ints)];
}

/** True for a Concat of one number everywhere. */
function isJoined({ operator }: Node, given: readonly Value[]): boolean {
  const [first] = given;
  return (
    operator === 'Concat' &&
    given.every(
      value => value.kind === 'filled' && first.kind === 'filled' && value.value === first.value,
    )
  );
}

function operatorOf({ operator }: Node) {
  ensure(Object.hasOwn(operators, operator), `the operator ${quoted(operator)}`);
  return operators[operator];
}
