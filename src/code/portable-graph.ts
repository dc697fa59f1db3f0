import { checkedInSteps, type Graph, type Node, stateSizes } from '../graph/graph.js';
import { areFinite } from './engine.js';
import { interpret } from './interpret.js';
import type { Model } from './model.js';
import type { Rows } from './places.js';
import type { Operators, PortablePlanner, Read } from './plans.js';
import type { GraphRun, PortableBlock, RunNode, RunTurn } from './runs.js';

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

  /** What runs a graph of steps, with room for the inputs and answers of so many turns, or none. */
  turn(graph: Graph, own: PortableBlock, room = 0): GraphRun {
    const { nodes, output } = graph;
    const checked = checkedInSteps(graph);
    const rows: Rows[] = [];
    const numbers: number[] = [];
    const parts = nodes.flatMap((node, i) => {
      const { op, of, size } = node;
      const isPort = op === 'port';
      const vectors = isPort || i === output ? room : 1;
      rows.push({ at: this.take(size * vectors), stride: size, size });
      const number = this.number(rows[i], isPort ? undefined : 1);
      numbers.push(number);
      if (isPort) return [];
      const run = this.#node(node, own, number);
      return { run, of, i, number, checks: checked[i], from: of.map(() => 0) };
    });
    const ports = nodes.flatMap(({ op }, i) => (op === 'port' ? i : []));
    const addresses = nodes.map(() => 0);
    const run: RunTurn = (memory, begin, inputs, now, next, y) => {
      for (let i = 0; i < addresses.length; i++) addresses[i] = begin + rows[i].at;
      addresses[output] = y;
      for (let k = 0; k < ports.length; k++) addresses[ports[k]] = inputs[k];
      for (let p = 0; p < parts.length; p++) {
        const { run, of, i, number, checks, from } = parts[p];
        for (const u of checks) if (!areFinite(memory, addresses[u], rows[u].size)) return number;
        for (let k = 0; k < of.length; k++) from[k] = addresses[of[k]];
        const refused = run(memory, begin, from, now, next, addresses[i]);
        if (refused) return refused;
      }
      return 0;
    };
    return { run, numbers, rows };
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
