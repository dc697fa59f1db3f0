import type { Code } from '../kernels/wasm/code.js';
import type { Emitter } from '../kernels/wasm/emitter.js';
import * as i32 from '../kernels/wasm/i32.js';
import * as local from '../kernels/wasm/local.js';
import { eachOffset } from '../kernels/wasm/loops.js';
import * as v128 from '../kernels/wasm/v128.js';
import { groupBytes } from './layout.js';
import { baseOf, type Place } from './places.js';

/** Groups of four in a row that are copied without a loop. */
const unrolled = 8;

/** Code that copies so many floats from one place to another. */
export function copied(e: Emitter, from: Place, to: Place, count: number): Code {
  const rest = count % 4;
  const end = (count - rest) * 4;
  const group = (at: number) =>
    v128.store(baseOf(to), to.at + at, v128.load(baseOf(from), from.at + at));
  const offset = e.fn.number();
  const address = (place: Place) => i32.add(baseOf(place), local.get(offset));
  return [
    end > unrolled * groupBytes
      ? eachOffset(
          offset,
          groupBytes,
          end,
          v128.store(address(to), to.at, v128.load(address(from), from.at)),
        )
      : Array.from({ length: end / groupBytes }, (_, g) => group(g * groupBytes)),
    Array.from({ length: rest }, (_, k) => {
      const at = end + k * 4;
      return i32.store(baseOf(to), to.at + at, i32.load(baseOf(from), from.at + at));
    }),
  ];
}

/** Code that writes so many zeros. */
export function zeroed(e: Emitter, to: Place, count: number): Code {
  const rest = count % 4;
  const end = (count - rest) * 4;
  const offset = e.fn.number();
  const address = i32.add(baseOf(to), local.get(offset));
  return [
    end ? eachOffset(offset, groupBytes, end, v128.store(address, to.at, e.constant(0))) : [],
    Array.from({ length: rest }, (_, k) =>
      i32.store(baseOf(to), to.at + end + k * 4, i32.const(0)),
    ),
  ];
}
