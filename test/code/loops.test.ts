import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compiledEngine } from '../../src/code/compiled-engine.js';
import { type Engine, roomFor } from '../../src/code/engine.js';
import type { Model } from '../../src/code/model.js';
import type { Rows } from '../../src/code/places.js';
import { portableEngine } from '../../src/code/portable-engine.js';
import { lifted } from '../../src/code/sequences.js';
import { lstmCell } from '../../src/core.js';
import { backends } from '../../src/kernels/backends.js';
import { uniform } from '../golden/generate.js';
import {
  evaluateSequence,
  evaluateStep,
  largest,
  type Steps,
  zeroStates,
} from './evaluate-graph.js';
import { modelOf } from './models.js';
import { type Draw, ported, someSequences, someSteps } from './random-graphs.js';

const engineOf = (model: Model, backend: string): Engine =>
  backend === 'portable' ? portableEngine(model) : compiledEngine(model, backend as never);

/** Random models: `holds` draws its numbers. */
const forAll = (numRuns: number, holds: (draw: Draw) => void) =>
  fc.assert(
    fc.property(fc.gen(), gen => holds(most => gen(fc.nat, most))),
    { numRuns },
  );

/** So many steps of numbers in [−1, 1). */
const someInput = (seed: number, count: number, size: number): Steps =>
  Array.from({ length: count }, (_, t) => [...uniform(seed + t, size, 1)]);

/** States of a model, in [−0.5, 0.5). */
const someStates = (model: Model, seed: number): Steps =>
  zeroStates(model.graph).map((state, k) => [...uniform(seed + k, state.length, 0.5)]);

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

/** What an engine makes of whole sequences, or the number of the node that refuses. */
function through(engine: Engine, inputs: readonly Steps[], states: Steps): Steps | number {
  const { pool } = engine;
  const at = pool.take(1);
  const run = engine.sequence(inputs[0].length);
  try {
    writeStates(engine, at, states);
    for (const [k, steps] of inputs.entries()) write(engine, run.inputs[k], steps);
    return run.run(at) || read(engine, run.output, run.steps);
  } finally {
    run.release();
    pool.give(at, 1);
  }
}

/**
 * Within 4e-6 of the largest number; a model that enlarges differences, by what it makes of inputs
 * that are off by one rounding, `shaken`.
 */
function expectClose(
  got: Steps | number,
  wanted: Steps,
  what: string,
  shaken: Steps = wanted,
): void {
  expect(Array.isArray(got), `${what} refused by ${got}`).toBe(true);
  expect((got as Steps).map(step => step.length)).toEqual(wanted.map(step => step.length));
  const scale = Math.max(1, largest.value);
  for (const [t, step] of wanted.entries()) {
    for (const [i, value] of step.entries()) {
      const error = Math.abs((got as Steps)[t][i] - value);
      if (!(error <= 4e-6 * scale + 8 * Math.abs(shaken[t][i] - value)))
        expect.fail(`${what} [${t}][${i}]: ${(got as Steps)[t][i]}, not ${value}`);
    }
  }
}

const lengths = [0, 1, 2, 63, 64, 65, 200];

