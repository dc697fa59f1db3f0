import type { EquationSpec } from './spec.js';
import type { Geometry } from './steps.js';

/** Numbers that move to a node's value: from one of those that it reads, or from its state, -1. */
export interface Move {
  readonly from: number;
  readonly at: number;
  readonly to: number;
  readonly count: number;
}

/** A cell's equations without numbers: its plan, sizes and functions. */
export type CellGraph = Omit<EquationSpec, 'params' | 'kind'>;

/** What makes a value of a model; `params` is an index into the model's list of them. */
export type Operation =
  /** An input of the graph, by its name. */
  | { readonly op: 'port'; readonly name: string }
  | { readonly op: 'cell'; readonly cell: CellGraph; readonly params: number }
  /** Element by element, of all that it reads; half of it for a mean of two. */
  | { readonly op: 'add' | 'multiply'; readonly half?: true }
  /** Zero where nothing moves to. The next state is the value's last numbers. */
  | { readonly op: 'move'; readonly moves: readonly Move[]; readonly state: number }
  /** A row of a table `[rows, size]`, by its index. */
  | { readonly op: 'row'; readonly rows: number; readonly params: number }
  /** A vector read as so many steps one after another, and what the body makes of those. */
  | { readonly op: 'sequence'; readonly steps: number; readonly body: Graph }
  | SequenceOperation;

/** In graphs of which the values are sequences. */
export type SequenceOperation =
  /**
   * A graph of steps, run over all of them. Its states are zeros at first, or where the model begins;
   * `each`: every turn has its own, which it keeps.
   */
  | { readonly op: 'loop'; readonly body: Graph; readonly each?: true }
  /** Of each window of steps, `count` features from `at` on, one step after another. */
  | ({ readonly op: 'unfold'; readonly at: number; readonly count: number } & Geometry)
  /** What a window of steps becomes, feature by feature; without `kernel` there is one window. */
  | ({
      readonly op: 'pool';
      readonly by: 'max' | 'average';
      readonly includePadding: boolean;
    } & Partial<Geometry>)
  /** The last step alone, or all from the last to the first. */
  | { readonly op: 'last' | 'reverse' };

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
  /** The node that is the answer, or the first one. */
  readonly output: number;
  /** Of a model that has several answers: their nodes, by name. */
  readonly outputs?: readonly { readonly name: string; readonly node: number }[];
  /** True: its values are sequences `[steps, size]`; else vectors, of one step. */
  readonly sequence?: true;
}

/** A graph, and its numbers. */
export interface Model {
  readonly graph: Graph;
  /** Parameters of its cells and tables, by their names. */
  readonly params: readonly Readonly<Record<string, Float32Array>>[];
}

/** Composes a model of others. */
export class ModelBuilder {
  readonly nodes: Node[] = [];
  readonly params: Readonly<Record<string, Float32Array>>[] = [];

  /** With one port of this length, or with none yet. */
  constructor(size?: number) {
    if (size !== undefined) this.port('x', size);
  }

  port(name: string, size: number): number {
    return this.add({ op: 'port', name, of: [], size, where: '' });
  }

  add(node: Node): number {
    return this.nodes.push(node) - 1;
  }

  /** A cell with its parameters, or a table as `weight`. */
  withParams(params: Readonly<Record<string, Float32Array>>): number {
    return this.params.push(params) - 1;
  }

  /** Puts the nodes of a model here, which read `sources` in place of its ports; its answer's node. */
  inline({ graph, params }: Model, sources: readonly number[], prefix: string): number {
    const moved = this.#taken(params, prefix);
    let port = 0;
    const at: number[] = [];
    for (const node of graph.nodes) {
      const of = node.of.map(i => at[i]);
      at.push(node.op === 'port' ? sources[port++] : this.add({ ...moved(node), of }));
    }
    return at[graph.output];
  }

  /** The body of a loop, or of a sequence, as part of this model. */
  body({ graph, params }: Model, prefix: string): Graph {
    return { ...graph, nodes: graph.nodes.map(this.#taken(params, prefix)) };
  }

  /** Takes parameters; what a node that reads them is in this model. */
  #taken(params: Model['params'], prefix: string): (node: Node) => Node {
    const first = this.params.length;
    this.params.push(...params);
    const moved = (node: Node): Node => ({
      ...node,
      where: prefix + node.where,
      ...('params' in node && { params: node.params + first }),
      ...('body' in node && { body: { ...node.body, nodes: node.body.nodes.map(moved) } }),
    });
    return moved;
  }

  /** What is made here, with that node as the answer. */
  model(output: number, sequence = false): Model {
    const { nodes, params } = this;
    return { graph: { nodes, output, ...(sequence && { sequence }) }, params };
  }
}

/** A model of steps as one of sequences; itself if it is one. */
export function lifted(model: Model): Model {
  const { graph } = model;
  if (graph.sequence) return model;
  const ports = portsOf(graph);
  const builder = new ModelBuilder(0);
  builder.nodes.splice(0, 1, ...ports);
  const answer = graph.nodes[graph.output];
  if (answer.op === 'port') return builder.model(ports.indexOf(answer), true);
  const of = [...ports.keys()];
  const body = builder.body(model, '');
  // In messages it is what reads first.
  const { where } = graph.nodes.find(({ op }) => op !== 'port') as Node;
  const { size } = answer;
  return builder.model(builder.add({ op: 'loop', body, of, size, where }), true);
}

/** All nodes of a graph, those of bodies after what has them. */
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

const needsFinite: readonly Node['op'][] = ['cell', 'row', 'sequence', 'loop', 'unfold'];

/** True for a value that is another one's, or steps of it, in other places. */
export const isView = ({ op }: Node) => op === 'last' || op === 'reverse';

/**
 * The values that are to be checked before each node runs: those that it reads, once each. What comes
 * in by a port is checked where it is read, and so is what was only moved.
 */
export function checkedBefore({ nodes }: Graph): readonly (readonly number[])[] {
  const isChecked = nodes.map(({ op }) => op === 'port');
  const rootOf = (i: number): number => (nodes[i].op === 'reverse' ? rootOf(nodes[i].of[0]) : i);
  return nodes.map(({ op, of }, i) => {
    if (op === 'pool' || op === 'last') isChecked[i] = isChecked[rootOf(of[0])];
    const reads = needsFinite.includes(op) ? [...new Set(of.map(rootOf))] : [];
    const own = reads.filter(u => !isChecked[u]);
    for (const u of own) isChecked[u] = true;
    return own;
  });
}
