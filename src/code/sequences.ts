import { countsOf } from '../graph/counts.js';
import { type Node, type NodeOf, portsOf, readersOf } from '../graph/graph.js';
import type { Code } from '../kernels/wasm/code.js';
import * as control from '../kernels/wasm/control.js';
import type { Emitter } from '../kernels/wasm/emitter.js';
import * as i32 from '../kernels/wasm/i32.js';
import * as local from '../kernels/wasm/local.js';
import { roomFor } from './engine.js';
import { add, bytesOf } from './layout.js';
import { type Model, ModelBuilder } from './model.js';
import { pointer } from './places.js';
import type {
  BodyPlan,
  GraphCode,
  LayoutPlanner,
  LayoutTurns,
  NodePlan,
  Operator,
  RowPlaces,
} from './plans.js';
import { runLoop, runVector } from './portable-sequences.js';
import { isWritten, loopCode, sequenceCode } from './sequence-code.js';
import { find } from './sequence-readers.js';
import { checkFinite } from './turns.js';
import type { Whole } from './whole.js';
import { compiledSequences, portableSequences } from './whole-sequences.js';

/** A vector read as steps one after another, and what a graph of sequences makes of them. */
export const sequence: Operator = {
  plan: planSequence,
  code: vectorCode,
  run: runVector,
  find,
};

/** A graph of steps, run over all steps of a sequence. */
export const loop: Operator = {
  plan: planLoop,
  sequenceCode: loopCode,
  runRows: runLoop,
};

/** A model of steps as one of sequences; itself if it is one. */
export function lifted(model: Model): Model {
  const { graph } = model;
  if (graph.sequence) return model;
  const ports = portsOf(graph);
  const builder = new ModelBuilder();
  for (const port of ports) builder.add(port);
  const answer = graph.nodes[graph.output];
  if (answer.op === 'port') return builder.model(ports.indexOf(answer), whole);
  const body = builder.body(model, '');
  const of = [...ports.keys()];
  // In messages it is what reads first.
  const { where } = graph.nodes.find(({ op }) => op !== 'port') as Node;
  const { size } = answer;
  return builder.model(builder.add({ op: 'loop', body, of, size, where }, loop), whole);
}

function planSequence(
  planner: LayoutPlanner,
  { body, steps }: NodeOf<'sequence'>,
  turns: LayoutTurns,
  states: number[],
): { body: BodyPlan } {
  const counts = countsOf(body, steps);
  const { operators } = planner;
  const nodes = body.nodes.map((node, i) => {
    const own = { ...turns, count: counts[i], room: counts[i], begins: false };
    return planner.node(node, own, states, i === body.output && isWritten(node));
  });
  return {
    body: { graph: body, operators, nodes, counts, room: 1, block: 0, at: -1, pair: 0 },
  };
}

function planLoop(
  planner: LayoutPlanner,
  { body, each }: NodeOf<'loop'>,
  turns: LayoutTurns,
  states: number[],
): { body: BodyPlan } {
  const { count = Number.POSITIVE_INFINITY } = turns;
  const room = Math.min(count, roomFor(body));
  const block = { size: 0 };
  const own: number[] = [];
  const inner = { count: room, room, block, begins: false };
  const { operators } = planner;
  const nodes = body.nodes.map((node, i) => planner.node(node, inner, own, i === body.output));
  const { size } = block;
  const blocks = each ? count : Number(turns.begins);
  const at = size && blocks ? add(turns.block, size * blocks) : -1;
  for (let k = 0; k < blocks; k++) states.push(...own.map(offset => at + k * size + offset));
  const pair = each ? 0 : planner.takeScratch(2 * size);
  return {
    body: { graph: body, operators, nodes, counts: [], room, block: size, at, pair },
  };
}

/** A vector read as steps, and what becomes of them, one after another. */
function vectorCode(
  e: Emitter,
  { body }: NodePlan<NodeOf<'sequence'>>,
  { inputs: [input], output, now, next }: RowPlaces,
  steps: GraphCode,
): Code {
  if (!body) return [];
  const [{ size }] = body.graph.nodes;
  const place = { ...input, stride: size * 4 };
  const counts = body.counts.map(count => ({ fixed: count, code: i32.const(count) }));
  return sequenceCode(e, body, counts, [place], { now, next }, steps, output);
}

/** A sequence has one function, and one that packs for it. */
const functions = ['prepare', 'sequence'] as const;

/** Graphs of which the steps are counted at run time. */
export const whole: Whole = {
  code(e, plan, now, steps) {
    const { nodes } = plan.graph;
    // After `now`, for each value its address and how many steps it has.
    const places = nodes.map(({ size }, i) => pointer(now + 1 + 2 * i, bytesOf(size)));
    const counts = nodes.map((_, i) => ({ code: local.get(now + 2 + 2 * i) }));
    const ports = places.filter((_, i) => nodes[i].op === 'port');
    const states = { now: pointer(now), next: pointer(now) };
    const checks = readersOf(plan.graph).map(([i, reader]) => {
      const [{ size }, { number }, { code }] = [nodes[i], plan.nodes[reader], counts[i]];
      return control.if(code, checkFinite(e, places[i], size, number, code));
    });
    return [checks, sequenceCode(e, plan, counts, ports, states, steps, undefined, places)];
  },
  functions: [functions, functions],
  compiled: compiledSequences,
  portable: portableSequences,
};