describe.each(backends())('%s', backend => {
  test('sequences of any length are what the model says', () => {
    forAll(150, draw => {
      const ports = Array.from({ length: 1 + draw(1) }, () => 1 + draw(4));
      const model = someSequences(draw, ports, 1);
      const engine = engineOf(model, backend);
      const states = someStates(model, draw(1000));
      for (const count of [lengths[draw(6)], draw(12)]) {
        const inputs = ports.map(size => someInput(draw(1000), count, size));
        const rounded = (v: number) => v * (1 + 2 ** -24);
        const near = inputs.map(steps => steps.map(step => step.map(rounded)));
        const shaken = evaluateSequence(model, near, states);
        largest.value = 0;
        const wanted = evaluateSequence(model, inputs, states);
        expectClose(through(engine, inputs, states), wanted, `${count} steps`, shaken);
      }
      engine.release?.();
    });
  });

  test('steps and states are what the model says, with sequences in it and in those', () => {
    forAll(150, draw => {
      const ports = Array.from({ length: 1 + draw(1) }, () => [1, 4, 6, 12, 24, 130][draw(5)]);
      const model = someSteps(draw, ports, 2);
      const engine = engineOf(model, backend);
      const { pool } = engine;
      const at = pool.take(2);
      let states = someStates(model, draw(1000));
      writeStates(engine, at, states);
      for (let t = 0, [now, next] = [at, at + pool.block]; t < 3; t++, [now, next] = [next, now]) {
        const x = ports.map(size => [...uniform(draw(1000), size, 1)]);
        largest.value = 0;
        const wanted = evaluateStep(model, x, states);
        for (const [k, v] of x.entries()) write(engine, engine.inputs[k], [v]);
        expect(engine.step(now, next)).toBe(0);
        expectClose(read(engine, engine.output, 1), [wanted.y], `step ${t}`);
        expectClose(readStates(engine, next, states), wanted.next, `states after step ${t}`);
        states = wanted.next;
      }
      pool.give(at, 2);
      engine.release?.();
    });
  });

  test('streams, and steps in one call, are the single steps to the bit', () => {
    forAll(100, draw => {
      const ports = Array.from({ length: 1 + draw(1) }, () => [1, 4, 6, 12, 24, 130][draw(5)]);
      const model = someSteps(draw, ports, 2);
      const engine = engineOf(model, backend);
      const { pool, output, inputs } = engine;
      const { block } = pool;
      const count = Math.min(engine.room, [1, 2, 5, 63, 64][draw(4)]);
      const xs = ports.map(size => someInput(draw(1000), count, size));
      const start = someStates(model, draw(1000));
      const base = pool.take(3 + 2 * count);
      const single = (from: number, to: number, t: number) => {
        for (const [k, steps] of xs.entries()) write(engine, inputs[k], [steps[t]]);
        expect(engine.step(from, to)).toBe(0);
        return [...read(engine, output, 1), ...readStates(engine, to, start)];
      };
      const writeAll = () => {
        for (const [k, steps] of xs.entries()) write(engine, inputs[k], steps);
      };

      writeStates(engine, base, start);
      const one: Steps[] = [];
      for (let t = 0, from = base, to = base + block; t < count; t++) {
        one.push(single(from, to, t));
        [from, to] = [to, to === base + block ? base + 2 * block : base + block];
      }
      writeAll();
      expect(engine.steps(base, base + block, base + 2 * block, count)).toBe(0);
      expect(read(engine, output, count)).toEqual(one.map(([y]) => y));
      const last = base + (count % 2 ? 1 : 2) * block;
      expect(readStates(engine, last, start)).toEqual(one[count - 1].slice(1));
      expect(readStates(engine, base, start)).toEqual(start);

      // Streams that begin alike, each with another input: alone, each is a single step.
      const streams = base + 3 * block;
      for (let j = 0; j < count; j++) writeStates(engine, streams + j * block, start);
      writeAll();
      expect(engine.streams(streams, streams + count * block, count)).toBe(0);
      const ys = read(engine, output, count);
      for (let j = 0; j < count; j++) {
        const after = readStates(engine, streams + (count + j) * block, start);
        expect([ys[j], ...after]).toEqual(single(base, base + block, j));
      }
      pool.give(base, 3 + 2 * count);
      engine.release?.();
    });
  });

  test('a number of steps that is known is worth the same bits as one that is not', () => {
    forAll(60, draw => {
      const count = [1, 2, 9, 63, 64, 65, 200][draw(6)];
      const width = 1 + draw(4);
      const inner = someSequences(draw, [width], 1);
      const zero = zeroStates(inner.graph);
      const input = someInput(draw(1000), count, width);
      const whole = engineOf(inner, backend);
      const wanted = through(whole, [input], zero) as Steps;
      whole.release?.();
      if (!wanted.length) return;
      const builder = ported([count * width]);
      const body = builder.body(inner, '');
      const size = wanted.length * wanted[0].length;
      const own = { op: 'sequence', steps: count, of: [0], size, where: 'window' } as const;
      const engine = engineOf(builder.model(builder.add({ ...own, body })), backend);
      const at = engine.pool.take(1);
      write(engine, engine.inputs[0], [input.flat()]);
      expect(engine.step(at, at)).toBe(0);
      expect(read(engine, engine.output, 1)).toEqual([wanted.flat()]);
      engine.pool.give(at, 1);
      engine.release?.();
    });
  });

  test('more turns than there is room for keep a state each, over calls', () => {
    // Each turn answers its input and the one before.
    const turns = 150;
    const delay = ported([1]);
    const input = { from: 0, at: 0, to: 1, count: 1 };
    const held = { from: -1, at: 0, to: 0, count: 1 };
    const moves = [input, held];
    const both = delay.add({ op: 'move', moves, state: 1, of: [0], size: 2, where: 'delay' });
    const model = inEach(delay.model(both), turns, 2);
    const engine = engineOf(model, backend);
    const { pool, inputs, output } = engine;
    expect(engine.states).toHaveLength(turns);
    const at = pool.take(2);
    const xs = [1, 2, 3].map(k => Array.from({ length: turns }, (_, t) => k * 1000 + t));
    for (const [k, x] of xs.entries()) {
      write(engine, inputs[0], [x]);
      const [now, next] = [at + (k % 2) * pool.block, at + ((k + 1) % 2) * pool.block];
      expect(engine.step(now, next)).toBe(0);
      const wanted = x.flatMap((v, t) => [k ? xs[k - 1][t] : 0, v]);
      expect(read(engine, output, 1)).toEqual([wanted]);
    }
    pool.give(at, 2);
    engine.release?.();
  });

  test('a state goes on from turns that there is room for to the next, of odd numbers too', () => {
    // Room is for 2¹⁸ / (5100 + 2) vectors, which is 51. Each step answers its first number and the
    // one before.
    const delay = ported([5100]);
    const input = { from: 0, at: 0, to: 1, count: 1 };
    const held = { from: -1, at: 0, to: 0, count: 1 };
    const own = { moves: [input, held], state: 1, of: [0], size: 2, where: 'delay' };
    const model = delay.model(delay.add({ op: 'move', ...own }));
    expect(roomFor(model.graph)).toBe(51);
    const engine = engineOf(lifted(model), backend);
    for (const count of [50, 51, 52, 102, 153, 160]) {
      const input = Array.from({ length: count }, (_, t) => [t + 1]);
      const wanted = input.map(([x]) => [x === 1 ? 0.5 : x - 1, x]);
      expect(through(engine, [input], [[0.5]])).toEqual(wanted);
    }
    engine.release?.();
  });

  test('a sequence longer than scratch has room of its own, and gives it back', () => {
    const model = lifted(modelOf(lstmCell(3, 4, { seed: 1 })));
    const engine = engineOf(model, backend);
    const { heap } = engine.pool;
    const count = 2 ** 20 / 4;
    const steps = someInput(1, 200, 3);
    const input = Array.from({ length: count }, (_, t) => steps[t % 200]);
    const states = someStates(model, 7);
    const before = heap.regions;
    const short = engine.sequence(200);
    expect(heap.regions).toBe(before);
    short.release();
    const long = engine.sequence(count);
    expect(heap.regions).toBe(before + 1);
    long.release();
    expect(heap.regions).toBe(before);
    const got = through(engine, [input], states) as Steps;
    expect(heap.regions).toBe(before);
    expect(got).toHaveLength(count);
    expect(got.slice(0, 200)).toEqual(through(engine, [steps], states));
    // Again 200 steps later: the state has forgotten where it began.
    expect(got.slice(-144)).toEqual(got.slice(-344, -200));
    engine.release?.();
  });

  test('the port whose number is not finite is refused by the first node that reads it', () => {
    const builder = ported([4, 1]);
    const body = builder.body(lifted(modelOf(lstmCell(2, 2, { seed: 1 }))), 'window.');
    const own = { op: 'sequence', steps: 2, of: [0], size: 4, where: 'window' } as const;
    builder.add({ ...own, body });
    const cell = builder.inline(modelOf(lstmCell(1, 4, { seed: 1 })), [1], 'beside.');
    const join = { op: 'add', of: [cell - 1, cell], size: 4, where: 'sum' } as const;
    const engine = engineOf(builder.model(builder.add(join)), backend);
    const at = engine.pool.take(2);
    const whereOf = (x: readonly number[], z: number) => {
      write(engine, engine.inputs[0], [x]);
      write(engine, engine.inputs[1], [[z]]);
      const number = engine.step(at, at + engine.pool.block);
      return number && engine.reader(number).node.where;
    };
    expect(whereOf([1, 2, 3, 4], 5)).toBe(0);
    expect(whereOf([1, 2, 3, Infinity], 5)).toBe('window');
    expect(whereOf([1, 2, 3, 4], Number.NaN)).toBe('beside.lstm');
    engine.pool.give(at, 2);
    engine.release?.();
  });
});

/** A vector of so many turns of one feature each, every turn with states of its own. */
function inEach(model: Model, turns: number, size: number): Model {
  const whole = ported([1]);
  const body = whole.body(model, '');
  const loop = whole.add({ op: 'loop', body, each: true, of: [0], size, where: 'loop' });
  const builder = ported([turns]);
  const own = { op: 'sequence', steps: turns, of: [0], size: turns * size, where: '' } as const;
  return builder.model(builder.add({ ...own, body: builder.body(whole.ofSequences(loop), '') }));
}
