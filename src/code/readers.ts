import { allNodes, type Graph } from '../graph/graph.js';
import type { Model } from './model.js';
import type { Layout, Read, Reader } from './plans.js';

/** The value of a node of compiled code, by its number, where scratch begins there. */
export function valueIn({ all }: Layout, number: number, scratch: number): Read {
  const { node, output, count } = all[number - 1];
  const { at, stride } = output;
  return { rows: { at: scratch + at / 4, stride: stride / 4, size: node.size }, count };
}

/** The numbers of a graph's nodes, of which the first is given: bodies follow what has them. */
export function numbersOf({ nodes }: Graph, first = 1): readonly number[] {
  let next = first;
  return nodes.map(node => {
    const number = next;
    next += 1 + ('body' in node ? [...allNodes(node.body)].length : 0);
    return number;
  });
}

/** The node of a number in a model of steps, and what it read in the last call. */
export function readerIn(
  { graph, operators }: Pick<Model, 'graph' | 'operators'>,
  number: number,
  valueAt: (number: number) => Read,
): Reader {
  const { find } = operators.sequence ?? {};
  if (find) return find(graph, number, valueAt);
  const node = graph.nodes[number - 1];
  return { node, reads: node.of.map(i => valueAt(i + 1)) };
}
