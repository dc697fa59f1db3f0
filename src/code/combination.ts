import {
  below,
  type Code,
  f32x4,
  get,
  i32,
  load,
  plus,
  repeat,
  set,
  store,
} from '../kernels/wasm/module.js';
import { baseOf } from './elementwise.js';
import { bytesOf, groupBytes } from './memory-plan.js';
import type { Place } from './places.js';
import type { OtherSpec } from './units.js';

/** A unit that adds up vectors of one size, or multiplies them, element by element. */
export function combinationSpec(by: 'add' | 'multiply', count: number, size: number): OtherSpec {
  const own = { kind: by, inputs: Array<number>(count).fill(size), size, state: 0 };
  return {
    ...own,
    code(e, { inputs, output }) {
      const offset = e.fn.number();
      const read = ({ at, ...place }: Place) =>
        load(plus(baseOf({ at, ...place }), get(offset)), at);
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
    },
    run(memory, sources, j, _now, _next, y) {
      for (let k = 0; k < sources.length; k++) {
        const from = sources[k].at + j * sources[k].stride;
        for (let i = 0; i < size; i++) {
          const x = memory[from + i];
          const before = memory[y + i];
          memory[y + i] = k === 0 ? x : by === 'add' ? before + x : before * x;
        }
      }
      return true;
    },
  };
}
