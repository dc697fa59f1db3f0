import type { NodeOf } from '../graph/graph.js';
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
  setZero,
  store,
  times,
  when,
} from '../kernels/wasm/module.js';
import { baseOf } from './elementwise.js';
import { bytesOf, groupBytes, type NodePlan } from './layout.js';
import type { Place } from './places.js';

/** Where the numbers of one turn are. */
export interface RowPlaces {
  readonly inputs: readonly Place[];
  readonly output: Place;
  readonly now: Place;
  readonly next: Place;
}

/** A place so many floats on. */
const within = ({ at, ...place }: Place, floats: number): Place => ({
  ...place,
  at: at + floats * 4,
});

/** Vectors added up or multiplied, element by element. */
export function combinationCode(
  e: Emitter,
  { node: { op, size, half } }: NodePlan<NodeOf<'add' | 'multiply'>>,
  { inputs, output }: RowPlaces,
): Code {
  const offset = e.fn.number();
  const read = (place: Place) => load(plus(baseOf(place), get(offset)), place.at);
  const [first, ...others] = inputs;
  const all = others.reduce<Code>((left, place) => f32x4[op](left, read(place)), read(first));
  const value = half ? f32x4.multiply(all, e.constant(0.5)) : all;
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

/** Numbers in another order, from several vectors, and from steps before. */
export function moveCode(
  e: Emitter,
  { node, states: [from = 0] }: NodePlan<NodeOf<'move'>>,
  { inputs, output, now, next }: RowPlaces,
): Code {
  const { moves, state, size } = node;
  const held = { ...now, at: now.at + from };
  return [
    gapsOf(node).map(at => setZero(baseOf(output), output.at + at * 4)),
    moves.map(move => {
      const source = move.from < 0 ? held : inputs[move.from];
      return copied(e, within(source, move.at), within(output, move.to), move.count);
    }),
    state ? copied(e, within(output, size - state), { ...next, at: next.at + from }, state) : [],
  ];
}

/** Where nothing moves to. */
export function gapsOf({ moves, size }: NodeOf<'move'>): number[] {
  const isMoved = new Uint8Array(size);
  for (const { to, count } of moves) isMoved.fill(1, to, to + count);
  return [...isMoved.keys()].filter(i => !isMoved[i]);
}

/** A row of a table by its index; returns the node's number where there is no such row. */
export function rowCode(
  e: Emitter,
  { node: { rows, size }, table, number }: NodePlan<NodeOf<'row'>>,
  { inputs: [input], output }: RowPlaces,
): Code {
  const [index, row] = [e.fn.number(), e.fn.number()];
  const base = baseOf(input);
  return [
    set(index, indexAt(base, input.at)),
    when(not(isNumberAt(base, input.at, get(index), rows)), give(i32(number))),
    set(row, plus(e.weights, times(get(index), i32(bytesOf(size))))),
    copied(e, { local: row, at: table, stride: 0 }, output, size),
  ];
}

/** Groups of four in a row that are copied without a loop. */
const unrolled = 8;

/** Code that copies so many floats from one place to another. */
export function copied(e: Emitter, from: Place, to: Place, count: number): Code {
  const rest = count % 4;
  const end = (count - rest) * 4;
  const group = (at: number) => store(baseOf(to), to.at + at, load(baseOf(from), from.at + at));
  const offset = e.fn.number();
  const loop = () => [
    set(offset, i32(0)),
    repeat(
      [
        store(plus(baseOf(to), get(offset)), to.at, load(plus(baseOf(from), get(offset)), from.at)),
        set(offset, plus(get(offset), i32(groupBytes))),
      ],
      below(get(offset), i32(end)),
    ),
  ];
  return [
    end > unrolled * groupBytes
      ? loop()
      : Array.from({ length: end / groupBytes }, (_, g) => group(g * groupBytes)),
    Array.from({ length: rest }, (_, k) => {
      const at = end + k * 4;
      return copyFloat(baseOf(from), from.at + at, baseOf(to), to.at + at);
    }),
  ];
}

/** Code that writes so many zeros. */
export function zeroed(e: Emitter, to: Place, count: number): Code {
  const rest = count % 4;
  const end = (count - rest) * 4;
  const offset = e.fn.number();
  const zero = e.constant(0);
  return [
    end
      ? [
          set(offset, i32(0)),
          repeat(
            [
              store(plus(baseOf(to), get(offset)), to.at, zero),
              set(offset, plus(get(offset), i32(groupBytes))),
            ],
            below(get(offset), i32(end)),
          ),
        ]
      : [],
    Array.from({ length: rest }, (_, k) => setZero(baseOf(to), to.at + end + k * 4)),
  ];
}
