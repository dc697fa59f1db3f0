import {
  get,
  give,
  i32,
  indexAt,
  isNumberAt,
  not,
  plus,
  set,
  times,
  when,
} from '../kernels/wasm/module.js';
import { baseOf } from './elementwise.js';
import { bytesOf } from './memory-plan.js';
import { copied } from './moves.js';
import type { OtherSpec } from './units.js';

/** A unit that answers a row of a table `[count, size]` by its index. */
export function lookupSpec(count: number, size: number, table: Float32Array): OtherSpec {
  const isIndex = (x: number) => Number.isInteger(x) && x >= 0 && x < count;
  return {
    ...{ kind: 'lookup', inputs: [1], size, state: 0, rows: count, table },
    refusal: x => (isIndex(x) ? undefined : `a whole number from 0 to ${count - 1}`),
    code(e, { inputs: [input], output, table: rows, refusal }) {
      const [index, row] = [e.fn.number(), e.fn.number()];
      return [
        set(index, indexAt(baseOf(input), input.at)),
        when(not(isNumberAt(baseOf(input), input.at, get(index), count)), give(i32(refusal))),
        set(row, plus(e.weights, times(get(index), i32(bytesOf(size))))),
        copied(e, { local: row, at: rows, stride: 0 }, output, size),
      ];
    },
    run(memory, [{ at, stride }], j, _now, _next, y) {
      const index = memory[at + j * stride];
      if (!isIndex(index)) return false;
      for (let i = 0; i < size; i++) memory[y + i] = table[index * size + i];
      return true;
    },
  };
}
