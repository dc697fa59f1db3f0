import { countsOf } from '../graph/counts.js';
import {
  allNodes,
  type CellGraph,
  type Graph,
  isView,
  type Node,
  type NodeOf,
  portsOf,
  stateSizes,
} from '../graph/graph.js';
import { columnsOf, dimensionOf } from '../graph/parameters.js';
import type { Stage } from '../graph/plan.js';
import { outputOffsets, outputsOf } from '../graph/ports.js';
import { operandsOf } from '../graph/schedule.js';
import { roomFor } from './engine.js';
import { type Place, scratch as scratchLocal } from './places.js';

/** Bytes of four floats: rows are worked out in groups of four. */
export const groupBytes = 16;
const lineBytes = 64;

/** The bytes that so many floats take, in whole groups. */
export const bytesOf = (floats: number) => Math.ceil(floats / 4) * groupBytes;

/** An argument's weights: `[group][column][map]`, four rows each. */
export interface Weights {
  readonly at: number;
  readonly columns: number;
  /** Bytes from one group to the next. */
  readonly pitch: number;
}

/** A stage, and where its numbers are. */
export interface StagePlan extends Stage {
  readonly rows: number;
  /** Groups of four rows. */
  readonly groups: number;
  /** Groups that are worked out together. */
  readonly tile: number;
  /** See `Product`. */
  readonly split: number;
  /** Streams that are worked out at a time, so that weights are loaded once for them. */
  readonly abreast: number;
  /** One for each of `args`. */
  readonly weights: readonly Weights[];
  /** `[group][affine]`, four rows each. */
  readonly biases: number;
  /** Offset in `CellPlan.sums`, laid out like the biases. */
  readonly sums: number;
}

/** A cell, and where its numbers are; addresses in bytes. */
export interface CellPlan {
  readonly cell: CellGraph;
  readonly fixed: ReadonlySet<number>;
  readonly stages: readonly StagePlan[];
  /** Learned vectors and scalars by name. */
  readonly params: ReadonlyMap<string, number>;
  /** Nodes that are worked out once. */
  readonly prepared: ReadonlyMap<number, number>;
  /** Nodes that one stage stores for another: offsets in `scratch`. */
  readonly stored: ReadonlyMap<number, number>;
  /** Offset of each state in a stream's block. */
  readonly states: readonly number[];
  /** Nodes that are answers, and their offsets in the output. */
  readonly outputs: readonly { readonly node: number; readonly at: number }[];
  readonly scratch: Place;
  /** The products of inputs, added up, for each step of a sequence. */
  readonly sums: Place;
}

/** A node, and where its numbers are. */
export interface NodePlan<N extends Node = Node> {
  readonly node: N;
  /** Its number, from 1: a function answers that of the node whose input it refuses. */
  readonly number: number;
  /** In a sequence of which the steps are counted at run time, the place is found then. */
  readonly output: Place;
  /** Vectors that it has room for. */
  readonly room: number;
  /** Offset of each state in a block. */
  readonly states: readonly number[];
  readonly cell?: CellPlan;
  /** The rows of a table to look up in. */
  readonly table: number;
  readonly body?: BodyPlan;
}

/** The graph in a node, and where its numbers are. */
export interface BodyPlan extends GraphPlan {
  /** Steps of each value of a sequence. */
  readonly counts: readonly number[];
  /** Of a loop: bytes of one turn's block of states. */
  readonly block: number;
  /** Where that, or the first of them, is in the stream's block; −1: turns begin at zeros. */
  readonly at: number;
  /** Two blocks for turns one after another. */
  readonly pair: number;
}

export interface GraphPlan {
  readonly graph: Graph;
  readonly nodes: readonly NodePlan[];
  /** Vectors that the places of a graph of steps have room for. */
  readonly room: number;
}

/** Where everything is: behind the weights' address, behind that of scratch, and in a stream's block. */
export interface Layout extends GraphPlan {
  /** All nodes, those of bodies too, by their numbers less 1. */
  readonly all: readonly NodePlan[];
  /** Where the ports read. */
  readonly ports: readonly Place[];
  /** Bytes of one stream's block of states. */
  readonly block: number;
  /** Offset of each state in it, in the order of the states. */
  readonly states: readonly number[];
  /** Bytes of the weights, with the constants in front, and of what a call writes in between. */
  readonly weights: number;
  readonly scratch: number;
}

