import type { Engine, Read } from './engine.js';
import type { BodyPlan, GraphPlan, Layout, NodePlan } from './layout.js';
import type { Place, Rows } from './places.js';

/** The values of a sequence that was run last. */
export interface Arranged {
  readonly rows: readonly Rows[];
  readonly counts: readonly number[];
}

/** A place behind where scratch begins, as rows. */
export const rowsIn = ({ at, stride }: Place, size: number, scratch: number): Rows => ({
  at: scratch + at / 4,
  stride: stride / 4,
  size,
});

/** The node of a number in a layout, and what it read in the last call. */
export function readerIn(
  plan: Layout,
  number: number,
  scratch: number,
  last: Arranged | undefined,
): ReturnType<Engine['reader']> {
  const [parent, { node }] = parentOf(plan, number);
  const reads = node.of.map((i): Read => {
    const { graph, nodes } = parent;
    if (parent === plan && last) return { rows: last.rows[i], count: last.counts[i] };
    const { size } = graph.nodes[i];
    const port = graph.nodes.slice(0, i).filter(({ op }) => op === 'port').length;
    const isPort = parent === plan && graph.nodes[i].op === 'port';
    const rows = rowsIn(isPort ? plan.ports[port] : nodes[i].output, size, scratch);
    const { counts = [], room } = parent as Partial<BodyPlan>;
    return { rows, count: parent === plan ? undefined : (counts[i] ?? room) };
  });
  return { node, reads };
}

function parentOf(plan: GraphPlan, number: number): readonly [GraphPlan, NodePlan] {
  // Bodies have the numbers after that of the node that has them.
  const { nodes } = plan;
  const after = nodes.findIndex(own => own.number > number);
  const own = nodes[(after < 0 ? nodes.length : after) - 1];
  return own.number === number || !own.body ? [plan, own] : parentOf(own.body, number);
}
