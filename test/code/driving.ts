import fc from 'fast-check';
import { expect } from 'vitest';
import { compiledEngine } from '../../src/code/compiled-engine.js';
import type { Engine } from '../../src/code/engine.js';
import type { Model } from '../../src/code/model.js';
import type { Rows } from '../../src/code/places.js';
import { portableEngine } from '../../src/code/portable-engine.js';
import type { Steps } from './evaluate-graph.js';
import type { Draw } from './random-graphs.js';

export const engineOf = (model: Model, backend: string): Engine =>
  backend === 'portable' ? portableEngine(model) : compiledEngine(model, backend as never);

/** Random cases: `holds` draws its numbers. */
export const forAll = (numRuns: number, holds: (draw: Draw) => void) =>
  fc.assert(
    fc.property(fc.gen(), gen => holds(most => gen(fc.nat, most))),
    { numRuns },
  );

const write = ({ pool }: Engine, { at, stride }: Rows, steps: Steps) => {
  for (const [t, step] of steps.entries()) pool.memory.set(step, at + t * stride);
};
const read = ({ pool }: Engine, { at, stride, size }: Rows, count: number): Steps =>
  Array.from({ length: count }, (_, t) => [
    ...pool.memory.subarray(at + t * stride, at + t * stride + size),
  ]);
const writeStates = (engine: Engine, at: number, states: Steps) => {
  expect(engine.states).toHaveLength(states.length);
  for (const [k, state] of states.entries()) engine.pool.memory.set(state, at + engine.states[k]);
};
const readStates = (engine: Engine, at: number, like: Steps): Steps =>
  like.map((state, k) => {
    const from = at + engine.states[k];
    return [...engine.pool.memory.subarray(from, from + state.length)];
  });

/** What a model makes of some steps: its answers, and the states after the last one. */
export interface Made {
  readonly ys: Steps;
  readonly states: Steps;
}

/**
 * One step after another, each input's in `inputs[port][step]`; throws the number of who refuses.
 */
export function oneByOne(engine: Engine, inputs: readonly Steps[], start: Steps): Made {
  const { pool } = engine;
  const at = pool.take(2);
  let [now, next] = [at, at + pool.block];
  writeStates(engine, now, start);
  const ys = inputs[0].map((_, t) => {
    for (const [k, steps] of inputs.entries()) write(engine, engine.inputs[k], [steps[t]]);
    expect(engine.step(now, next)).toBe(0);
    [now, next] = [next, now];
    return read(engine, engine.output, 1)[0];
  });
  const states = readStates(engine, now, start);
  pool.give(at, 2);
  return { ys, states };
}

/** All steps in one call, and as streams that begin alike, are the single steps to the bit. */
export function expectSameBits(engine: Engine, inputs: readonly Steps[], start: Steps): void {
  const { pool } = engine;
  const { block } = pool;
  const all = Math.min(engine.room, inputs[0].length);
  const some = inputs.map(steps => steps.slice(0, all));
  const writeAll = () => {
    for (const [k, steps] of some.entries()) write(engine, engine.inputs[k], steps);
  };
  const wanted = oneByOne(engine, some, start);
  const at = pool.take(3);
  writeStates(engine, at, start);
  writeAll();
  expect(engine.steps(at, at + block, at + 2 * block, all)).toBe(0);
  const last = at + (all % 2 ? 1 : 2) * block;
  const got = { ys: read(engine, engine.output, all), states: readStates(engine, last, start) };
  expect(got).toEqual(wanted);
  pool.give(at, 3);

  const alone = some[0].map((_, t) =>
    oneByOne(
      engine,
      some.map(steps => [steps[t]]),
      start,
    ),
  );
  const streams = pool.take(2 * all);
  for (let j = 0; j < all; j++) writeStates(engine, streams + j * block, start);
  writeAll();
  expect(engine.streams(streams, streams + all * block, all)).toBe(0);
  const ys = read(engine, engine.output, all);
  for (const [j, one] of alone.entries()) {
    const states = readStates(engine, streams + (all + j) * block, start);
    expect({ ys: [ys[j]], states }).toEqual(one);
  }
  pool.give(streams, 2 * all);
}

/** A graph of sequences on whole ones; its states are those of the block afterwards. */
export function throughSequence(engine: Engine, inputs: readonly Steps[], start: Steps): Made {
  const { pool } = engine;
  const at = pool.take(1);
  const run = engine.sequence(inputs[0].length);
  writeStates(engine, at, start);
  for (const [k, steps] of inputs.entries()) write(engine, run.inputs[k], steps);
  expect(run.run(at)).toBe(0);
  const made = { ys: read(engine, run.output, run.steps), states: readStates(engine, at, start) };
  run.release();
  pool.give(at, 1);
  return made;
}

/** The largest difference of two lists of vectors, beside the largest number of the second one. */
export function errorOf(got: Steps, wanted: Steps): number {
  expect(got.map(step => step.length)).toEqual(wanted.map(step => step.length));
  const scale = Math.max(1, ...wanted.flat().map(Math.abs));
  return (
    Math.max(0, ...wanted.flatMap((step, t) => step.map((v, i) => Math.abs(got[t][i] - v)))) / scale
  );
}
