import type { Code } from '../kernels/wasm/code.js';
import * as control from '../kernels/wasm/control.js';
import type { Emitter } from '../kernels/wasm/emitter.js';
import * as f32x4 from '../kernels/wasm/f32x4.js';
import * as i32 from '../kernels/wasm/i32.js';
import { firstLanes } from '../kernels/wasm/lanes.js';
import * as local from '../kernels/wasm/local.js';
import { advance, countDown, until } from '../kernels/wasm/loops.js';
import * as v128 from '../kernels/wasm/v128.js';
import type { CellPlan } from './cell-plans.js';
import { groupBytes } from './layout.js';
import { addressOf, type Place, pointer } from './places.js';
import type { NodePlan, RowPlaces, Turns } from './plans.js';
import { type EachStream, type Phase, stageCode } from './stage-code.js';

/** Composes the code of one turn of a node other than a cell. */
export type RowCode = (places: RowPlaces) => Code;

/** A node's code for all turns, where its vectors are. */
export function turnsCode(
  e: Emitter,
  { cell, states }: NodePlan,
  { inputs, output }: Pick<RowPlaces, 'inputs' | 'output'>,
  turns: Turns,
  rowCode: RowCode,
): Code {
  const all = { inputs, output, ...(cell && { scratch: cell.scratch, sums: cell.sums }) };
  const body: TurnCode = cell
    ? (phase, each) =>
        cell.stages.map(stage => {
          const compose: EachStream = (codeOf, abreast) =>
            each(places => codeOf(places as readonly CellPlaces[]), abreast);
          return stageCode(e, cell, stage, phase, compose);
        })
    : (_, each) => each(([places]) => rowCode(places), 1);
  const { kind, now, next } = turns;
  if (kind === 'one') {
    const places = { ...all, now: pointer(now), next: pointer(next) };
    return body(whole, compose => compose([places]));
  }
  if (kind === 'streams' || !states.length) {
    return streamsCode(e, all, kind === 'streams' ? turns : { ...turns, block: 0 }, body, whole);
  }
  return stepsCode(e, cell, all, turns, body);
}

/** Where a cell's numbers are, beside its vectors and states. */
type CellPlaces = RowPlaces & Pick<CellPlan, 'scratch' | 'sums'>;
type AllPlaces = RowPlaces & { readonly [K in 'scratch' | 'sums']?: CellPlan[K] | undefined };
type VectorPlaces = Omit<AllPlaces, 'now' | 'next'>;

/** Runs the composed code for all streams, `abreast` of them at a time while there are as many. */
type Each = (compose: (places: readonly AllPlaces[]) => Code, abreast: number) => Code;

/** A phase of a node's code, run for each stream. */
type TurnCode = (phase: Phase, each: Each) => Code;

const whole: Phase = { from: 'biases', to: 'end' };

/** Places behind pointers that move from turn to turn. */
function moving(e: Emitter, { inputs, ...others }: VectorPlaces & Partial<AllPlaces>) {
  const move = (place: Place) => ({ place, index: e.fn.number() });
  const named = Object.entries(others).flatMap(([name, place]) =>
    place ? [{ name, moved: move(place) }] : [],
  );
  const moved = inputs.map(move);
  const all = [...named.map(({ moved }) => moved), ...moved];
  const backwards = all.filter(({ place }) => place.stride < 0);
  const shift = (those: typeof all, turns: number) =>
    those.map(({ place, index }) => advance(index, turns * place.stride));
  /** The places of the k-th of some turns; of more than one, pointers are at the lowest. */
  const at = (k: number, turns = 1) => {
    const placeAt = ({ place: { stride }, index }: (typeof all)[number]): Place => ({
      ...pointer(index),
      at: stride < 0 ? (k - turns + 1) * stride : k * stride,
    });
    return {
      ...Object.fromEntries(named.map(({ name, moved }) => [name, placeAt(moved)])),
      inputs: moved.map(placeAt),
    } as unknown as AllPlaces;
  };
  return {
    at,
    begin: all.map(({ place, index }) => local.set(index, addressOf(place))),
    forward: (turns: number) => shift(all, turns),
    /** To the lowest of so many turns, and back. */
    lower: (turns: number) => shift(backwards, turns - 1),
    raise: (turns: number) => shift(backwards, 1 - turns),
  };
}

