import type { Emitter } from '../kernels/wasm/emitter.js';
import {
  below,
  bits,
  type Code,
  f32x4,
  firstLanes,
  get,
  give,
  i32,
  load,
  minus,
  plus,
  repeat,
  same,
  set,
  when,
} from '../kernels/wasm/module.js';
import { type CellPlan, groupBytes, type NodePlan } from './layout.js';
import type { Place } from './places.js';
import type { RowPlaces } from './rows.js';
import { type EachStream, type Part, stageCode } from './stage-code.js';

/** How often a graph is run: once, for streams side by side, or for steps one after another. */
export interface Turns {
  readonly kind: 'one' | 'streams' | 'steps';
  readonly count: Code;
  /** Locals of addresses: the block of states that is read, that is written, and another one. */
  readonly now: number;
  readonly next: number;
  readonly spare: number;
  /** Bytes from one stream's block to the next one's. */
  readonly block: number;
}

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
    ? (places, part, each) =>
        cell.stages.map(stage => stageCode(e, cell, stage, places as AllPlaces, part, each))
    : (places, _, each) => each(rowCode(places));
  const { kind, now, next } = turns;
  if (kind === 'one') {
    return body({ ...all, now: pointer(now), next: pointer(next) }, whole, code => code);
  }
  if (kind === 'streams' || !states.length) {
    return streamsCode(e, all, kind === 'streams' ? turns : { ...turns, block: 0 }, body, whole);
  }
  return stepsCode(e, cell, all, turns, body);
}

/** Where a cell's numbers are, beside its vectors and states. */
type CellPlaces = { readonly [K in 'scratch' | 'sums']?: CellPlan[K] | undefined };
type AllPlaces = RowPlaces & Pick<CellPlan, 'scratch' | 'sums'>;
type Vectors = Pick<RowPlaces, 'inputs' | 'output'> & CellPlaces;

/** A part of a node's code at some places, and how that is run for each stream. */
type TurnCode = (places: RowPlaces & CellPlaces, part: Part, each: EachStream) => Code;

const whole: Part = { from: 'biases', to: 'end' };

export const pointer = (local: number, stride = 0): Place => ({ local, at: 0, stride });

/** Where a place is. */
export const addressOf = ({ local, at }: Place): Code =>
  at ? plus(get(local), i32(at)) : get(local);

/** Places behind pointers that move from turn to turn. */
function moving(e: Emitter, places: readonly (Place | undefined)[]) {
  const all = places.map(place => place && { place, local: e.fn.number() });
  const those = all.filter(moved => moved !== undefined);
  return {
    places: all.map(moved => moved && pointer(moved.local)) as Place[],
    begin: those.map(({ place, local }) => set(local, addressOf(place))),
    advance: those.map(({ place, local }) => set(local, plus(get(local), i32(place.stride)))),
  };
}

/** A part of each turn, the streams' states side by side. */
function streamsCode(
  e: Emitter,
  { inputs, output, scratch, sums }: Vectors,
  { now, next, count, block }: Turns,
  body: TurnCode,
  part: Part,
): Code {
  const left = e.fn.number();
  const states = [pointer(now, block), pointer(next, block)];
  const { places, begin, advance } = moving(e, [...states, output, scratch, sums, ...inputs]);
  const [from, to, y, room, products, ...xs] = places;
  const each: EachStream = code => [
    begin,
    set(left, count),
    repeat([code, advance, set(left, minus(get(left), i32(1)))], get(left)),
  ];
  const moved = { now: from, next: to, output: y, scratch: room, sums: products, inputs: xs };
  return body(moved, part, each);
}

/** Steps one after another: the products of all inputs first, then the rest step by step. */
function stepsCode(
  e: Emitter,
  cell: CellPlan | undefined,
  all: Vectors,
  turns: Turns,
  body: TurnCode,
): Code {
  const { now, next, spare, count } = turns;
  const [from, to, left, before] = [0, 0, 0, 0].map(() => e.fn.number());
  const { inputs, output, scratch, sums } = all;
  const { places, begin, advance } = moving(e, [output, sums, ...inputs]);
  const [y, products, ...xs] = places;
  // One step's scratch is room for the next one's.
  const own = { scratch, sums: products, output: y, inputs: xs };
  // The first step writes to `next`; then that and `spare` take turns.
  const turn = [
    set(before, get(from)),
    set(from, get(to)),
    set(to, get(before)),
    when(same(get(before), get(now)), set(to, get(spare))),
  ];
  const rest: Part = { from: 'sums', to: 'end' };
  return [
    cell ? streamsCode(e, all, { ...turns, block: 0 }, body, { from: 'biases', to: 'sums' }) : [],
    [begin, set(from, get(now)), set(to, get(next)), set(left, count)],
    repeat(
      [
        body({ ...own, now: pointer(from), next: pointer(to) }, rest, code => code),
        [advance, turn, set(left, minus(get(left), i32(1)))],
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
