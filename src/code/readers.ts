import { allNodes, type Graph, isView, type Node, portsOf } from '../graph/graph.js';
import type { Engine, Read } from './engine.js';
import type { Place, Rows } from './places.js';

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
 * The node of a number in a graph, and what it read in the last call, where that was written:
 * `values` of the graph's own nodes, `inner` of those of bodies, by their numbers.
 */
export function readerIn(
  graph: Graph,
  number: number,
  values: readonly Read[],
  inner: (number: number) => Read,
): ReturnType<Engine['reader']> {
  return findReader(
    graph,
    number,
    numbersOf(graph),
    i => [{ ...values[i], sequence: graph.sequence }],
    inner,
  );
}

function findReader(
  { nodes }: Graph,
  number: number,
  numbers: readonly number[],
  readsOf: (i: number) => readonly Read[],
  inner: (number: number) => Read,
): ReturnType<Engine['reader']> {
  const written = (i: number): readonly Read[] =>
    isView(nodes[i]) ? written(nodes[i].of[0]) : readsOf(i);
  const i = numbers.filter(own => own <= number).length - 1;
  const node = nodes[i];
  const reads = node.of.map(written);
  if (numbers[i] === number || !('body' in node)) return { node, reads: reads.flat() };
  const ports = reads.map(all => all.flatMap(read => stepsOf(node, read)));
  const own = numbersOf(node.body, numbers[i] + 1);
  const portOf = (k: number) => portsOf(node.body).indexOf(node.body.nodes[k] as never);
  const readsInside = (k: number) => ports[portOf(k)] ?? [inner(own[k])];
  return findReader(node.body, number, own, readsInside, inner);
}

/** The steps in a vector, each of which is one of every stream; in a sequence they are there. */
function stepsOf(node: Node, read: Read): readonly Read[] {
  if (node.op !== 'sequence') return [read];
  const { rows, count } = read;
  const size = rows.size / node.steps;
  return Array.from({ length: node.steps }, (_, t) => {
    return { rows: { ...rows, at: rows.at + t * size, size }, count };
  });
}
