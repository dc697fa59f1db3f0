import { countsOf } from '../graph/counts.js';
import { checkedBefore, type Graph, type NodeOf } from '../graph/graph.js';
import { areFinite } from './engine.js';
import type { Rows } from './places.js';
import type { PortablePlanner } from './plans.js';
import type { PortableBlock, RunNode, RunRows, RunSequence } from './runs.js';
import { arranged, viewOf } from './sequence-rows.js';

/** Reads a vector as steps and runs the body over them; its steps come one after another. */
export function runVector(
  planner: PortablePlanner,
  { body, steps }: NodeOf<'sequence'>,
  own: PortableBlock,
): RunNode {
  const counts = countsOf(body, steps);
  const { rows, end } = arranged(body, counts, 0, size => size);
  const at = planner.take(end);
  const run = runSequence(planner, body, { ...own, begins: false }, rows, counts, at);
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

/** Makes a function that runs a graph of sequences. */
export function runSequence(
  planner: PortablePlanner,
  graph: Graph,
  own: PortableBlock,
  rows: readonly Rows[] = [],
  counts: readonly number[] = [],
  at = 0,
): RunSequence {
  const { nodes } = graph;
  const checked = checkedBefore(graph);
  const parts = nodes.map((node, i) => {
    const place = { ...rows[i], at: (rows[i]?.at ?? 0) + at };
    const number = planner.number(place, counts[i]);
    const run = planner.operators[node.op]?.runRows?.(planner, node as never, own, counts[i]);
    return { ...node, i, number, run };
  });
  return (memory, begin, places, steps, now, next) => {
    for (const { of, i, number, run } of parts) {
      for (const u of checked[i]) {
        if (!areRowsFinite(memory, places[u], steps[u])) return number;
      }
      const [from, lengths] = [of.map(u => places[u]), of.map(u => steps[u])];
      const refused = run?.(memory, begin, from, lengths, places[i], steps[i], now, next);
      if (refused) return refused;
    }
    return 0;
  };
}

/** A graph of steps over sequences. */
export function runLoop(
  planner: PortablePlanner,
  { body, each }: NodeOf<'loop'>,
  own: PortableBlock,
  turns = 0,
): RunRows {
  const { block, states } = own;
  const inner: PortableBlock = { block: { size: 0 }, states: [], begins: false };
  const { run } = planner.turn(body, inner);
  const { size } = inner.block;
  const blocks = each ? turns : Number(own.begins);
  const first = block.size;
  if (size) block.size += blocks * size;
  for (let k = 0; k < blocks; k++) states.push(...inner.states.map(at => first + k * size + at));
  const pair = each ? 0 : planner.take(2 * size);
  const inputs: number[] = [];
  return (memory, begin, from, _, to, count, now, next) => {
    let [before, after] = [begin + pair, begin + pair + size];
    if (!each && blocks) memory.copyWithin(before, now + first, now + first + size);
    else if (!each) memory.fill(0, before, before + size);
    for (let t = 0; t < count; t++) {
      for (let p = 0; p < from.length; p++) inputs[p] = from[p].at + t * from[p].stride;
      if (each) [before, after] = [now, next].map(at => at + first + t * size);
      const refused = run(memory, begin, inputs, before, after, to.at + t * to.stride);
      if (refused) return refused;
      [before, after] = [after, before];
    }
    return 0;
  };
}

/** True where none of the numbers of so many vectors is infinite or NaN. */
export function areRowsFinite(memory: Float32Array, rows: Rows, count: number): boolean {
  const { at, stride, size } = rows;
  for (let t = 0; t < count; t++) if (!areFinite(memory, at + t * stride, size)) return false;
  return true;
}
