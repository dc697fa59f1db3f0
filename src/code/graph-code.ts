import { checkedInSteps } from '../graph/graph.js';
import { type Code, flat } from '../kernels/wasm/code.js';
import type { Emitter } from '../kernels/wasm/emitter.js';
import type { Place } from './places.js';
import type { GraphPlan, Turns } from './plans.js';
import { checkFinite, turnsCode } from './turns.js';

/**
 * A graph's code for all turns, node by node. Its ports are at places of their own where none are
 * given, and so is the answer.
 */
export function graphCode(
  e: Emitter,
  { graph, nodes, operators }: GraphPlan,
  ports: readonly Place[],
  turns: Turns,
  answer?: Place,
): Code {
  const places: Place[] = [];
  const checked = checkedInSteps(graph);
  let port = 0;
  return nodes.map((plan, i) => {
    const { op, of } = plan.node;
    const inputs = of.map(u => places[u]);
    const isAnswer = i === graph.output;
    const own = (isAnswer && answer) || plan.output;
    const isView = op === 'stop' && !isAnswer;
    const output = op === 'port' ? (ports[port++] ?? own) : isView ? inputs[0] : own;
    places.push(output);
    if (op === 'port' || isView) return [];
    const compose = () => [
      checked[i].map(u => checkFinite(e, places[u], graph.nodes[u].size, plan.number, turns.count)),
      turnsCode(
        e,
        plan,
        { inputs, output },
        turns,
        own => operators[op].code?.(e, plan as never, own, graphCode) ?? [],
      ),
    ];
    return flat(e.fn.scope(compose));
  });
}
