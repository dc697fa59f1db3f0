import type { Emitter } from '../kernels/wasm/emitter.js';
import {
  below,
  type Code,
  copyFloat,
  get,
  i32,
  load,
  plus,
  repeat,
  set,
  setZero,
  store,
} from '../kernels/wasm/module.js';
import { baseOf } from './elementwise.js';
import { groupBytes } from './memory-plan.js';
import type { Place } from './places.js';
import type { OtherSpec } from './units.js';

/** Numbers that move to the output: from an input, by its index, or from the state, -1. */
export interface Move {
  readonly from: number;
  readonly at: number;
  readonly to: number;
  readonly count: number;
}

/**
 * A unit that puts numbers in another order, from several vectors, and from steps before: the state
 * is what the output's last numbers were. What nothing moves to is 0.
 */
export function moveSpec(
  inputs: readonly number[],
  size: number,
  moves: readonly Move[],
  state = 0,
): OtherSpec {
  const within = (place: Place, floats: number, more = 0) => ({
    ...place,
    at: place.at + more + floats * 4,
  });
  const own = { kind: 'move', inputs, size, state, moves };
  const gaps = gapsOf(moves, size);
  return {
    ...own,
    code(e, { inputs: sources, output, now, next, state: carried }) {
      return [
        gaps.map(at => setZero(baseOf(output), output.at + at * 4)),
        moves.map(({ from, at, to, count }) => {
          const source = from < 0 ? within(now, at, carried) : within(sources[from], at);
          return copied(e, source, within(output, to), count);
        }),
        state ? copied(e, within(output, size - state), within(next, 0, carried), state) : [],
      ];
    },
    run(memory, sources, j, now, next, y) {
      for (let k = 0; k < gaps.length; k++) memory[y + gaps[k]] = 0;
      for (const { from, at, to, count } of moves) {
        const start = from < 0 ? now : sources[from].at + j * sources[from].stride;
        memory.copyWithin(y + to, start + at, start + at + count);
      }
      if (state) memory.copyWithin(next, y + size - state, y + size);
      return true;
    },
  };
}

/** Where nothing moves to. */
function gapsOf(moves: readonly Move[], size: number): number[] {
  const isMoved = new Uint8Array(size);
  for (const { to, count } of moves) isMoved.fill(1, to, to + count);
  return [...isMoved.keys()].filter(i => !isMoved[i]);
}

/** A unit that puts vectors one after another. */
export function joinSpec(sizes: readonly number[]): OtherSpec {
  let to = 0;
  const moves = sizes.map((count, from) => ({ from, at: 0, to: (to += count) - count, count }));
  return moveSpec(sizes, to, moves);
}

/** Groups of four in a row that are copied without a loop. */
const unrolled = 8;

/** Code that copies so many floats from one place to another. */
export function copied(e: Emitter, from: Place, to: Place, count: number): Code {
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
