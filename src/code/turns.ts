import type { Emitter } from '../kernels/wasm/emitter.js';
import {
  below,
  bits,
  type Code,
  f32x4,
  firstLanes,
  get,
  give,
  halved,
  i32,
  isOdd,
  load,
  minus,
  plus,
  repeat,
  same,
  set,
  when,
} from '../kernels/wasm/module.js';
import type { CellPlan } from './cell-plans.js';
import { groupBytes } from './layout.js';
import type { Place } from './places.js';
import type { NodePlan, RowPlaces, Turns } from './plans.js';
import { type EachStream, type Part, stageCode } from './stage-code.js';

/** Composes the code of one turn of a node that is no cell. */
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
    ? (part, each) =>
        cell.stages.map(stage => {
          const compose: EachStream = (codeOf, abreast) =>
            each(places => codeOf(places as readonly CellPlaces[]), abreast);
          return stageCode(e, cell, stage, part, compose);
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
type Vectors = Omit<AllPlaces, 'now' | 'next'>;

/** Runs what `compose` makes for all streams, so many of them at a time where they are there. */
type Each = (compose: (places: readonly AllPlaces[]) => Code, abreast: number) => Code;

/** A part of a node's code, run for each stream. */
type TurnCode = (part: Part, each: Each) => Code;

const whole: Part = { from: 'biases', to: 'end' };

export const pointer = (local: number, stride = 0): Place => ({ local, at: 0, stride });

/** Where a place is. */
export const addressOf = ({ local, at }: Place): Code =>
  at ? plus(get(local), i32(at)) : get(local);

/** Places behind pointers that move from turn to turn. */
function moving(e: Emitter, named: Vectors & Partial<AllPlaces>) {
  const { inputs, ...others } = named;
  const move = (place: Place) => ({ place, local: e.fn.number() });
  const byName = Object.entries(others).flatMap(([name, place]) =>
    place ? [{ name, moved: move(place) }] : [],
  );
  const moved = inputs.map(move);
  const all = [...byName.map(own => own.moved), ...moved];
  const backwards = all.filter(({ place }) => place.stride < 0);
  const shift = (those: typeof all, turns: number) =>
    those.map(({ place, local }) => set(local, plus(get(local), i32(turns * place.stride))));
  /** The places of the k-th of some turns; of more than one, pointers are at the lowest. */
  const at = (k: number, turns = 1) => {
    const placeAt = ({ place: { stride }, local }: (typeof all)[number]): Place => ({
      ...pointer(local),
      at: stride < 0 ? (k - turns + 1) * stride : k * stride,
    });
    return {
      ...Object.fromEntries(byName.map(own => [own.name, placeAt(own.moved)])),
      inputs: moved.map(placeAt),
    } as unknown as AllPlaces;
  };
  return {
    at,
    begin: all.map(({ place, local }) => set(local, addressOf(place))),
    advance: (turns: number) => shift(all, turns),
    /** To the lowest of so many turns, and back. */
    lower: (turns: number) => shift(backwards, turns - 1),
    raise: (turns: number) => shift(backwards, 1 - turns),
  };
}

/** A part of each turn, the streams' states side by side. */
function streamsCode(
  e: Emitter,
  vectors: Vectors,
  { now, next, count, block }: Turns,
  body: TurnCode,
  part: Part,
): Code {
  const left = e.fn.number();
  const places = { ...vectors, now: pointer(now, block), next: pointer(next, block) };
  const { at, begin, advance, lower, raise } = moving(e, places);
  const run = (code: Code, turns: number) =>
    repeat([code, advance(turns), set(left, minus(get(left), i32(1)))], get(left));
  const each: Each = (compose, abreast) => {
    const one = e.fn.scope(() => compose([at(0)]));
    if (abreast < 2) return [begin, set(left, count), run(one, 1)];
    const two = e.fn.scope(() => compose([at(0, 2), at(1, 2)]));
    return [
      [begin, set(left, halved(count))],
      when(get(left), [lower(2), run(two, 2), raise(2)]),
      when(isOdd(count), one),
    ];
  };
  return body(part, each);
}

/** Steps one after another: the products of all inputs first, then the rest step by step. */
function stepsCode(
  e: Emitter,
  cell: CellPlan | undefined,
  vectors: Vectors,
  turns: Turns,
  body: TurnCode,
): Code {
  const { now, next, spare, count } = turns;
  const [from, to, left, before] = [0, 0, 0, 0].map(() => e.fn.number());
  // One step's scratch is room for the next one's.
  const { scratch, ...others } = vectors;
  const states = { now: pointer(from), next: pointer(to) };
  const { at, begin, advance } = moving(e, others);
  const places: AllPlaces = { ...at(0), scratch, ...states };
  // The first step writes to `next`; then that and `spare` take turns.
  const turn = [
    set(before, get(from)),
    set(from, get(to)),
    set(to, get(before)),
    when(same(get(before), get(now)), set(to, get(spare))),
  ];
  const rest: Part = { from: 'sums', to: 'end' };
  return [
    cell
      ? streamsCode(e, vectors, { ...turns, block: 0 }, body, { from: 'biases', to: 'sums' })
      : [],
    [begin, set(from, get(now)), set(to, get(next)), set(left, count)],
    repeat(
      [
        body(rest, compose => compose([places])),
        [advance(1), turn, set(left, minus(get(left), i32(1)))],
      ],
      get(left),
    ),
  ];
}

/** Returns the number of the node that reads them where some vectors of a size are not finite. */
export function checkFinite(
  e: Emitter,
  from: Place,
  size: number,
  number: number,
  count: Code,
): Code {
  const [at, end, left] = [0, 0, 0].map(() => e.fn.number());
  const odd = e.fn.vector();
  const rest = size % 4;
  const advance = set(at, plus(get(at), i32(groupBytes)));
  /** v − v is 0, or NaN, which has bits. */
  const gather = (value: Code) => {
    const [keep, v] = e.keep(value);
    return [keep, set(odd, bits.or(get(odd), f32x4.subtract(v, v))), advance];
  };
  const groups = [
    set(end, plus(get(at), i32((size - rest) * 4))),
    repeat(gather(load(get(at), 0)), below(get(at), get(end))),
  ];
  return [
    set(odd, e.constant(0)),
    set(at, addressOf(from)),
    set(left, count),
    repeat(
      [
        size < 4 ? [] : groups,
        rest ? gather(firstLanes(load(get(at), 0), rest)) : [],
        set(left, minus(get(left), i32(1))),
      ],
      get(left),
    ),
    when(bits.any(get(odd)), give(i32(number))),
  ];
}
