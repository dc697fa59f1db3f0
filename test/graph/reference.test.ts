import { expect, test } from 'vitest';
import {
  chainCell,
  defineCell,
  denseCell,
  gruCell,
  lstmCell,
  RecurError,
  reference,
  rnnCell,
  stateful,
} from '../../src/core.js';

/**
 * An LSTM 1→1 by hand, x = 1, h = 0.5, c = −1, all parameters exact in float32:
 *   i  = σ(0.5·1 + 0.25·0.5 + 0.125)       = σ(0.75)  = 0.679178699175393
 *   f  = σ(−1·1 + 0.5·0.5 + 0.75 + 0.25)   = σ(0.25)  = 0.5621765008857981
 *   g  = tanh(2·1 − 1·0.5 − 0.25 − 0.25)   = tanh(1)  = 0.7615941559557649
 *   o  = σ(0.75·1 + 0.5·0.5 − 2 + 0.5)     = σ(−0.5)  = 0.3775406687981454
 *   c' = f·(−1) + i·g                                 = −0.0449179727441803
 *   h' = o·tanh(c')                                   = −0.0169469654673559
 */
const handWorked = lstmCell(1, 1, {
  params: {
    weightIh: [0.5, -1, 2, 0.75],
    weightHh: [0.25, 0.5, -1, 0.5],
    biasIh: [0.125, 0.75, -0.25, -2],
    biasHh: [0, 0.25, -0.25, 0.5],
  },
});

test('one step of an LSTM 1→1 is what pencil and paper give', () => {
  const start = { h: Float64Array.of(0.5), c: Float64Array.of(-1) };
  const { state, y } = reference(handWorked)(start, [1]);
  expect(state.c[0]).toBeCloseTo(-0.0449179727441803, 15);
  expect(state.h[0]).toBeCloseTo(-0.0169469654673559, 15);
  expect(y).toEqual(state.h);
  const initialState = { h: [0.5], c: [-1] };
  const m = stateful(handWorked, { initialState, backend: 'portable' });
  expect(m([1])).toEqual(Float32Array.from(y));
  expect(m.state).toEqual({ h: Float32Array.from(state.h), c: Float32Array.from(state.c) });
  const [, answer] = handWorked(initialState, [1]);
  expect(answer[0]).toBeCloseTo(y[0], 7);
});

test('a linear RNN 1→1 with Wi = 5, Wh = 4, b = 0 and h = 7 is at 167 after 2 and 3', () => {
  const params = { weightIh: [5], weightHh: [4], biasIh: [0], biasHh: [0] };
  const cell = rnnCell(1, 1, { activation: 'identity', params });
  const step = reference(cell);
  const { state } = step({ h: Float64Array.of(7) }, [2]);
  expect(state.h[0]).toBe(38);
  expect(step(state, [3]).y[0]).toBe(167);
  expect(stateful(cell, { initialState: [7] }).map([[2], [3]])).toEqual([
    Float32Array.of(38),
    Float32Array.of(167),
  ]);
});

test('nothing is rounded to float32 between the parameters and the answer', () => {
  const cell = denseCell(2, 1, { params: { weight: [1, 2 ** -40], bias: [0] } });
  expect(reference(cell)({}, [1, 1]).y[0]).toBe(1 + 2 ** -40);
  expect(cell(undefined, [1, 1])[1][0]).toBe(1);
});

test('what is given is not altered, and what is returned shares nothing with it', () => {
  const step = reference(gruCell(2, 3, { seed: 1 }));
  const h = Float64Array.of(0.1, 0.2, 0.3);
  const x = Float64Array.of(1, 2);
  const one = step({ h }, x);
  const kept = one.state.h.slice();
  step(one.state, x);
  expect(h).toEqual(Float64Array.of(0.1, 0.2, 0.3));
  expect(x).toEqual(Float64Array.of(1, 2));
  expect(one.state.h).toEqual(kept);
  expect(one.state.h).not.toBe(h);
});

test('clip bounds what enters the slots', () => {
  const params = { weight: [1], bias: [0] };
  const step = reference(denseCell(1, 1, { clip: 0.5, params }));
  expect([-9, -0.25, 9].map(x => step({}, [x]).y[0])).toEqual([-0.5, -0.25, 0.5]);
});

test('states, outputs, vectors, scalars, constants and slots are told apart', () => {
  const make = defineCell(
    'Mine',
    `
    a  = half(W x) + v * s
    b' = b * k - a
    h' = U (b') + 1
    y  = -h' - -b`,
    {
      vectors: { v: 0 },
      scalars: { s: 0 },
      constants: { k: 3 },
      activations: { half: { name: 'affine', alpha: 0.5 } },
    },
  );
  const cell = make(1, 2, {
    k: 2,
    params: { weightIh: [2, 4], weightHh: [1, 0, 0, 10], v: [5, 7], s: 3 },
  });
  const { state, y } = reference(cell)({ h: Float64Array.of(0, 0), b: Float64Array.of(1, 2) }, [3]);
  // a = [3, 6] + [15, 21], b' = [2, 4] − a, h' = [1, 10] * b' + 1, y = −h' + b
  expect(state).toEqual({ h: Float64Array.of(-15, -229), b: Float64Array.of(-16, -23) });
  expect(y).toEqual(Float64Array.of(16, 231));
});

test('only one cell made of equations has a reference', () => {
  const run = () => reference(chainCell(rnnCell(1, 1), denseCell(1, 1)));
  expect(run).toThrow(RecurError);
  expect(run).toThrow('reference: expected a cell made of equations, got Chain(');
});
