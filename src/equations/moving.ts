import type { Emitter } from '../kernels/wasm/emitter.js';
import {
  below,
  type Code,
  copyFloat,
  f32x4,
  get,
  give,
  i32,
  indexAt,
  isNumberAt,
  load,
  not,
  plus,
  repeat,
  set,
  store,
  times,
  when,
} from '../kernels/wasm/module.js';
import { baseOf } from './elementwise.js';
import { bytesOf, groupBytes, type Place, type UnitPlan } from './memory-plan.js';
import type { CombineSpec, LookupSpec, MoveSpec, UnitSpec } from './units.js';

/** Where the numbers of one stream are. */
interface Where {
  readonly inputs: readonly Place[];
  readonly output: Place;
  readonly now: Place;
  readonly next: Place;
}

/** The code of a unit that is no equations; where it refuses its input, the function answers. */
export function moving(
  e: Emitter,
  own: UnitPlan & { readonly refusal: number },
  spec: UnitSpec,
  places: Where,
): Code {
  if (spec.kind === 'move') return moves(e, own, spec, places);
  if (spec.kind === 'combine') return combination(e, spec, places);
  return spec.kind === 'lookup' ? lookup(e, own, spec, places) : [];
}

function moves(e: Emitter, { states }: UnitPlan, spec: MoveSpec, places: Where): Code {
  const { inputs, output, now, next } = places;
  const [state] = states;
  const within = (place: Place, floats: number, more = 0) => ({
    ...place,
    at: place.at + more + floats * 4,
  });
  return [
    spec.moves.map(({ from, at, to, count }) => {
      const source = from < 0 ? within(now, at, state) : within(inputs[from], at);
      return copied(e, source, within(output, to), count);
    }),
    spec.state
      ? copied(e, within(output, spec.size - spec.state), within(next, 0, state), spec.state)
      : [],
  ];
}

/** Groups of four in a row that are copied without a loop. */
const unrolled = 8;

/** So many floats from one place to another. */
function copied(e: Emitter, from: Place, to: Place, count: number): Code {
  const rest = count % 4;
  const wholes = (count - rest) * 4;
  const group = (at: number) => store(baseOf(to), to.at + at, load(baseOf(from), from.at + at));
  const offset = e.fn.number();
  const loop = [
    set(offset, i32(0)),
    repeat(
      [
        store(plus(baseOf(to), get(offset)), to.at, load(plus(baseOf(from), get(offset)), from.at)),
        set(offset, plus(get(offset), i32(groupBytes))),
      ],
      below(get(offset), i32(wholes)),
    ),
  ];
  return [
    wholes > unrolled * groupBytes
      ? loop
      : Array.from({ length: wholes / groupBytes }, (_, g) => group(g * groupBytes)),
    Array.from({ length: rest }, (_, k) => {
      const at = wholes + k * 4;
      return copyFloat(baseOf(from), from.at + at, baseOf(to), to.at + at);
    }),
  ];
}

function combination(e: Emitter, { by, size }: CombineSpec, { inputs, output }: Where): Code {
  const offset = e.fn.number();
  const read = ({ at, ...place }: Place) => load(plus(baseOf({ at, ...place }), get(offset)), at);
  const [first, ...others] = inputs;
  const value = others.reduce<Code>((left, place) => f32x4[by](left, read(place)), read(first));
  return [
    set(offset, i32(0)),
    repeat(
      [
        store(plus(baseOf(output), get(offset)), output.at, value),
        set(offset, plus(get(offset), i32(groupBytes))),
      ],
      below(get(offset), i32(bytesOf(size))),
    ),
  ];
}

function lookup(
  e: Emitter,
  { table, refusal }: UnitPlan & { readonly refusal: number },
  { count, size }: LookupSpec,
  { inputs: [input], output }: Where,
): Code {
  const index = e.fn.number();
  const row = e.fn.number();
  return [
    set(index, indexAt(baseOf(input), input.at)),
    when(not(isNumberAt(baseOf(input), input.at, get(index), count)), give(i32(refusal))),
    set(row, times(get(index), i32(bytesOf(size)))),
    copied(e, { local: row, at: table, stride: 0 }, output, size),
  ];
}