/** A phase of each turn, the streams' states side by side. */
function streamsCode(
  e: Emitter,
  vectors: VectorPlaces,
  { now, next, count, block }: Turns,
  body: TurnCode,
  phase: Phase,
): Code {
  const left = e.fn.number();
  const places = { ...vectors, now: pointer(now, block), next: pointer(next, block) };
  const { at, begin, forward, lower, raise } = moving(e, places);
  const run = (code: Code, turns: number) => countDown(left, [code, forward(turns)]);
  const each: Each = (compose, abreast) => {
    const one = e.fn.scope(() => compose([at(0)]));
    if (abreast < 2) return [begin, local.set(left, count), run(one, 1)];
    const two = e.fn.scope(() => compose([at(0, 2), at(1, 2)]));
    return [
      [begin, local.set(left, i32.shrU(count, i32.const(1)))],
      control.if(local.get(left), [lower(2), run(two, 2), raise(2)]),
      control.if(i32.and(count, i32.const(1)), one),
    ];
  };
  return body(phase, each);
}

/** Steps one after another: the products of all inputs first, then the rest step by step. */
function stepsCode(
  e: Emitter,
  cell: CellPlan | undefined,
  vectors: VectorPlaces,
  turns: Turns,
  body: TurnCode,
): Code {
  const { now, next, spare, count } = turns;
  const [from, to, left, before] = e.fn.numbers(4);
  // One step's scratch is room for the next one's.
  const { scratch, ...others } = vectors;
  const states = { now: pointer(from), next: pointer(to) };
  const { at, begin, forward } = moving(e, others);
  const places: AllPlaces = { ...at(0), scratch, ...states };
  // The first step writes to `next`; then that and `spare` take turns.
  const turn = [
    local.set(before, local.get(from)),
    local.set(from, local.get(to)),
    local.set(to, local.get(before)),
    control.if(i32.eq(local.get(before), local.get(now)), local.set(to, local.get(spare))),
  ];
  const rest: Phase = { from: 'sums', to: 'end' };
  return [
    cell
      ? streamsCode(e, vectors, { ...turns, block: 0 }, body, { from: 'biases', to: 'sums' })
      : [],
    [
      begin,
      local.set(from, local.get(now)),
      local.set(to, local.get(next)),
      local.set(left, count),
    ],
    countDown(left, [body(rest, compose => compose([places])), forward(1), turn]),
  ];
}

/** Returns the number of the node that reads some vectors if one of those is not finite. */
export function checkFinite(
  e: Emitter,
  from: Place,
  size: number,
  number: number,
  count: Code,
): Code {
  const [at, end, left] = e.fn.numbers(3);
  const nonFinite = e.fn.vector();
  const rest = size % 4;
  /** v − v is 0, or NaN, which has bits. */
  const gather = (value: Code) => {
    const [keep, v] = e.keep(value);
    return [
      keep,
      local.set(nonFinite, v128.or(local.get(nonFinite), f32x4.sub(v, v))),
      advance(at, groupBytes),
    ];
  };
  const groups = until(end, at, (size - rest) * 4, gather(v128.load(local.get(at), 0)));
  return [
    local.set(nonFinite, e.constant(0)),
    local.set(at, addressOf(from)),
    local.set(left, count),
    countDown(left, [
      size < 4 ? [] : groups,
      rest ? gather(firstLanes(v128.load(local.get(at), 0), rest)) : [],
    ]),
    control.if(v128.anyTrue(local.get(nonFinite)), control.return(i32.const(number))),
  ];
}
