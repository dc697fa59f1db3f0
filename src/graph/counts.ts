import { mismatch } from '../errors.js';
import type { Graph, Node } from './graph.js';
import { windowsOf } from './steps.js';

/** How many steps each value of a graph of sequences has, if its ports have so many. */
export function countsOf({ nodes }: Graph, steps: number): readonly number[] {
  const counts: number[] = [];
  for (const node of nodes) counts.push(countOf(node, counts, steps));
  return counts;
}

function countOf(node: Node, counts: readonly number[], steps: number): number {
  const { op, of, where } = node;
  if (op === 'port') return steps;
  const [count, ...others] = of.map(i => counts[i]);
  const other = others.find(n => n !== count);
  if (other !== undefined) throw mismatch(where, `outputs of ${count} steps`, `one of ${other}`);
  if (op === 'last') return Math.min(1, count);
  if (op === 'repeat') return count * node.times;
  if (op === 'pool' && count === 0) return 0;
  return op === 'unfold' || op === 'pool' ? windowsOf(node, count).count : count;
}

/** How many steps a graph of sequences makes of so many. */
export function stepsAfter(graph: Graph, steps: number): number {
  return countsOf(graph, steps)[graph.output];
}
