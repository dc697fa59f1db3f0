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
import { groupBytes } from './layout.js';
import type { Place } from './places.js';

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
