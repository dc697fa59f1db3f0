import type { NodeOf } from '../graph/graph.js';
import type { Code } from '../kernels/wasm/code.js';
import type { Emitter } from '../kernels/wasm/emitter.js';
import * as i32 from '../kernels/wasm/i32.js';
import * as local from '../kernels/wasm/local.js';
import { copied } from './copies.js';
import { add, bytesOf } from './layout.js';
import { addressOf, behind, pointer, scratch } from './places.js';
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

/** A graph of steps that answers its next states, which it is given at the next step. */
export const feedback: Operator = { plan: planFeedback, code: feedbackCode, run: runFeedback };

/** A graph of steps whose states are given and answered. */
export const expose: Operator = { plan: planExposed, code: exposedCode, run: runExposed };

/** Where vectors of these sizes are, one after another from `at` on, in whole groups of four. */
function placesOf(at: number, sizes: readonly number[]): readonly number[] {
  let end = at;
  return sizes.map(size => {
    const begin = Math.ceil(end / 4) * 4;
    end = begin + size;
    return begin;
  });
}

/** Where the numbers behind `at` are, without room between them. */
function packedAt(at: number, sizes: readonly number[]): readonly number[] {
  let end = at;
  return sizes.map(size => (end += size) - size);
}

function planFeedback(
  planner: LayoutPlanner,
  { body, sizes }: NodeOf<'feedback'>,
  turns: LayoutTurns,
  states: number[],
): { body: BodyPlan } {
  for (const size of sizes) states.push(add(turns.block, bytesOf(size)));
  return { body: bodyPlan(planner, body, { ...turns, count: 1, room: 1 }, states) };
}

function bodyPlan(
  planner: LayoutPlanner,
  body: BodyPlan['graph'],
  turns: LayoutTurns,
  states: number[],
): BodyPlan {
  const { operators } = planner;
  const nodes = body.nodes.map(node => planner.node(node, turns, states));
  return { graph: body, operators, nodes, counts: [], room: 1, block: 0, at: 0, pair: 0 };
}

function feedbackCode(
  e: Emitter,
  { node: { size, sizes }, body, states }: NodePlan<NodeOf<'feedback'>>,
  { inputs: [x], output, now, next }: RowPlaces,
  steps: GraphCode,
): Code {
  if (!body) return [];
  const answer = body.nodes[body.graph.output].output;
  const ports = [x, ...sizes.map((_, k) => behind(now, states[k]))];
  const turn = { kind: 'one' as const, now: now.local, next: next.local, spare: next.local };
  return [
    steps(e, body, ports, { ...turn, count: i32.const(1), block: 0 }),
    copied(e, answer, output, size),
    placesOf(size, sizes).map((at, k) =>
      copied(e, behind(answer, at * 4), behind(next, states[k]), sizes[k]),
    ),
  ];
}

function runFeedback(
  planner: PortablePlanner,
  { body, size, sizes }: NodeOf<'feedback'>,
  own: PortableBlock,
): RunNode {
  const { block, states } = own;
  const begins = sizes.map(length => (block.size += length) - length);
  states.push(...begins);
  const { run } = planner.turn(body, own);
  const answer = planner.take(body.nodes[body.output].size);
  const places = placesOf(size, sizes);
  return (memory, begin, [x], now, next, y) => {
    const from = begin + answer;
    const refused = run(memory, begin, [x, ...begins.map(at => now + at)], now, next, from);
    memory.copyWithin(y, from, from + size);
    for (const [k, at] of places.entries()) {
      memory.copyWithin(next + begins[k], from + at, from + at + sizes[k]);
    }
    return refused;
  };
}

function planExposed(
  planner: LayoutPlanner,
  { body }: NodeOf<'expose'>,
  turns: LayoutTurns,
): { body: BodyPlan } {
  const block = { size: 0 };
  const own = bodyPlan(planner, body, { ...turns, count: 1, room: 1, block }, []);
  return { body: { ...own, block: block.size, pair: planner.takeScratch(2 * block.size) } };
}

function exposedCode(
  e: Emitter,
  { node: { sizes }, body }: NodePlan<NodeOf<'expose'>>,
  { inputs: [x], output }: RowPlaces,
  steps: GraphCode,
): Code {
  if (!body) return [];
  const { block, pair, graph, nodes } = body;
  const [now, next] = e.fn.numbers(2);
  const states = nodes.flatMap(plan => plan.states);
  const [inputSize, answer] = [graph.nodes[0].size, nodes[graph.output].output];
  const outputSize = graph.nodes[graph.output].size;
  const from = packedAt(inputSize, sizes);
  const to = packedAt(outputSize, sizes);
  const half = (at: number) => addressOf(behind(pointer(scratch), pair + at));
  return [
    [local.set(now, half(0)), local.set(next, half(block))],
    sizes.map((size, k) =>
      copied(e, behind(x, from[k] * 4), behind(pointer(now), states[k]), size),
    ),
    steps(e, body, [x], { kind: 'one', count: i32.const(1), now, next, spare: next, block: 0 }),
    copied(e, answer, output, outputSize),
    sizes.map((size, k) =>
      copied(e, behind(pointer(next), states[k]), behind(output, to[k] * 4), size),
    ),
  ];
}

function runExposed(
  planner: PortablePlanner,
  { body, sizes }: NodeOf<'expose'>,
  own: PortableBlock,
): RunNode {
  const inner: PortableBlock = { ...own, block: { size: 0 }, states: [] };
  const { run } = planner.turn(body, inner);
  const { size } = inner.block;
  const pair = planner.take(2 * size);
  const from = packedAt(body.nodes[0].size, sizes);
  const to = packedAt(body.nodes[body.output].size, sizes);
  return (memory, begin, [x], _now, _next, y) => {
    const now = begin + pair;
    for (const [k, at] of inner.states.entries()) {
      memory.copyWithin(now + at, x + from[k], x + from[k] + sizes[k]);
    }
    const refused = run(memory, begin, [x], now, now + size, y);
    for (const [k, at] of inner.states.entries()) {
      memory.copyWithin(y + to[k], now + size + at, now + size + at + sizes[k]);
    }
    return refused;
  };
}
