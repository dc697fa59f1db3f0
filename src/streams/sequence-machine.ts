import type { NdArray } from '../arrays/ndarray.js';
import type { Engine } from '../code/engine.js';
import { mismatch } from '../errors.js';
import type { Machine, Sequence } from './any-machine.js';
import type { BeginMachine } from './cell.js';
import type { Frames } from './flow.js';
import { refuseInput } from './inputs.js';
import { type Blocks, type GivenState, layOut, readState, writeState } from './state.js';
import { stateless } from './stateless.js';
import { type Sized, wholeChunk } from './whole-chunks.js';

/** A model that reads sequences as wholes: each begins at the initial state. */
export interface WholeMachine extends Machine {
  whole(steps: Frames): Frames;
}

export function isWhole(machine: Machine): machine is WholeMachine {
  return 'whole' in machine;
}

/** A machine that takes no single steps, because `why`. */
export function wholeMachine(
  where: string,
  why: string,
  parts: Pick<WholeMachine, 'whole' | 'sequence' | 'state' | 'release'>,
): WholeMachine {
  const machine: WholeMachine = {
    ...{ ...stateless, ...parts },
    step() {
      const expected = 'a whole sequence: map(sequence), chunks: true or a window';
      throw mismatch(where, expected, 'one step of a stream', why);
    },
    chunk: (cell, steps) =>
      wholeChunk(cell as Sized, machine, steps as readonly unknown[] | NdArray),
  };
  return machine;
}

/** Begins machines that run an engine's graph of sequences, one call each. */
export function engineSequences(why: string): BeginMachine {
  return (...of) => begin(why, ...of);
}

function begin(
  why: string,
  ...[engine, shape, initial, origin]: Parameters<BeginMachine>
): WholeMachine {
  const given = readState(shape, initial, origin);
  const { pool } = engine;
  const at = pool.take(1);
  let isThere = true;
  const blocks = (): Blocks => ({
    ...{ memory: pool.memory, at, block: pool.block },
    ...{ offsets: engine.states, streams: 1 },
  });
  layOut(given as GivenState, blocks());
  const where = 'layer' in shape ? shape.layer : (shape.kind ?? 'chain');
  return wholeMachine(where, why, {
    sequence: steps => ran(engine, at, steps) === 0,
    whole: steps => through(engine, at, steps),
    state: () => writeState(shape, blocks(), 0),
    release() {
      if (isThere) pool.give(at, 1);
      isThere = false;
    },
  });
}

/** Runs a sequence: 0, or the number of the node that refuses its input, −1 if it does not fit. */
function ran(engine: Engine, state: number, steps: Sequence): number {
  const run = engine.sequence(steps.count);
  try {
    const { memory } = engine.pool;
    if (!steps.read(0, steps.count, memory, run.inputs[0], true)) return -1;
    const refused = run.run(state);
    if (!refused) steps.write(0, run.steps, memory, run.output, run.steps);
    return refused;
  } finally {
    run.release();
  }
}

function through(engine: Engine, state: number, frames: Frames): Frames {
  const sequence = sequenceOf(frames);
  const refused = ran(engine, state, sequence);
  if (refused) refuseInput(engine, refused, 0);
  return sequence.output();
}

/** Frames as vectors to step, and those that come of them: at first none. */
export function sequenceOf(
  { data, count, size }: Frames,
  outputSize = size,
): Sequence & { output(): Frames } {
  let output: Frames = { data: new Float32Array(0), count: 0, size: outputSize };
  return {
    count,
    output: () => output,
    read(first, some, memory, { at, stride, size: expected }, isChecked) {
      if (expected !== size) return false;
      for (let t = 0; t < some; t++) {
        for (let i = 0; i < size; i++) {
          const x = data[(first + t) * size + i];
          memory[at + t * stride + i] = x;
          // Infinity − Infinity and NaN − NaN are NaN.
          if (!isChecked && x - x !== 0) return false;
        }
      }
      return true;
    },
    write(first, some, memory, { at, stride, size: length }, total) {
      if (first === 0) {
        output = { data: new Float32Array(total * length), count: total, size: length };
      }
      for (let t = 0; t < some; t++) {
        const from = at + t * stride;
        output.data.set(memory.subarray(from, from + length), (first + t) * length);
      }
    },
  };
}
