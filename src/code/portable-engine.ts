import { portable } from '../kernels/backends.js';
import { heapFor } from '../kernels/heap.js';
import { areFinite, type Engine, Pool, roomFor } from './engine.js';
import { interpret, type Run } from './interpret.js';
import type { Rows } from './places.js';
import {
  checkedBefore,
  isEquations,
  modelInput,
  outputSize,
  type RunUnit,
  stateSizes,
  type Unit,
  type UnitSpec,
} from './units.js';

/** The portable backend: units run one after another on one memory. */
export function portableEngine(units: readonly Unit[]): Engine {
  const room = roomFor(units);
  const needed = units.reduce((sum, { spec }) => sum + outputSize(spec), modelInput(units)) * room;
  const heap = heapFor('portable', needed);
  let end = heap.scratch;
  const rowsOf = (size: number): Rows => {
    const at = end;
    end += size * room;
    return { at, stride: size, size };
  };
  const input = rowsOf(modelInput(units));
  const outputs: Rows[] = [];
  let block = 0;
  const checked = checkedBefore(units);
  const parts = units.map(({ spec, from }, i) => {
    const sources = from.map(u => (u < 0 ? input : outputs[u]));
    const sizes = stateSizes(spec);
    const first = block;
    const offsets = sizes.map(size => (block += size) - size);
    const output = rowsOf(outputSize(spec));
    outputs.push(output);
    const unchecked = checked[i].map(u => outputs[u]);
    return { run: runOf(spec), sources, first, offsets, output, unchecked };
  });
  // Without states too, blocks are at different places.
  block = Math.max(1, block);
  const pool = new Pool(heap, block);
  const at = ({ at, stride }: Rows, j: number) => at + j * stride;
  /** Steps one stream, whose input and output are the j-th. */
  const step = (now: number, next: number, j: number): number => {
    const { memory } = pool;
    for (let i = 0; i < parts.length; i++) {
      const { run, sources, first, output, unchecked } = parts[i];
      for (const rows of unchecked) if (!areFinite(memory, at(rows, j), rows.size)) return i + 1;
      if (!run(memory, sources, j, now + first, next + first, at(output, j))) return i + 1;
    }
    return 0;
  };
  return {
    backend: portable,
    pool,
    room,
    units,
    input,
    outputs,
    states: parts.flatMap(({ offsets }) => offsets),
    step: (now, next) => (areFinite(pool.memory, input.at, input.size) ? step(now, next, 0) : 1),
    streams(now, next, count) {
      for (let j = 0; j < count; j++) {
        const odd = step(now + j * block, next + j * block, j);
        if (odd) return odd;
      }
      return 0;
    },
    steps(now, next, spare, count) {
      let from = now;
      let to = next;
      for (let t = 0; t < count; t++) {
        const odd = step(from, to, t);
        if (odd) return odd;
        [from, to] = [to, to === next ? spare : next];
      }
      return 0;
    },
  };
}

function runOf(spec: UnitSpec): RunUnit {
  return isEquations(spec) ? onOne(interpret(spec)) : spec.run;
}

function onOne(run: Run): RunUnit {
  return (memory, [{ at, stride }], j, now, next, y) => {
    run(memory, at + j * stride, now, next, y);
    return true;
  };
}
