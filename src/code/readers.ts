import { allNodes, type Graph } from '../graph/graph.js';
import type { Model } from './model.js';
import type { Place, Rows } from './places.js';
import type { Read, Reader } from './plans.js';

/** A place behind where scratch begins, as rows. */
export const rowsIn = ({ at, stride }: Place, size: number, scratch: number): Rows => ({
  at: scratch + at / 4,
  stride: stride / 4,
  size,
});

/** The numbers of a graph's nodes, of which the first is given: bodies follow what has them. */
export function numbersOf({ nodes }: Graph, first = 1): readonly number[] {
  let next = first;
  return nodes.map(node => {
    const number = next;
    next += 1 + ('body' in node ? [...allNodes(node.body)].length : 0);
    return number;
  });
}

/**
 * The node of a number in a model, and what it read in the last call, where that was written:
 * `values` of the graph's own nodes, `inner` of those of bodies, by their numbers.
 */
export function readerIn(
  { graph, operators, whole }: Model,
  number: number,
  values: readonly Read[],
  inner: (number: number) => Read,
): Reader {
  const { find } = whole ?? operators.sequence ?? {};
  const own = values.map(read => ({ ...read, sequence: graph.sequence }));
  if (find) return find(graph, number, own, inner);
  const node = graph.nodes[number - 1];
  return { node, reads: node.of.map(i => own[i]) };
}
