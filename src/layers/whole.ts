import { asRecurError, mismatch } from '../errors.js';
import {
  type AnyCell,
  type BirthOptions,
  type Frames,
  internals,
  type WholeRuns,
  type WholeStart,
} from '../streams/cell.js';
import type { Machine } from '../streams/machine.js';
import { statesFor } from './chain-machine.js';
import { isMarker, passingOf } from './passing.js';
import { wholeChunk } from './whole-chunks.js';

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
          return through(machine, steps, cell.outputSize);
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
function through(machine: Machine, { data, count, size }: Frames, outputSize = 0): Frames {
  let output = new Float32Array(0);
  let width = outputSize;
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
  width = ys[0]?.length ?? width;
  output = new Float32Array(count * width);
  for (const [t, y] of ys.entries()) output.set(y, t * width);
  return { data: output, count, size: width };
}

/** A machine that is fed sequences, each one whole. */
export interface WholeMachine extends Machine {
  whole(steps: Frames): Frames;
}

/** How a layer that reads sequences as wholes runs; `why` a single step tells it nothing. */
export function wholeRuns(
  where: string,
  why: string,
  whole: WholeStart,
  stepsAfter?: (steps: number) => number,
): WholeRuns {
  const start = (state?: unknown, options?: BirthOptions): Machine => {
    const runner = whole(state, options);
    const none = () => {};
    const machine: WholeMachine = {
      batch: null,
      step() {
        const expected = 'a whole sequence: map(sequence), chunks: true or a window';
        throw mismatch(where, expected, 'one step of a stream', why);
      },
      whole: steps => runner.run(steps),
      chunk: (cell, steps) => wholeChunk(cell as AnyCell, machine, steps),
      commit: none,
      rollback: none,
      follow: none,
      state: () => runner.state(),
      release: () => runner.release(),
    };
    return machine;
  };
  return { whole, why, start, compose: wholeChain, ...(stepsAfter && { stepsAfter }) };
}

export function isWhole(machine: Machine): machine is WholeMachine {
  return 'whole' in machine;
}

/** How a chain with a member that reads sequences as wholes runs. */
function wholeChain(cells: readonly AnyCell[]): WholeRuns {
  const { why = '' } = wholeIn(cells)?.[internals] ?? {};
  return wholeRuns('chain', why, startWholeChain(cells), steps => chainSteps(cells, steps));
}

function startWholeChain(cells: readonly AnyCell[]): WholeStart {
  return (state, options) => {
    const own = statesFor('chain', cells, state, options?.restored);
    const runners = cells.map((cell, i) => {
      return isMarker(cell) ? undefined : wholeOf(cell)(own(i), options);
    });
    return {
      run(steps) {
        let i = 0;
        const turn = (value: Frames, own: number) => {
          i = own;
          return runners[i]?.run(value) ?? value;
        };
        try {
          return passingOf(cells)(cells, steps, turn, (join, outputs) => join.frames(outputs));
        } catch (error) {
          throw asRecurError(error, 'a member', { prefix: `chain[${i}].` });
        }
      },
      state: () => runners.map(runner => runner?.state()),
      release() {
        for (const runner of runners) runner?.release();
      },
    };
  };
}

/** How many steps a chain makes of so many. */
function chainSteps(cells: readonly AnyCell[], steps: number): number {
  const turn = (count: number, i: number) => stepsAfter(cells[i], count);
  return passingOf(cells)(cells, steps, turn, (_, [count]) => count);
}

/** How many steps a layer makes of so many. */
export function stepsAfter(cell: AnyCell, steps: number): number {
  return cell[internals].stepsAfter?.(steps) ?? steps;
}

/** What makes a layer of members one that reads wholes: the first member that does. */
export function wholeIn(members: readonly AnyCell[]): AnyCell | undefined {
  return members.find(member => member[internals].whole);
}
