import { countsOf } from '../graph/counts.js';
import {
  checkedBefore,
  type Graph,
  type Model,
  type Node,
  type NodeOf,
  stateSizes,
} from '../graph/graph.js';
import { windowsOf } from '../graph/steps.js';
import { answersOf, areFinite, arranged, type Read, viewOf } from './engine.js';
import { interpret } from './interpret.js';
import type { Rows } from './places.js';
import { gapsOf } from './rows.js';

/**
 * Runs a graph of steps once, on inputs at some addresses; `begin` is where scratch begins. Answers
 * 0, or the number of a node that refuses its input.
 */
export type RunTurn = (
  memory: Float32Array,
  begin: number,
  inputs: readonly number[],
  now: number,
  next: number,
  answers: readonly number[],
) => number;

/** Runs a node of such a graph, whose value is at `y`. */
type RunNode = (
  memory: Float32Array,
  begin: number,
  inputs: readonly number[],
  now: number,
  next: number,
  y: number,
) => number;

/** Runs a graph of sequences, whose values are in such rows. */
export type RunSequence = (
  memory: Float32Array,
  begin: number,
  rows: readonly Rows[],
  counts: readonly number[],
  now: number,
  next: number,
) => number;

/** Runs a node of a graph of sequences: from the rows that it reads to its own. */
type RunRows = (
  memory: Float32Array,
  begin: number,
  from: readonly Rows[],
  counts: readonly number[],
  to: Rows,
  count: number,
  now: number,
  next: number,
) => number;

/** A block of states while it is laid out, and where its states are. */
interface Block {
  readonly block: { size: number };
  readonly states: number[];
  /** True: loops begin where the stream's block says. */
  readonly begins: boolean;
}

/** Plans what runs a graph's nodes, and the scratch that they need. */
export class Planner {
  /** Floats that a call writes in between. */
  scratch = 0;
  readonly #model: Model;
  /** Values of nodes by their numbers less 1, behind where scratch begins. */
  readonly #values: Read[] = [];

  constructor(model: Model) {
    this.#model = model;
  }

  /** Takes so many floats of scratch. */
  take(floats: number): number {
    this.scratch += floats;
    return this.scratch - floats;
  }

  /** The value of a node that is in scratch, which begins there. */
  value(number: number, begin: number): Read {
    const { rows, count } = this.#values[number - 1];
    return { rows: { ...rows, at: rows.at + begin }, count };
  }

