import type { Graph, Node } from '../graph/graph.js';
import type { Operator, Operators } from './plans.js';
import type { Whole } from './whole.js';

/** A graph, and its numbers. */
export interface Model {
  readonly graph: Graph;
  /** Parameters of its cells and tables, by their names. */
  readonly params: readonly Readonly<Record<string, Float32Array>>[];
  /** What its backends need of what its nodes do, by name; cells they all know. */
  readonly operators: Operators;
  /** Of a graph of sequences: what runs it. */
  readonly whole?: Whole | undefined;
}

/** Composes a model of others. */
export class ModelBuilder {
  readonly nodes: Node[] = [];
  readonly params: Readonly<Record<string, Float32Array>>[] = [];
  readonly operators: Record<string, Operator> = {};

  /** With one port of this length, or with none yet. */
  constructor(size?: number) {
    if (size !== undefined) this.port('x', size);
  }

  port(name: string, size: number): number {
    return this.add({ op: 'port', name, of: [], size, where: '' });
  }

  /** Adds a node, and what its backends need for it. */
  add(node: Node, operator?: Operator): number {
    if (operator) this.operators[node.op] = operator;
    return this.nodes.push(node) - 1;
  }

  /** A cell with its parameters, or a table as `weight`. */
  withParams(params: Readonly<Record<string, Float32Array>>): number {
    return this.params.push(params) - 1;
  }

  /**
   * Puts the nodes of a model here, which read `sources` in place of its ports; its answer's node.
   */
  inline(model: Model, sources: readonly number[], prefix: string): number {
    const moved = this.#taken(model, prefix);
    const { nodes, output } = model.graph;
    let port = 0;
    const at: number[] = [];
    for (const node of nodes) {
      const of = node.of.map(i => at[i]);
      at.push(node.op === 'port' ? sources[port++] : this.add({ ...moved(node), of }));
    }
    return at[output];
  }

  /** The body of a loop, or of a sequence, as part of this model. */
  body(model: Model, prefix: string): Graph {
    return { ...model.graph, nodes: model.graph.nodes.map(this.#taken(model, prefix)) };
  }

  /** Takes parameters; what a node that reads them is in this model. */
  #taken({ params, operators }: Model, prefix: string): (node: Node) => Node {
    const first = this.params.length;
    this.params.push(...params);
    Object.assign(this.operators, operators);
    const moved = (node: Node): Node => ({
      ...node,
      where: prefix + node.where,
      ...('params' in node && { params: node.params + first }),
      ...('body' in node && { body: { ...node.body, nodes: node.body.nodes.map(moved) } }),
    });
    return moved;
  }

  /** What is made here, with that node as the answer; of sequences, if there is what runs them. */
  model(output: number, whole?: Whole): Model {
    const { nodes, params, operators } = this;
    const graph = { nodes, output, ...(whole && { sequence: true as const }) };
    return { graph, params, operators, whole };
  }
}
