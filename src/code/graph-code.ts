import { checkedBefore, type Node, type NodeOf } from '../graph/graph.js';
import type { Emitter } from '../kernels/wasm/emitter.js';
import { type Code, flat, i32 } from '../kernels/wasm/module.js';
import type { GraphPlan, NodePlan } from './layout.js';
import type { Place } from './places.js';
import { combinationCode, moveCode, type RowPlaces, rowCode } from './rows.js';
import { sequenceCode } from './sequence-code.js';
import { checkFinite, type Turns, turnsCode } from './turns.js';

/** Code of one turn, by what a node does; cells have their own. */
const codes: Readonly<
  Partial<Record<Node['op'], (e: Emitter, plan: never, places: RowPlaces) => Code>>
> = {
  add: combinationCode,
  multiply: combinationCode,
  move: moveCode,
  row: rowCode,
  sequence: vectorCode,
};

/** A graph's code for all turns, node by node; the answer goes to `answer`, if there is such a place. */
export function graphCode(
  e: Emitter,
  { graph, nodes }: GraphPlan,
  ports: readonly Place[],
  turns: Turns,
  answer?: Place,
): Code {
  const places: Place[] = [];
  const checked = checkedBefore(graph);
  let port = 0;
  return nodes.map((plan, i) => {
    const { node, number, output } = plan;
    const { op, of } = node;
    places.push(op === 'port' ? ports[port++] : i === graph.output && answer ? answer : output);
    if (op === 'port') return [];
    const at = { inputs: of.map(u => places[u]), output: places[i] };
    const compose = () => [
      checked[i].map(u => checkFinite(e, places[u], graph.nodes[u].size, number, turns.count)),
      turnsCode(e, plan, at, turns, own => codes[op]?.(e, plan as never, own) ?? []),
    ];
    return flat(e.fn.scope(compose));
  });
}

/** A vector read as steps, and what becomes of them, one after another. */
function vectorCode(
  e: Emitter,
  { body }: NodePlan<NodeOf<'sequence'>>,
  { inputs: [input], output, now, next }: RowPlaces,
): Code {
  if (!body) return [];
  const [{ size }] = body.graph.nodes;
  const steps = { ...input, stride: size * 4 };
  const counts = body.counts.map(count => ({ fixed: count, code: i32(count) }));
  return sequenceCode(e, body, counts, [steps], { now, next }, graphCode, output);
}