  /** What runs a graph of steps. */
  turn(graph: Graph, own: Block): RunTurn {
    const { nodes } = graph;
    const results = answersOf(graph);
    const checked = checkedBefore(graph);
    const places: Rows[] = [];
    const parts = nodes.flatMap((node, i) => {
      const { op, of, size } = node;
      const isHere = op !== 'port' && !results.includes(i);
      places.push({ at: isHere ? this.take(size) : 0, stride: size, size });
      const number = this.#values.push({ rows: places[i], count: 1 });
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

  /** What runs a node of a graph of steps. */
  #node(node: Node, own: Block, number: number): RunNode {
    const { block, states } = own;
    const first = block.size;
    for (const size of stateSizes(node)) states.push((block.size += size) - size);
    if (node.op === 'cell') {
      const run = interpret(node.cell, this.#model.params[node.params]);
      return (memory, _, from, now, next, y) => {
        run(memory, from, now + first, next + first, y);
        return 0;
      };
    }
    if (node.op === 'add' || node.op === 'multiply') return combining(node);
    if (node.op === 'move') return moving(node, first);
    if (node.op === 'row') return lookingUp(node, this.#model.params[node.params].weight, number);
    return this.#vector(node as NodeOf<'sequence'>, own);
  }

  /** A vector read as steps, and what becomes of them, one after another. */
  #vector({ body, steps }: NodeOf<'sequence'>, own: Block): RunNode {
    const counts = countsOf(body, steps);
    const { rows, end } = arranged(body, counts, 0, size => size);
    const at = this.take(end);
    const run = this.sequence(body, { ...own, begins: false }, rows, counts, at);
    const last = counts[body.output];
    const { size } = body.nodes[body.output];
    return (memory, begin, [x], now, next, y) => {
      const here = rows.map(row => ({ ...row, at: row.at + begin + at }));
      here[0] = { ...here[0], at: x };
      for (const [i, node] of body.nodes.entries()) here[i] = viewOf(node, here, counts) ?? here[i];
      const refused = run(memory, begin, here, counts, now, next);
      const { at: from, stride } = here[body.output];
      for (let t = 0; t < last; t++) {
        memory.copyWithin(y + t * size, from + t * stride, from + t * stride + size);
      }
      return refused;
    };
  }

  /** What runs a graph of sequences. */
  sequence(
    graph: Graph,
    own: Block,
    rows: readonly Rows[] = [],
    counts: readonly number[] = [],
    at = 0,
  ): RunSequence {
    const { nodes } = graph;
    const checked = checkedBefore(graph);
    const parts = nodes.map((node, i) => {
      const place = { ...rows[i], at: (rows[i]?.at ?? 0) + at };
      const number = this.#values.push({ rows: place, count: counts[i] });
      return { ...node, i, number, run: this.#rows(node, own, counts[i]) };
    });
    return (memory, begin, places, steps, now, next) => {
      for (const { of, i, number, run } of parts) {
        for (const u of checked[i]) {
          const { at, stride, size } = places[u];
          for (let t = 0; t < steps[u]; t++) {
            if (!areFinite(memory, at + t * stride, size)) return number;
          }
        }
        const [from, lengths] = [of.map(u => places[u]), of.map(u => steps[u])];
        const refused = run?.(memory, begin, from, lengths, places[i], steps[i], now, next);
        if (refused) return refused;
      }
      return 0;
    };
  }

  #rows(node: Node, own: Block, count = Number.POSITIVE_INFINITY): RunRows | undefined {
    if (node.op === 'loop') return this.#loop(node, own, count);
    if (node.op === 'unfold') return unfolding(node);
    return node.op === 'pool' ? pooling(node) : undefined;
  }

  /** A graph of steps over sequences. */
  #loop({ body, each }: NodeOf<'loop'>, own: Block, turns: number): RunRows {
    const { block, states } = own;
    const inner: Block = { block: { size: 0 }, states: [], begins: false };
    const run = this.turn(body, inner);
    const { size } = inner.block;
    const blocks = each ? turns : Number(own.begins);
    const first = block.size;
    if (size) block.size += blocks * size;
    for (let k = 0; k < blocks; k++) states.push(...inner.states.map(at => first + k * size + at));
    const pair = each ? 0 : this.take(2 * size);
    const inputs: number[] = [];
    const answer = [0];
    return (memory, begin, from, _, to, count, now, next) => {
      let [before, after] = [begin + pair, begin + pair + size];
      if (!each && blocks) memory.copyWithin(before, now + first, now + first + size);
      else if (!each) memory.fill(0, before, before + size);
      for (let t = 0; t < count; t++) {
        for (let p = 0; p < from.length; p++) inputs[p] = from[p].at + t * from[p].stride;
        if (each) [before, after] = [now, next].map(at => at + first + t * size);
        answer[0] = to.at + t * to.stride;
        const refused = run(memory, begin, inputs, before, after, answer);
        if (refused) return refused;
        [before, after] = [after, before];
      }
      return 0;
    };
  }
}

function combining({ op, size, half }: NodeOf<'add' | 'multiply'>): RunNode {
  return (memory, _, from, _now, _next, y) => {
    for (let k = 0; k < from.length; k++) {
      for (let i = 0; i < size; i++) {
        const x = memory[from[k] + i];
        const before = memory[y + i];
        memory[y + i] = k === 0 ? x : op === 'add' ? before + x : before * x;
      }
    }
    if (half) for (let i = 0; i < size; i++) memory[y + i] /= 2;
    return 0;
  };
}

function moving(node: NodeOf<'move'>, first: number): RunNode {
  const { moves, size, state } = node;
  const gaps = gapsOf(node);
  return (memory, _, inputs, now, next, y) => {
    for (let k = 0; k < gaps.length; k++) memory[y + gaps[k]] = 0;
    for (const { from, at, to, count } of moves) {
      const start = (from < 0 ? now + first : inputs[from]) + at;
      memory.copyWithin(y + to, start, start + count);
    }
    if (state) memory.copyWithin(next + first, y + size - state, y + size);
    return 0;
  };
}

function lookingUp({ rows, size }: NodeOf<'row'>, table: Float32Array, number: number): RunNode {
  return (memory, _, [from], _now, _next, y) => {
    const index = memory[from];
    if (!(Number.isInteger(index) && index >= 0 && index < rows)) return number;
    for (let i = 0; i < size; i++) memory[y + i] = table[index * size + i];
    return 0;
  };
}

function unfolding(node: NodeOf<'unfold'>): RunRows {
  const { kernel, dilation, stride, at, count } = node;
  return (memory, _, [from], [steps], to, windows) => {
    const { before } = windowsOf(node, steps);
    for (let t = 0; t < windows; t++) {
      for (let k = 0; k < kernel; k++) {
        const s = t * stride - before + k * dilation;
        const y = to.at + t * to.stride + k * count;
        const x = from.at + s * from.stride + at;
        if (s < 0 || s >= steps) memory.fill(0, y, y + count);
        else for (let i = 0; i < count; i++) memory[y + i] = memory[x + i];
      }
    }
    return 0;
  };
}

function pooling(node: NodeOf<'pool'>): RunRows {
  const { by, size, stride = 1, includePadding } = node;
  return (memory, _, [from], [steps], to, windows) => {
    const { before, kernel } = windowsOf(node, steps);
    for (let t = 0; t < windows; t++) {
      const begin = Math.max(0, t * stride - before);
      const end = Math.min(steps, t * stride - before + kernel);
      for (let i = 0; i < size; i++) {
        let result = by === 'max' ? -Infinity : 0;
        for (let s = begin; s < end; s++) {
          const x = memory[from.at + s * from.stride + i];
          result = by === 'max' ? Math.max(result, x) : result + x;
        }
        const mean = result / (includePadding ? kernel : end - begin);
        memory[to.at + t * to.stride + i] = by === 'max' ? result : mean;
      }
    }
    return 0;
  };
}