/** A block of states while it is laid out. */
interface Block {
  size: number;
}

/** How nodes are run: in so many turns, with room for so many of their values. */
interface Turns {
  readonly count: number;
  readonly room: number;
  readonly block: Block;
  /** True: loops begin where the stream's block says. */
  readonly begins: boolean;
}

const nowhere: Place = { local: scratchLocal, at: 0, stride: 0 };

/**
 * Lays out the memory of a graph. So many sums of products are kept in registers at a time; numbers
 * depend on it only through `split`.
 */
export function layout(graph: Graph, accumulators: number): Layout {
  const planner = new Planner(constantsOf(graph) * groupBytes, accumulators);
  const block: Block = { size: 0 };
  const room = graph.sequence ? 0 : roomFor(graph);
  const ports = portsOf(graph).map(({ size }) => planner.places(size, room));
  const turns = { count: Number.POSITIVE_INFINITY, room, block, begins: true };
  const states: number[] = [];
  const nodes = graph.nodes.map(node => planner.node(node, turns, states));
  return {
    ...{ graph, nodes, room, ports, states, all: planner.all },
    // Without states too, blocks are at different places.
    block: Math.max(block.size, groupBytes),
    weights: planner.take(0),
    scratch: planner.takeScratch(0),
  };
}

/** Constants, four times each: two a node at the most (alpha, beta), two of a clip, the common ones. */
function constantsOf(graph: Graph): number {
  let count = 50;
  for (const node of allNodes(graph)) {
    if (node.op === 'cell') count += 2 * node.cell.definition.plan.nodes.length + 2;
  }
  return count;
}

/** Hands out bytes from the beginning on, in whole cache lines. */
function region(begin: number): (bytes: number) => number {
  let end = begin;
  return bytes => {
    const at = Math.ceil(end / lineBytes) * lineBytes;
    end = at + bytes;
    return at;
  };
}

/** Sums that registers hold while several streams are worked out. */
const sumsAtOnce = 8;

class Planner {
  readonly all: NodePlan[] = [];
  readonly take: (bytes: number) => number;
  readonly takeScratch = region(0);
  readonly #accumulators: number;

  constructor(constants: number, accumulators: number) {
    this.take = region(constants);
    this.#accumulators = accumulators;
  }

  places(floats: number, room: number): Place {
    const stride = bytesOf(floats);
    return { local: scratchLocal, at: this.takeScratch(stride * room), stride };
  }

  /** Plans a node; adds to `states` where each of its states is in the block. */
  node(node: Node, turns: Turns, states: number[], isAnswer = false): NodePlan {
    const number = this.all.push(undefined as never);
    const first = states.length;
    states.push(...stateSizes(node).map(size => add(turns.block, bytesOf(size))));
    const own = states.slice(first);
    const body = 'body' in node ? this.#body(node, turns, states) : undefined;
    const plan: NodePlan = {
      ...{ node, number, room: turns.room },
      states: states.slice(first),
      table: node.op === 'row' ? this.take(node.rows * bytesOf(node.size)) : 0,
      ...(node.op === 'cell' && { cell: this.#cell(node.cell, own, turns.room) }),
      ...(body && { body }),
      // An answer goes where it is asked for.
      output: isAnswer || node.op === 'port' ? nowhere : this.places(node.size, turns.room),
    };
    this.all[number - 1] = plan;
    return plan;
  }

  #body(node: NodeOf<'sequence' | 'loop'>, turns: Turns, states: number[]): BodyPlan {
    return node.op === 'sequence'
      ? this.#sequence(node, turns, states)
      : this.#loop(node, turns, states);
  }

  #sequence({ body, steps }: NodeOf<'sequence'>, turns: Turns, states: number[]): BodyPlan {
    const counts = countsOf(body, steps);
    const nodes = body.nodes.map((node, i) => {
      const own = { ...turns, count: counts[i], room: counts[i], begins: false };
      return this.node(node, own, states, i === body.output && isWritten(node));
    });
    return { graph: body, nodes, counts, room: 1, block: 0, at: -1, pair: 0 };
  }

