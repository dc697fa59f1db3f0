import { portable } from '../kernels/backends.js';
import { areFinite, type Engine, Pool, type Rows, roomFor } from './engine.js';
import { interpret, type Run } from './interpret.js';
import {
  checkedBefore,
  modelInput,
  outputSize,
  stateSizes,
  type Unit,
  type UnitSpec,
} from './units.js';

/** The portable backend: units run one after another on one memory. */
export function portableEngine(units: readonly Unit[]): Engine {
  let end = 0;
  const take = (size: number) => {
    const at = end;
    end += size;
    return at;
  };
  const room = roomFor(units);
  const rowsOf = (size: number): Rows => ({ at: take(size * room), stride: size, size });
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
  const pool = new Pool(new Float32Array(end), end, block, (memory, size) => {
    const larger = new Float32Array(Math.max(size, 2 * memory.length));
    larger.set(memory);
    return larger;
  });
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
    step: (now, next) => step(now, next, 0),
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

/** Runs a unit on the j-th of each of its sources; false where it cannot take them. */
type RunUnit = (
  memory: Float32Array,
  sources: readonly Rows[],
  j: number,
  now: number,
  next: number,
  y: number,
) => boolean;

function runOf(spec: UnitSpec): RunUnit {
  if (spec.kind === 'equations') return onOne(interpret(spec));
  const { size } = spec;
  if (spec.kind === 'lookup') {
    return (memory, [{ at, stride }], j, _now, _next, y) => {
      const index = memory[at + j * stride];
      if (!Number.isInteger(index) || index < 0 || index >= spec.count) return false;
      for (let i = 0; i < size; i++) memory[y + i] = spec.table[index * size + i];
      return true;
    };
  }
  if (spec.kind === 'combine') {
    const adds = spec.by === 'add';
    return (memory, sources, j, _now, _next, y) => {
      for (let k = 0; k < sources.length; k++) {
        const from = sources[k].at + j * sources[k].stride;
        for (let i = 0; i < size; i++) {
          const x = memory[from + i];
          memory[y + i] = k === 0 ? x : adds ? memory[y + i] + x : memory[y + i] * x;
        }
      }
      return true;
    };
  }
  const { moves, state } = spec;
  return (memory, sources, j, now, next, y) => {
    for (const { from, at, to, count } of moves) {
      const start = from < 0 ? now : sources[from].at + j * sources[from].stride;
      memory.copyWithin(y + to, start + at, start + at + count);
    }
    if (state) memory.copyWithin(next, y + size - state, y + size);
    return true;
  };
}

function onOne(run: Run): RunUnit {
  return (memory, [{ at, stride }], j, now, next, y) => {
    run(memory, at + j * stride, now, next, y);
    return true;
  };
}
