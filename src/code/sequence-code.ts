import { checkedBefore, isView, type Node, type NodeOf } from '../graph/graph.js';
import type { Emitter } from '../kernels/wasm/emitter.js';
import {
  below,
  type Code,
  choose,
  get,
  i32,
  isOdd,
  minus,
  plus,
  repeat,
  set,
  times,
  when,
} from '../kernels/wasm/module.js';

import { copied, zeroed } from './copies.js';
import { type Place, scratch } from './places.js';
import type { BodyPlan, Count, GraphCode, GraphPlan, NodePlan, States, Value } from './plans.js';
import { addressOf, checkFinite, pointer } from './turns.js';

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
        return count.fixed ? check : when(count.code, check);
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
  const { at, stride } = place;
  if (count.fixed !== undefined) return [[], { ...place, at: at + (count.fixed - 1) * stride }];
  const local = e.fn.number();
  const last = plus(addressOf(place), times(minus(count.code, i32(1)), i32(stride)));
  return [set(local, last), pointer(local, stride)];
}

/** Steps put one after another, without room between them. */
function packed(e: Emitter, { place, count }: Value, size: number, to: Place): Code {
  if (count.fixed === 1) return copied(e, place, to, size);
  const [from, into, left] = [0, 0, 0].map(() => e.fn.number());
  return [
    [set(from, addressOf(place)), set(into, addressOf(to)), set(left, count.code)],
    repeat(
      [
        copied(e, pointer(from), pointer(into), size),
        set(from, plus(get(from), i32(place.stride))),
        set(into, plus(get(into), i32(size * 4))),
        set(left, minus(get(left), i32(1))),
      ],
      get(left),
    ),
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
  const [left, count, now, next, before] = [0, 0, 0, 0, 0].map(() => e.fn.number());
  const { room, block } = body;
  const { fixed, code } = target.count;
  const values = [...sources, target].map(({ place }) => place);
  const pointers = values.map(() => e.fn.number());
  const places = values.map(({ stride }, k) => pointer(pointers[k], stride));
  const kept = block > 0 && node.each === true;
  const turns = {
    kind: block && !kept ? ('steps' as const) : ('streams' as const),
    ...{ count: get(count), now, next, spare: now, block: kept ? block : 0 },
  };
  const once = steps(e, body, places.slice(0, -1), turns, places[sources.length]);
  const begin = [
    values.map((place, k) => set(pointers[k], addressOf(place))),
    block ? beginning(e, body, states, now, next, kept) : [],
  ];
  if (fixed === 0) return [];
  if (fixed !== undefined && fixed <= room) return [begin, set(count, code), once];
  const advance = [
    values.map(({ stride }, k) => {
      return set(pointers[k], plus(get(pointers[k]), i32(stride * room)));
    }),
    kept ? [now, next].map(local => set(local, plus(get(local), i32(block * room)))) : [],
  ];
  // After an odd number of steps the last state is where the next one was to be.
  const swap = when(isOdd(get(count)), [
    set(before, get(now)),
    set(now, get(next)),
    set(next, get(before)),
  ]);
  return [
    [begin, set(left, code)],
    rounds(left, count, room, [once, advance, block && !kept ? swap : []]),
  ];
}

/** `body` for `count` of the turns that are left, as many as there is room for, until none are. */
function rounds(left: number, count: number, room: number, body: Code): Code {
  const some = set(count, choose(i32(room), get(left), below(i32(room), get(left))));
  const rest = set(left, minus(get(left), get(count)));
  return when(get(left), repeat([some, body, rest], get(left)));
}

/** Where the first turn of a loop finds its state: in the stream's block, or at zeros. */
function beginning(
  e: Emitter,
  { at, block, pair }: BodyPlan,
  { now, next }: States,
  from: number,
  to: number,
  kept: boolean,
): Code {
  const inside = (place: Place): Code => addressOf({ ...place, at: place.at + at });
  if (kept) return [set(from, inside(now)), set(to, inside(next))];
  const half = (offset: number) => addressOf({ local: scratch, at: pair + offset, stride: 0 });
  return [
    [set(from, half(0)), set(to, half(block))],
    at < 0
      ? zeroed(e, pointer(from), block / 4)
      : copied(e, { ...now, at: now.at + at }, pointer(from), block / 4),
  ];
}

/**
 * True for a sequence that its node writes in whole vectors: it can be written where it is wanted.
 */
export function isWritten(node: Node): boolean {
  return node.op !== 'port' && !isView(node) && node.size % 4 === 0;
}