  #loop({ body, each }: NodeOf<'loop'>, turns: Turns, states: number[]): BodyPlan {
    const room = Math.min(turns.count, roomFor(body));
    const block: Block = { size: 0 };
    const own: number[] = [];
    const inner = { count: room, room, block, begins: false };
    const nodes = body.nodes.map((node, i) => this.node(node, inner, own, i === body.output));
    const { size } = block;
    const blocks = each ? turns.count : Number(turns.begins);
    const at = size && blocks ? add(turns.block, size * blocks) : -1;
    for (let k = 0; k < blocks; k++) states.push(...own.map(offset => at + k * size + offset));
    const pair = each ? 0 : this.takeScratch(2 * size);
    return { graph: body, nodes, counts: [], room, block: size, at, pair };
  }

  /** Lays out a cell's equations. */
  #cell(cell: CellGraph, states: readonly number[], room: number): CellPlan {
    const { sizes, definition } = cell;
    const { plan } = definition;
    const { fixed, stages, stored } = plan.schedule;
    const sizeOf = (i: number) => sizes[plan.nodes[i].dimension];
    const places = outputOffsets(outputsOf(plan), sizes);
    const scratch = { size: 0 };
    const offsets = stored.map(i => add(scratch, bytesOf(sizeOf(i))));
    const sums = { size: 0 };
    const stagePlans = stages.map(stage => this.#stage(cell, stage, sums));
    const learned = [...plan.vectors, ...plan.scalars].map((name): [string, number] => [
      name,
      this.take(bytesOf(sizes[dimensionOf(plan, name)])),
    ]);
    const prepared = fixed.filter(i => operandsOf(plan.nodes[i]).length);
    return {
      ...{ cell, states, stages: stagePlans, fixed: new Set(fixed) },
      outputs: outputsOf(plan).map(({ node }, k) => ({ node, at: places[k] * 4 })),
      params: new Map(learned),
      prepared: new Map(prepared.map(i => [i, this.take(bytesOf(sizeOf(i)))])),
      stored: new Map(stored.map((i, k) => [i, offsets[k]])),
      scratch: this.places(scratch.size / 4, room),
      sums: this.places(plan.states.length ? sums.size / 4 : 0, room),
    };
  }

  #stage({ sizes, definition }: CellGraph, stage: Stage, sums: Block): StagePlan {
    const rows = sizes[stage.dimension];
    const groups = Math.ceil(rows / 4);
    const widest = Math.max(1, ...stage.args.map(({ maps }) => maps.length));
    const most = Math.max(1, Math.floor(this.#accumulators / widest));
    // Tiles of one size, or nearly so.
    const tile = Math.ceil(groups / Math.ceil(groups / most));
    const split = 2 ** Math.floor(Math.log2(Math.max(1, this.#accumulators / (widest * tile))));
    const weights = stage.args.map(({ maps }): Weights => {
      const columns = sizes[columnsOf(definition.plan, maps[0].matrix)];
      // Not a power of two, whose multiples would share a few lines of the cache.
      const pitch = (columns * maps.length + 4) * groupBytes;
      return { at: this.take(groups * pitch), columns, pitch };
    });
    const size = groups * stage.affines.length * groupBytes;
    const biases = this.take(size);
    const abreast = stage.args.length && 2 * widest * tile * split <= sumsAtOnce ? 2 : 1;
    return { ...stage, rows, groups, tile, split, abreast, weights, biases, sums: add(sums, size) };
  }
}

/** Takes bytes at the end of a block. */
function add(block: Block, bytes: number): number {
  block.size += bytes;
  return block.size - bytes;
}

/** True for a sequence that its node writes in whole vectors: it can be written where it is wanted. */
export function isWritten(node: Node): boolean {
  return node.op !== 'port' && !isView(node) && node.size % 4 === 0;
}
