import { checkedBefore, type Graph, type Node, stateSizes } from '../graph/graph.js';
import { answersOf, areFinite } from './engine.js';
import { interpret } from './interpret.js';
import type { Model } from './model.js';
import type { Rows } from './places.js';
import type { Operators, PortablePlanner, Read } from './plans.js';
import type { PortableBlock, RunNode, RunTurn } from './runs.js';

/** Plans the functions that run a graph's nodes, and the scratch that they need. */
export class Planner implements PortablePlanner {
  /** Floats that a call writes in between. */
  scratch = 0;
  readonly operators: Operators;
  readonly params: Model['params'];
  /** Values of nodes by their numbers less 1, behind where scratch begins. */
  readonly #values: Read[] = [];

  constructor({ operators, params }: Model) {
    this.operators = operators;
    this.params = params;
  }

  /** Takes so many floats of scratch. */
  take(floats: number): number {
    this.scratch += floats;
    return this.scratch - floats;
  }

  /** Numbers a node whose value is in such rows; `count` of them, if that is known. */
  number(rows: Rows, count: number | undefined): number {
    return this.#values.push({ rows, count });
  }

  /** The value of a node that is in scratch, which begins there. */
  value(number: number, begin: number): Read {
    const { rows, count } = this.#values[number - 1];
    return { rows: { ...rows, at: rows.at + begin }, count };
  }

  /** Makes a function that runs a graph of steps. */
  turn(graph: Graph, own: PortableBlock): RunTurn {
    const { nodes } = graph;
    const results = answersOf(graph);
    const checked = checkedBefore(graph);
    const places: Rows[] = [];
    const parts = nodes.flatMap((node, i) => {
      const { op, of, size } = node;
      const isHere = op !== 'port' && !results.includes(i);
      places.push({ at: isHere ? this.take(size) : 0, stride: size, size });
      const number = this.number(places[i], 1);
      if (op === 'port') return [];
      const run = this.#node(node, own, number);
      return { run, of, i, number, checks: checked[i], from: of.map(() => 0) };
    });
    const ports = nodes.flatMap(({ op }, i) => (op === 'port' ? i : []));
    const addresses = nodes.map(() => 0);
    return (memory, begin, inputs, now, next, answers) => {
      for (let i = 0; i < addresses.length; i++) addresses[i] = begin + places[i].at;
      for (let k = 0; k < ports.length; k++) addresses[ports[k]] = inputs[k];
      for (let k = 0; k < results.length; k++) {
        if (nodes[results[k]].op !== 'port') addresses[results[k]] = answers[k];
      }
      for (let p = 0; p < parts.length; p++) {
        const { run, of, i, number, checks, from } = parts[p];
        for (const u of checks) if (!areFinite(memory, addresses[u], places[u].size)) return number;
        for (let k = 0; k < of.length; k++) from[k] = addresses[of[k]];
        const refused = run(memory, begin, from, now, next, addresses[i]);
        if (refused) return refused;
      }
      return 0;
    };
  }

  /** Makes a function that runs a node of a graph of steps. */
  #node(node: Node, own: PortableBlock, number: number): RunNode {
    const { block, states } = own;
    const first = block.size;
    for (const size of stateSizes(node)) states.push((block.size += size) - size);
    if (node.op === 'cell') {
      const run = interpret(node.cell, this.params[node.params]);
      return (memory, _, from, now, next, y) => {
        run(memory, from, now + first, next + first, y);
        return 0;
      };
    }
    return this.operators[node.op].run?.(this, node as never, { ...own, first }, number) as RunNode;
  }
}
