import { checkedBefore, isView, type Node, type NodeOf } from '../graph/graph.js';
import type { Code } from '../kernels/wasm/code.js';
import * as control from '../kernels/wasm/control.js';
import type { Emitter } from '../kernels/wasm/emitter.js';
import * as i32 from '../kernels/wasm/i32.js';
import * as local from '../kernels/wasm/local.js';
import { advance, countDown, repeat } from '../kernels/wasm/loops.js';
import { copied, zeroed } from './copies.js';
import { addressOf, behind, type Place, pointer, scratch } from './places.js';
import type { BodyPlan, Count, GraphCode, GraphPlan, NodePlan, States, Value } from './plans.js';
import { checkFinite } from './turns.js';

/**
 * The code of a graph of sequences, node by node. `answer`: where the steps of its answer go, one
 * after another.
 */
export function sequenceCode(
  e: Emitter,
  { graph, nodes, operators }: GraphPlan,
  counts: readonly Count[],
  ports: readonly Place[],
  states: States,
  steps: GraphCode,
  answer?: Place,
  found: readonly (Place | undefined)[] = [],
): Code {
  const values: Value[] = [];
  const checked = checkedBefore(graph);
  let port = 0;
  const all = nodes.map((plan, i): Code => {
    const { node, number, output } = plan;
    const count = counts[i];
    const isAnswer = i === graph.output && answer && isWritten(node);
    const place = isAnswer ? { ...answer, stride: node.size * 4 } : (found[i] ?? output);
    if (node.op === 'port') {
      values.push({ place: ports[port++], count });
      return [];
    }
    const sources = node.of.map(u => values[u]);
    if (isView(node)) {
      const [source] = sources;
      const [begin, last] = node.op === 'stop' ? [[], source.place] : lastStep(e, source);
      const stride = node.op === 'reverse' ? -last.stride : last.stride;
      values.push({ place: { ...last, stride }, count });
      return begin;
    }
    const target = { place, count };
    values.push(target);
    return e.fn.scope(() => [
      checked[i].map(u => {
        const { place, count } = values[u];
        const check = checkFinite(e, place, graph.nodes[u].size, number, count.code);
        return count.fixed ? check : control.if(count.code, check);
      }),
      operators[node.op]?.sequenceCode?.(e, plan as never, sources, target, states, steps) ?? [],
    ]);
  });
  if (!answer || isWritten(nodes[graph.output].node)) return all;
  const { size } = nodes[graph.output].node;
  return [all, e.fn.scope(() => packed(e, values[graph.output], size, answer))];
}

/** The place of a sequence's last step, and the code that finds it. */
function lastStep(e: Emitter, { place, count }: Value): readonly [Code, Place] {
  const { stride } = place;
  if (count.fixed !== undefined) return [[], behind(place, (count.fixed - 1) * stride)];
  const step = e.fn.number();
  const last = i32.add(
    addressOf(place),
    i32.mul(i32.sub(count.code, i32.const(1)), i32.const(stride)),
  );
  return [local.set(step, last), pointer(step, stride)];
}

/** Steps put one after another, without room between them. */
function packed(e: Emitter, { place, count }: Value, size: number, to: Place): Code {
  if (count.fixed === 1) return copied(e, place, to, size);
  const [from, into, left] = e.fn.numbers(3);
  return [
    [
      local.set(from, addressOf(place)),
      local.set(into, addressOf(to)),
      local.set(left, count.code),
    ],
    countDown(left, [
      copied(e, pointer(from), pointer(into), size),
      advance(from, place.stride),
      advance(into, size * 4),
    ]),
  ];
}

/** A graph of steps over sequences, as many turns at a time as its places have room for. */
export function loopCode(
  e: Emitter,
  { node, body }: NodePlan<NodeOf<'loop'>>,
  sources: readonly Value[],
  target: Value,
  states: States,
  steps: GraphCode,
): Code {
  if (!body) return [];
  const [left, count, now, next, before] = e.fn.numbers(5);
  const { room, block } = body;
  const { fixed, code } = target.count;
  const values = [...sources, target].map(({ place }) => place);
  const pointers = values.map(() => e.fn.number());
  const places = values.map(({ stride }, k) => pointer(pointers[k], stride));
  const keepsStates = block > 0 && node.each === true;
  const turns = {
    kind: block && !keepsStates ? ('steps' as const) : ('streams' as const),
    ...{ count: local.get(count), now, next, spare: now, block: keepsStates ? block : 0 },
  };
  const once = steps(e, body, places.slice(0, -1), turns, places[sources.length]);
  const begin = [
    values.map((place, k) => local.set(pointers[k], addressOf(place))),
    block ? beginning(e, body, states, now, next, keepsStates) : [],
  ];
  if (fixed === 0) return [];
  if (fixed !== undefined && fixed <= room) return [begin, local.set(count, code), once];
  const move = [
    values.map(({ stride }, k) => advance(pointers[k], stride * room)),
    keepsStates ? [now, next].map(pointer => advance(pointer, block * room)) : [],
  ];
  // After an odd number of steps the last state is where the next one was to be.
  const swap = control.if(i32.and(local.get(count), i32.const(1)), [
    local.set(before, local.get(now)),
    local.set(now, local.get(next)),
    local.set(next, local.get(before)),
  ]);
  return [
    [begin, local.set(left, code)],
    rounds(left, count, room, [once, move, block && !keepsStates ? swap : []]),
  ];
}

/** `body` for `count` of the turns that are left, as many as there is room for, until none are. */
function rounds(left: number, count: number, room: number, body: Code): Code {
  const take = local.set(
    count,
    control.select(i32.const(room), local.get(left), i32.ltU(i32.const(room), local.get(left))),
  );
  const rest = local.set(left, i32.sub(local.get(left), local.get(count)));
  return control.if(local.get(left), repeat([take, body, rest], local.get(left)));
}

/** Where the first turn of a loop finds its state: in the stream's block, or at zeros. */
function beginning(
  e: Emitter,
  { at, block, pair }: BodyPlan,
  { now, next }: States,
  from: number,
  to: number,
  keepsStates: boolean,
): Code {
  if (keepsStates) {
    return [
      local.set(from, addressOf(behind(now, at))),
      local.set(to, addressOf(behind(next, at))),
    ];
  }
  const half = (offset: number) => addressOf(behind(pointer(scratch), pair + offset));
  return [
    [local.set(from, half(0)), local.set(to, half(block))],
    at < 0
      ? zeroed(e, pointer(from), block / 4)
      : copied(e, behind(now, at), pointer(from), block / 4),
  ];
}

/**
 * True for a sequence that its node writes in whole vectors: it can be written where it is wanted.
 */
export function isWritten(node: Node): boolean {
  return node.op !== 'port' && !isView(node) && node.size % 4 === 0;
}
