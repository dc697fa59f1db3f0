import { expect, test } from 'vitest';
import { engines } from '../../src/code/engines.js';
import { move } from '../../src/code/rows.js';
import { defineCell, type ReferenceState, reference } from '../../src/core.js';
import { backends } from '../../src/kernels/backends.js';
import { cellModel } from '../../src/streams/cell.js';
import { specOf } from '../cells/kinds.js';
import { uniform } from '../golden/generate.js';

const cell = defineCell(
  'Masked',
  `
  a' = a + rate * (x - a)
  k  = σ(W_k d + n + U_k h)
  h' = k * h + (1 - k) * φ(W_h (m * a'))
  `,
  {
    inputs: { x: 'input', m: 'input', d: 'elapsed', n: 'hidden' },
    sizes: { a: 'input' },
    constants: { rate: 0.5 },
  },
)({ x: 5, m: 5, d: 3, n: 7 }, 7, { seed: 1 });

/** Inputs of one step of a stream, in the order of the declaration. */
const eventAt = (t: number) => ({
  x: uniform(10 + t, 5, 1),
  m: uniform(30 + t, 5, 1),
  d: uniform(50 + t, 3, 1),
  n: uniform(70 + t, 7, 1),
});

test.each(backends())('a program on %s reads each input at a place of its own', backend => {
  const engine = engines(cellModel(specOf(cell), 'masked')).get(backend);
  const { pool, inputs, output } = engine;
  const step = reference(cell);
  const streams = 3;
  let [now, next] = [pool.take(streams), pool.take(streams)];
  let states = Array.from({ length: streams }, () => ({
    h: new Float64Array(7),
    a: new Float64Array(5),
  }));
  for (let t = 0; t < 5; t++) {
    const events = states.map((_, s) => eventAt(20 * t + s));
    for (const [s, event] of events.entries()) {
      for (const [k, values] of Object.values(event).entries()) {
        pool.memory.set(values, inputs[k].at + s * inputs[k].stride);
      }
    }
    expect(engine.streams(now, next, streams)).toBe(0);
    const wanted = states.map((state, s) => step(state, events[s]));
    for (const [s, { y }] of wanted.entries()) {
      for (const [i, value] of y.entries()) {
        expect(pool.memory[output.at + s * output.stride + i]).toBeCloseTo(value, 5);
      }
    }
    states = wanted.map(({ state }) => state) as never;
    [now, next] = [next, now];
  }
});

test.each(backends())(
  'a program on %s refuses numbers that are not finite in any input',
  backend => {
    const engine = engines(cellModel(specOf(cell), 'masked')).get(backend);
    const { pool, inputs } = engine;
    const [now, next] = [pool.take(1), pool.take(1)];
    for (const wrong of inputs) {
      for (const [k, values] of Object.values(eventAt(1)).entries()) {
        pool.memory.set(values, inputs[k].at);
      }
      expect(engine.step(now, next)).toBe(0);
      pool.memory[wrong.at] = Number.NaN;
      // The number of the cell: four ports come before it.
      expect(engine.step(now, next)).toBe(5);
    }
  },
);

test.each(backends())('a program on %s answers each output at a place of its own', backend => {
  const two = defineCell('Two', "h' = φ(W_h x + U_h h)\nz  = V_z h'\ng = -h'", {
    outputs: ['z', 'g', 'h'],
  })(4, 6, { projectionSize: 3, seed: 2 });
  const engine = engines(cellModel(specOf(two), 'two', move)).get(backend);
  const { pool, inputs, outputs } = engine;
  const [now, next] = [pool.take(2), pool.take(2)];
  const events = [uniform(1, 4, 1), uniform(2, 4, 1)];
  for (const [s, x] of events.entries()) pool.memory.set(x, inputs[0].at + s * inputs[0].stride);
  expect(engine.streams(now, next, 2)).toBe(0);
  expect(outputs.map(({ size }) => size)).toEqual([3, 6, 6]);
  for (const [s, x] of events.entries()) {
    const { y } = reference(two)({ h: new Float64Array(6) }, x);
    for (const [k, name] of (['z', 'g', 'h'] as const).entries()) {
      const at = outputs[k].at + s * outputs[k].stride;
      for (const [i, value] of y[name].entries()) {
        expect(pool.memory[at + i]).toBeCloseTo(value, 6);
      }
    }
  }
});

test.each(backends())(
  'a program on %s reads the steps of each input one after another',
  backend => {
    const engine = engines(cellModel(specOf(cell), 'masked')).get(backend);
    const { pool, inputs, output } = engine;
    const [now, next, spare] = [pool.take(1), pool.take(1), pool.take(1)];
    const events = Array.from({ length: 6 }, (_, t) => eventAt(t));
    for (const [t, event] of events.entries()) {
      for (const [k, values] of Object.values(event).entries()) {
        pool.memory.set(values, inputs[k].at + t * inputs[k].stride);
      }
    }
    expect(engine.steps(now, next, spare, events.length)).toBe(0);
    const step = reference(cell);
    let state: ReferenceState = { h: new Float64Array(7), a: new Float64Array(5) };
    for (const [t, event] of events.entries()) {
      const { state: after, y } = step(state, event);
      for (const [i, value] of y.entries()) {
        expect(pool.memory[output.at + t * output.stride + i]).toBeCloseTo(value, 5);
      }
      state = after;
    }
  },
);
