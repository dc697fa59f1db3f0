import type { EquationSpec } from './spec.js';
import type { Axis, Geometry } from './steps.js';

/** Numbers that move to a node's value, from one of its inputs or, if `from` is -1, its state. */
export interface Move {
  readonly from: number;
  readonly at: number;
  readonly to: number;
  readonly count: number;
}

/**
 * Numbers of a node's input, one after another: from `at` on, each `step` further; of zeros, where
 * `from` is -1.
 */
export interface Run {
  readonly from: number;
  readonly at: number;
  readonly step: number;
  readonly count: number;
}

/** A cell's equations without numbers: its plan, sizes and functions. */
export interface CellGraph extends Omit<EquationSpec, 'params' | 'kind'> {
  /** Of several outputs: their nodes, and where each is in the answer, in floats. */
  readonly outputs?: readonly CellOutput[];
}

interface CellOutput {
  readonly node: number;
  readonly at: number;
}

/** The places of a cell's outputs in its answer. */
export function cellOutputs({ outputs, definition }: CellGraph): readonly CellOutput[] {
  return outputs ?? [{ node: definition.plan.output, at: 0 }];
}

/** An operation that makes a value of a model; `params` is an index into the model's list. */
export type Operation =
  /** An input of the graph, by its name. */
  | { readonly op: 'port'; readonly name: string }
  | { readonly op: 'cell'; readonly cell: CellGraph; readonly params: number }
  /** Element by element, of all that it reads; half of it for a mean of two. */
  | { readonly op: 'add' | 'multiply'; readonly half?: true }
  /** Places that nothing moves to are zero. The value's last numbers are the next state. */
  | { readonly op: 'move'; readonly moves: readonly Move[]; readonly state: number }
  /** The numbers of all runs, in a row. */
  | { readonly op: 'gather'; readonly runs: readonly Run[] }
  /**
   * A graph of steps whose ports are the node's input and states of these sizes. It answers the
   * node's value and then the next states, each of them after a whole number of groups of four.
   */
  | { readonly op: 'feedback'; readonly sizes: readonly number[]; readonly body: Graph }
  /**
   * A graph of steps whose states, of these sizes, come after its input in the node's input, and
   * the next ones after its answer in the node's value.
   */
  | { readonly op: 'expose'; readonly sizes: readonly number[]; readonly body: Graph }
  /** A row of a table `[rows, size]`, by its index. */
  | { readonly op: 'row'; readonly rows: number; readonly params: number }
  /**
   * Mᵀ v for rows of a cell's parameter, which stay that cell's: those of the `row`-th block of so
   * many `rows` of `params[name]`, `[rows, size]`.
   */
  | {
      readonly op: 'transposed';
      readonly params: number;
      readonly name: string;
      readonly row: number;
      readonly rows: number;
    }
  | Accumulate
  | Convolution
  /** Its input, unchanged; no gradient goes through it. */
  | { readonly op: 'stop' }
  /**
   * Numbers in [0, 1) that follow from `key`, two whole numbers of 32 bits, from the place in the
   * vector and from the state: how many steps there were, and the stream's number. With a rate, the
   * mask of dropout: 0 or 1 / (1 − rate).
   */
  | { readonly op: 'random'; readonly key: readonly [number, number]; readonly rate?: number }
  /** A graph of steps that keeps its states and its last answer where its second input is not 0. */
  | { readonly op: 'hold'; readonly body: Graph }
  /** Reads a vector as `steps` steps one after another, and runs the body on those. */
  | { readonly op: 'sequence'; readonly steps: number; readonly body: Graph }
  | SequenceOperation;

/**
 * Δ ← Δ + a bᵀ for a state Δ `[rows, columns]`, a `[rows]` and b `[columns]`; of b alone, if there
 * is one row: Δ ← Δ + b. Of sequences, all steps in order. Of steps, its value is the next Δ, or
 * nothing: its size is 0. Of sequences it has none.
 */
interface Accumulate {
  readonly op: 'accumulate';
  readonly rows: number;
  readonly columns: number;
}

/**
 * A kernel `weight` `[out, in / groups, frames, bands]` over `channels` of frames of bands,
 * `[channels, frames, bands]`, and a `bias` `[out]`: `[out, frames', bands']`. Before its input's
 * frames are those `past` it, `[past, channels, bands]`, which are its state.
 */
interface Convolution {
  readonly op: 'convolution';
  readonly params: number;
  readonly channels: number;
  readonly groups: number;
  readonly past: number;
  /** Those of the state are among its frames. */
  readonly frames: Axis;
  readonly bands: Axis;
}

