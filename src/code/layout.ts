import {
  allNodes,
  type CellGraph,
  cellOutputs,
  type Graph,
  type Node,
  stateSizes,
} from '../graph/graph.js';
import { columnsOf, dimensionOf } from '../graph/parameters.js';
import type { Stage } from '../graph/plan.js';
import { operandsOf } from '../graph/schedule.js';
import type { CellPlan, StagePlan, Weights } from './cell-plans.js';
import { roomFor } from './engine.js';
import type { Model } from './model.js';
import { type Place, scratch as scratchLocal } from './places.js';
import type { Block, Layout, LayoutPlanner, LayoutTurns, NodePlan, Operators } from './plans.js';

/** Bytes of four floats: rows are worked out in groups of four. */
export const groupBytes = 16;
const lineBytes = 64;

/** The bytes that so many floats take, in whole groups. */
export const bytesOf = (floats: number) => Math.ceil(floats / 4) * groupBytes;

const nowhere: Place = { local: scratchLocal, at: 0, stride: 0 };

/**
 * Lays out the memory of a graph. So many sums of products are kept in registers at a time; numbers
 * depend on it only through `split`.
 */
export function layout(
  { graph, operators }: Pick<Model, 'graph' | 'operators'>,
  accumulators: number,
): Layout {
  const planner = new MemoryPlanner(constantsOf(graph) * groupBytes, accumulators, operators);
  const block: Block = { size: 0 };
  const room = graph.sequence ? 0 : roomFor(graph);
  const turns = { count: undefined, room, block, begins: true };
  const states: number[] = [];
  const nodes = graph.nodes.map(node => planner.node(node, turns, states));
  return {
    ...{ graph, operators, nodes, room, states, all: planner.all },
    // Without states too, blocks are at different places.
    block: Math.max(block.size, groupBytes),
    weights: planner.take(0),
    scratch: planner.takeScratch(0),
  };
}

/**
 * Constants, four times each: two a node at the most (alpha, beta), two of a clip, the common ones.
 */
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

/** Sums that registers hold. */
const sumsAtOnce = 8;
/**
 * Groups whose elementwise parts are worked out together: activations are chains of instructions,
 * and a processor waits less with four of them abreast.
 */
const blockGroups = 4;
/** Of more groups the products take so long, and so much of the cache, that this is of no use. */
const fewGroups = 8;

class MemoryPlanner implements LayoutPlanner {
  readonly all: NodePlan[] = [];
  readonly operators: Operators;
  readonly take: (bytes: number) => number;
  readonly takeScratch = region(0);
  readonly #accumulators: number;

  constructor(constants: number, accumulators: number, operators: Operators) {
    this.operators = operators;
    this.take = region(constants);
    this.#accumulators = accumulators;
  }

  places(floats: number, room: number): Place {
    const stride = bytesOf(floats);
    return { local: scratchLocal, at: this.takeScratch(stride * room), stride };
  }

  /** Plans a node; adds to `states` where each of its states is in the block. */
  node(node: Node, turns: LayoutTurns, states: number[], isAnswer = false): NodePlan {
    const number = this.all.push(undefined as never);
    const { count, room } = turns;
    // An answer goes where it is asked for; ports of bodies are where those read that have them.
    const isElsewhere = isAnswer || (node.op === 'port' && count !== undefined);
    const first = states.length;
    states.push(...stateSizes(node).map(size => add(turns.block, bytesOf(size))));
    const others = this.operators[node.op]?.plan?.(this, node as never, turns, states);
    const own = states.slice(first);
    const plan: NodePlan = {
      ...{ node, number, count },
      states: own,
      table: 0,
      ...(node.op === 'cell' && { cell: this.#cell(node.cell, own, room) }),
      ...others,
      output: isElsewhere ? nowhere : this.places(node.size, room),
    };
    this.all[number - 1] = plan;
    return plan;
  }

  /** Lays out a cell's equations. */
  #cell(cell: CellGraph, states: readonly number[], room: number): CellPlan {
    const { sizes, definition } = cell;
    const { plan } = definition;
    const { fixed, stages, stored } = plan.schedule;
    const sizeOf = (i: number) => sizes[plan.nodes[i].dimension];
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
      outputs: cellOutputs(cell).map(({ node, at }) => ({ node, at: at * 4 })),
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
    const most = Math.max(1, Math.floor(sumsAtOnce / widest));
    // Tiles of one size, or nearly so.
    const tile = Math.ceil(groups / Math.ceil(groups / most));
    const block = Math.max(tile, groups > fewGroups ? 1 : Math.min(groups, blockGroups));
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
    return {
      ...stage,
      rows,
      groups,
      block,
      tile,
      split,
      abreast,
      weights,
      biases,
      sums: add(sums, size),
    };
  }
}

/** Takes bytes at the end of a block. */
export function add(block: Block, bytes: number): number {
  block.size += bytes;
  return block.size - bytes;
}
