import type { NdArray } from '../arrays/ndarray.js';
import type { Engine } from '../code/engine.js';
import { mismatch } from '../errors.js';
import type { Frames } from './frames.js';
import { firstIn, refuseInput } from './inputs.js';
import type { Machine, StartOptions } from './machine.js';
import {
  type Blocks,
  type GivenState,
  layOut,
  readState,
  type StateShape,
  writeState,
} from './state.js';
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
  parts: Pick<WholeMachine, 'whole' | 'state' | 'release'>,
): WholeMachine {
  const none = () => {};
  const machine: WholeMachine = {
    ...parts,
    batch: null,
    step() {
      const expected = 'a whole sequence: map(sequence), chunks: true or a window';
      throw mismatch(where, expected, 'one step of a stream', why);
    },
    chunk: (cell, steps) =>
      wholeChunk(cell as Sized, machine, steps as readonly unknown[] | NdArray),
    commit: none,
    rollback: none,
    follow: none,
  };
  return machine;
}

/** Runs an engine's graph of sequences, one call each. */
export function engineSequences(
  engine: Engine,
  shape: StateShape,
  why: string,
  initial: unknown,
  origin: StartOptions,
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
  return wholeMachine(firstIn(engine.model), why, {
    whole: steps => through(engine, at, steps),
    state: () => writeState(shape, blocks(), 0),
    release() {
      if (isThere) pool.give(at, 1);
      isThere = false;
    },
  });
}

function through(engine: Engine, state: number, { data, count, size }: Frames): Frames {
  const run = engine.sequence(count);
  try {
    const { memory } = engine.pool;
    const [input] = run.inputs;
    for (let t = 0; t < count; t++) {
      const to = input.at + t * input.stride;
      for (let i = 0; i < size; i++) memory[to + i] = data[t * size + i];
    }
    const refused = run.run(state);
    if (refused) refuseInput(engine, refused, 0);
    const { at, stride, size: width } = run.output;
    const output = new Float32Array(run.steps * width);
    for (let t = 0; t < run.steps; t++) {
      const from = at + t * stride;
      output.set(memory.subarray(from, from + width), t * width);
    }
    return { data: output, count: run.steps, size: width };
  } finally {
    run.release();
  }
}