/** In graphs of which the values are sequences. */
export type SequenceOperation =
  /**
   * A graph of steps, run over all of them. Its states are zeros at first, or where the model
   * begins; `each`: every turn has its own, which it keeps.
   */
  | { readonly op: 'loop'; readonly body: Graph; readonly each?: true }
  /** Of each window of steps, `count` features from `at` on, one step after another. */
  | ({ readonly op: 'unfold'; readonly at: number; readonly count: number } & Geometry)
  /** Reduces each window of steps, feature by feature; without `kernel` there is one window. */
  | ({
      readonly op: 'pool';
      readonly by: 'max' | 'average';
      readonly includePadding: boolean;
    } & Partial<Geometry>)
  /** Each step so many times. */
  | { readonly op: 'repeat'; readonly times: number }
  /** The last step alone, or all from the last to the first. */
  | { readonly op: 'last' | 'reverse' | 'stop' }
  | Accumulate;

/** One value of a model; `of` are the nodes that it reads, by their indices. */
export type Node = Operation & {
  readonly of: readonly number[];
  /** Length of its value, or of each step of it. */
  readonly size: number;
  /** Its name in messages: `chain[0].lstm`. */
  readonly where: string;
};

export type NodeOf<Op extends Node['op']> = Node & { readonly op: Op };

/** A model as data: values, each made of earlier ones. */
export interface Graph {
  readonly nodes: readonly Node[];
  /** The node that is the answer. */
  readonly output: number;
  /** True: its values are sequences `[steps, size]`; else vectors, of one step. */
  readonly sequence?: true;
}

/** All nodes of a graph; those of a body follow the node that has it. */
export function* allNodes({ nodes }: Graph): Generator<Node> {
  for (const node of nodes) {
    yield node;
    if ('body' in node) yield* allNodes(node.body);
  }
}

/** Lengths of the states that a node has in a stream's block. */
export function stateSizes(node: Node): readonly number[] {
  if (node.op === 'cell') {
    const { definition, sizes } = node.cell;
    return definition.plan.states.map(({ dimension }) => sizes[dimension]);
  }
  return node.op === 'move' && node.state ? [node.state] : [];
}

/** Nodes by which a graph reads its input, in order. */
export function portsOf({ nodes }: Graph): readonly NodeOf<'port'>[] {
  return nodes.filter((node): node is NodeOf<'port'> => node.op === 'port');
}

/** Each port, and the first node that reads it. */
export function readersOf({ nodes }: Graph): readonly (readonly [port: number, node: number])[] {
  return nodes.flatMap(({ op }, i) => {
    const reader = nodes.findIndex(({ of }) => of.includes(i));
    return op === 'port' ? [[i, Math.max(0, reader)] as const] : [];
  });
}

/** Operations that pass infinities and NaN on. */
const passing: readonly string[] = [
  ...['add', 'multiply', 'move', 'gather', 'pool', 'repeat'],
  ...['last', 'reverse', 'stop'],
];

/**
 * `checkedBefore` of a graph of steps, in which no node has others in it that read on their own.
 */
export function checkedInSteps({ nodes }: Graph): readonly (readonly number[])[] {
  const isChecked = nodes.map(({ op }) => op === 'port');
  return nodes.map(({ op, of }) =>
    passing.includes(op) ? [] : of.filter(u => !isChecked[u] && (isChecked[u] = true)),
  );
}

/**
 * The inputs of a node that must be finite: of a loop, those that nodes in its body need to be
 * finite. Infinities and NaN that are added up or moved show in the nodes that read them.
 */
function finiteSources(node: Node): readonly number[] {
  if (node.op !== 'loop') return passing.includes(node.op) ? [] : node.of;
  const inside = node.body.nodes.flatMap(finiteSources);
  const ports = node.body.nodes.flatMap(({ op }, i) => (op === 'port' ? inside.includes(i) : []));
  return node.of.filter((_, k) => ports[k]);
}

/** True for a node whose value is another one's, or steps of it, read in place. */
export const isView = ({ op }: Node) => op === 'last' || op === 'reverse' || op === 'stop';

/**
 * The values to check before each node runs: those that it reads, once each. The numbers of a port
 * are checked where the first node reads them, and so are numbers that were only moved.
 */
export function checkedBefore({ nodes }: Graph): readonly (readonly number[])[] {
  const isChecked = nodes.map(({ op }) => op === 'port');
  const rootOf = (i: number): number => (nodes[i].op === 'reverse' ? rootOf(nodes[i].of[0]) : i);
  return nodes.map((node, i) => {
    const { op, of } = node;
    if (op === 'pool' || op === 'repeat' || isView(node)) isChecked[i] = isChecked[rootOf(of[0])];
    const own = [...new Set(finiteSources(node).map(rootOf))].filter(u => !isChecked[u]);
    for (const u of own) isChecked[u] = true;
    if (op === 'unfold') isChecked[i] = true;
    return own;
  });
}
