import { type Graph, isView, type Node } from '../graph/graph.js';
import type { Heap } from '../kernels/heap.js';
import type { Rows } from './places.js';

/** The values of sequences one after another, each step of a value in so many floats. */
export function arranged(
  { nodes }: Graph,
  counts: readonly number[],
  begin: number,
  pitch: (size: number) => number,
): { readonly rows: readonly Rows[]; readonly end: number } {
  const rows: Rows[] = [];
  let end = begin;
  for (const [i, node] of nodes.entries()) {
    const stride = pitch(node.size);
    rows.push(viewOf(node, rows, counts) ?? { at: end, stride, size: node.size });
    if (!isView(node)) end += counts[i] * stride;
  }
  return { rows, end };
}

/** Where the steps of a view are, if a node is one. */
export function viewOf(node: Node, rows: readonly Rows[], counts: readonly number[]) {
  if (!isView(node)) return undefined;
  const [of] = node.of;
  const { at, stride, size } = rows[of];
  const last = at + Math.max(0, counts[of] - 1) * stride;
  if (node.op === 'stop') return rows[of];
  return { at: last, stride: node.op === 'reverse' ? -stride : stride, size };
}

/** Room for one call: the scratch of a heap if that is enough, else a region of its own. */
export function roomForCall(heap: Heap, floats: number, room: number) {
  if (floats <= room) return { at: heap.scratch, release() {} };
  const at = heap.allocate(floats);
  return { at, release: () => heap.free(at, floats) };
}
