import { type AnyCell, type Frames, internals, type WholeStart } from '../equations/cell.js';
import type { Machine } from '../equations/machine.js';
import { asRecurError, demand, mismatch } from '../errors.js';

/** A layer's runner of whole sequences: its own, or its stream from the beginning to the end. */
export function wholeOf(cell: AnyCell): WholeStart {
  return cell[internals].whole ?? streamed(cell);
}

/** Runs sequences through a stream that begins anew for each. */
function streamed(cell: AnyCell): WholeStart {
  return (state, options) => {
    const machine = cell[internals].start(state, options);
    return {
      run(steps) {
        try {
          return through(machine, steps);
        } finally {
          machine.rollback();
        }
      },
      state: () => machine.state(),
      release: () => machine.release(),
    };
  };
}

/** The outputs of a sequence; the machine's steps stay tentative. */
function through(machine: Machine, { data, count, size }: Frames): Frames {
  let output = new Float32Array(0);
  let width = 0;
  const done = machine.sequence?.({
    count,
    read(first, some, memory, rows) {
      if (rows.size !== size) return false;
      for (let t = 0; t < some; t++) {
        const from = (first + t) * size;
        const to = rows.at + t * rows.stride;
        for (let i = 0; i < size; i++) {
          const x = data[from + i];
          memory[to + i] = x;
          // Infinity − Infinity and NaN − NaN are NaN.
          if (x - x !== 0) return false;
        }
      }
      return true;
    },
    write(first, some, memory, rows) {
      width = rows.size;
      if (output.length !== count * width) output = new Float32Array(count * width);
      for (let t = 0; t < some; t++) {
        const from = rows.at + t * rows.stride;
        output.set(memory.subarray(from, from + width), (first + t) * width);
      }
    },
  });
  if (done) return { data: output, count, size: width };
  const ys = Array.from({ length: count }, (_, t) => {
    try {
      return (machine.step(data.subarray(t * size, (t + 1) * size)) as Float32Array).slice();
    } catch (error) {
      throw asRecurError(error, 'a step', { prefix: `[${t}].` });
    }
  });
  width = ys[0]?.length ?? 0;
  output = new Float32Array(count * width);
  for (const [t, y] of ys.entries()) output.set(y, t * width);
  return { data: output, count, size: width };
}

/** A machine that is fed sequences, each one whole. */
export interface WholeMachine extends Machine {
  whole(steps: Frames): Frames;
}

/** Starts a layer that reads sequences as wholes; `why` a single step tells it nothing. */
export function wholeStart(where: string, why: string, start: WholeStart) {
  return (state?: unknown, options?: Parameters<WholeStart>[1]): WholeMachine => {
    const runner = start(state, options);
    const none = () => {};
    return {
      batch: null,
      step() {
        const expected = 'a whole sequence: map(sequence), chunks: true or a window';
        throw mismatch(where, expected, 'one step of a stream', why);
      },
      whole: steps => runner.run(steps),
      commit: none,
      rollback: none,
      follow: none,
      state: () => runner.state(),
      release: () => runner.release(),
    };
  };
}

export function isWhole(machine: Machine): machine is WholeMachine {
  return 'whole' in machine;
}

/** What makes a layer of members one that reads wholes: the first member that does. */
export function wholeIn(members: readonly AnyCell[]): AnyCell | undefined {
  return members.find(member => member[internals].whole);
}

/** The state that a tuple of members' states has for each. */
export function statesFor(
  where: string,
  cells: readonly AnyCell[],
  state: unknown,
  restored = false,
) {
  const isGiven = state !== undefined || restored;
  const isTuple = Array.isArray(state) && state.length === cells.length;
  demand(isTuple || !isGiven, `${where}.initialState`, `a tuple of ${cells.length}`, state);
  return (i: number): unknown => (state as unknown[] | undefined)?.[i];
}
