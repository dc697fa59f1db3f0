import type { NodeOf } from '../graph/graph.js';
import type { Code } from '../kernels/wasm/code.js';
import * as control from '../kernels/wasm/control.js';
import type { Emitter } from '../kernels/wasm/emitter.js';
import * as i32 from '../kernels/wasm/i32.js';
import { copied } from './copies.js';
import { add, bytesOf } from './layout.js';
import { baseOf, behind } from './places.js';
import type {
  BodyPlan,
  GraphCode,
  LayoutPlanner,
  LayoutTurns,
  NodePlan,
  Operator,
  PortablePlanner,
  RowPlaces,
} from './plans.js';
import type { PortableBlock, RunNode } from './runs.js';

/**
 * A graph of steps that keeps its states and its last answer at steps that are masked. Its block
 * ends with that answer, zeros at first.
 */
export const hold: Operator = { plan, code, run };

function plan(
  planner: LayoutPlanner,
  { body, size }: NodeOf<'hold'>,
  turns: LayoutTurns,
  states: number[],
): { body: BodyPlan } {
  const { room, block } = turns;
  const begin = block.size;
  const nodes = body.nodes.map((node, i) => planner.node(node, turns, states, i === body.output));
  const at = add(block, bytesOf(size));
  states.push(at);
  const { operators } = planner;
  const own = { graph: body, operators, nodes, counts: [], room };
  return { body: { ...own, at, block: block.size - begin, pair: 0 } };
}

function code(
  e: Emitter,
  { node: { size }, body }: NodePlan<NodeOf<'hold'>>,
  { inputs: [x, mask], output, now, next }: RowPlaces,
  steps: GraphCode,
): Code {
  if (!body) return [];
  const { at, block } = body;
  const from = at + bytesOf(size) - block;
  const [one, locals] = [i32.const(1), { now: now.local, next: next.local, spare: next.local }];
  const turn = { kind: 'one' as const, count: one, ...locals, block: 0 };
  return control.if(
    i32.load(baseOf(mask), mask.at),
    [
      copied(e, behind(now, from), behind(next, from), block / 4),
      copied(e, behind(now, at), output, size),
    ],
    [steps(e, body, [x], turn, output), copied(e, output, behind(next, at), size)],
  );
}

function run(
  planner: PortablePlanner,
  { body, size }: NodeOf<'hold'>,
  own: PortableBlock,
): RunNode {
  const { block, states } = own;
  const begin = block.size;
  const { run: turn } = planner.turn(body, own);
  const at = block.size;
  block.size += size;
  states.push(at);
  return (memory, scratch, [x, mask], now, next, y) => {
    if (memory[mask]) {
      memory.copyWithin(next + begin, now + begin, now + at + size);
      memory.copyWithin(y, now + at, now + at + size);
      return 0;
    }
    const refused = turn(memory, scratch, [x], now, next, y);
    memory.copyWithin(next + at, y, y + size);
    return refused;
  };
}
