import { type Graph, isView, type Node, portsOf } from '../graph/graph.js';
import type { FindReader, Read, Reader } from './plans.js';
import { numbersOf } from './readers.js';

/** Finds a node in a graph of which some nodes have bodies, or are views. */
export const find: FindReader = (graph, number, valueAt, values) => {
  const numbers = numbersOf(graph);
  const readsOf = (i: number) => [values ? values[i] : valueAt(numbers[i])];
  return findIn(graph, number, numbers, readsOf, valueAt);
};

function findIn(
  { nodes }: Graph,
  number: number,
  numbers: readonly number[],
  readsOf: (i: number) => readonly Read[],
  inner: (number: number) => Read,
): Reader {
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
  return findIn(node.body, number, own, readsInside, inner);
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
