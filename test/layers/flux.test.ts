import { from } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { NdView } from '../../src/arrays/ndarray.js';
import { chain, dense, lstm, recur, rnn, rnnCell, stateful } from '../../src/index.js';
import { emitted } from '../laws/nets.js';

// What Flux's guide to recurrent models shows, a row of the contract's table a test.

const seeded = { seed: 1 };
const W = [0.1, -0.2, 0.3, -0.4];
const b = [0.5, -0.5];

/** Flux's hand-written cell: h = tanh.(Wi * x .+ Wh * h .+ b); return h, h. */
function handWritten(h: number[], x: number) {
  const next = h.map((_, i) => Math.tanh(W[i] * x + W[2] * h[0] + W[3] * h[1] + b[i]));
  return [next, next] as const;
}

const linear = rnnCell(1, 1, {
  activation: 'identity',
  params: { weightIh: [5], weightHh: [4], biasIh: [0], biasHh: [0] },
});

test('a hand-written rnn(h, x) that returns h, h is a cell as it is', () => {
  const [h1] = handWritten([0, 0], 2);
  const [h2] = handWritten(h1, 3);
  expect(emitted(recur(handWritten, { initialState: [0, 0] }), [2, 3])).toEqual([h1, h2]);
});

test('h, y = cell(h, x)', () => {
  const cell = rnnCell(10, 5, seeded);
  const x = Float32Array.from({ length: 10 }, (_, i) => i / 10);
  const [h, y] = cell(undefined, x);
  expect(y).toHaveLength(5);
  expect(y).toEqual(h);
  const [, next] = cell(h, x);
  expect(next).not.toEqual(y);
});

describe('Recur(rnn, h)', () => {
  const accum = (h: number, x: number) => [h + x, x] as const;

  test('is an operator: recur(rnn, { initialState: h })', () => {
    const sums = (h: number, x: number) => [h + x, h + x] as const;
    expect(emitted(recur(sums, { initialState: 5 }), [2, 3])).toEqual([7, 10]);
  });

  test("is a callable object: Flux's accum ends at the sum of what it was given", () => {
    const m = stateful(accum, { initialState: 0 });
    expect([m(2), m(3)]).toEqual([2, 3]);
    expect(m.state).toBe(5);
    m.reset();
    expect(m.state).toBe(0);
    expect(m.map([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(m.state).toBe(55);
  });
});

test('m(x), m.state and reset!(m)', () => {
  const m = stateful(rnn(10, 5, seeded));
  const x = new Float32Array(10).fill(0.5);
  expect(m.state).toEqual(new Float32Array(5));
  const y = m(x);
  expect(m.state).toEqual(y);
  m(x);
  expect(m.state).not.toEqual(y);
  m.reset();
  expect(m.state).toEqual(new Float32Array(5));
  expect(m(x)).toEqual(y);
});

test('RNN(10, 5) prints Recur(RNNCell(10, 5, tanh))', () => {
  expect(String(rnn(10, 5))).toBe('Recur(RNNCell(10, 5, tanh))');
  expect(`${rnn(10, 5)}`).toBe('Recur(RNNCell(10, 5, tanh))');
  expect(String(stateful(rnn(10, 5)))).toBe('Recur(RNNCell(10, 5, tanh))');
});

test('a chain prints its members', () => {
  const model = chain(lstm(10, 15), dense(15, 5));
  expect(String(model)).toBe('Chain(Recur(LSTMCell(10, 15)), Dense(15, 5))');
});

test('m.(seq) steps once for each element, in order', () => {
  const layer = rnn(1, 2, seeded);
  const seq = [[1], [-1], [2]];
  const one = stateful(layer);
  const wanted = seq.map(x => one(x));
  expect(stateful(layer).map(seq)).toEqual(wanted);
  const outputs: Float32Array[] = [];
  from(seq)
    .pipe(layer)
    .subscribe(y => outputs.push(y));
  expect(outputs).toEqual(wanted);
});

test('Chain(LSTM(10, 15), Dense(15, 5)) takes 10 numbers, gives 5 and keeps its state', () => {
  const m = stateful(chain(lstm(10, 15, seeded), dense(15, 5, seeded)));
  const x = new Float32Array(10).fill(1);
  const first = m(x);
  expect(first).toHaveLength(5);
  expect(m(x)).not.toEqual(first);
  m.reset();
  expect(m(x)).toEqual(first);
});

test('a batch is a features × batch matrix, and each column is its own stream', () => {
  const layer = lstm(2, 3, seeded);
  const columns = [
    [1, 2],
    [-1, 0.5],
  ];
  const batch = new NdView(Float32Array.of(1, -1, 2, 0.5), [2, 2]);
  const y = stateful(layer)(batch);
  expect(y.shape).toEqual([3, 2]);
  for (const [j, x] of columns.entries()) {
    const alone = stateful(layer)(x);
    expect([0, 1, 2].map(i => y.get(i, j))).toEqual([...alone]);
  }
});

test('a linear RNN with Wi = 5, Wh = 4, b = 0 and h0 = 7 over [2, 3] ends at 167', () => {
  // 5·2 + 4·7 = 38; 5·3 + 4·38 = 167
  expect(emitted(recur(linear, { initialState: [7] }), [2, 3])).toEqual([
    Float32Array.of(38),
    Float32Array.of(167),
  ]);
  const m = stateful(linear, { initialState: 7 });
  m.map([2, 3]);
  expect(m.state).toEqual(Float32Array.of(167));
});

test('calling twice with the same x gives different y', () => {
  const x = [0.5];
  for (const layer of [rnn(1, 3, seeded), lstm(1, 3, seeded)]) {
    const m = stateful(layer);
    expect(m(x)).not.toEqual(m(x));
  }
});

test('an omitted state equals zeros', () => {
  const x = [0.5, -0.5];
  const cell = rnnCell(2, 3, seeded);
  expect(cell(undefined, x)).toEqual(cell([0, 0, 0], x));
  const layer = lstm(2, 3, seeded);
  const zeros = { h: [0, 0, 0], c: [0, 0, 0] };
  expect(layer.cell(undefined, x)).toEqual(layer.cell(zeros, x));
  expect(emitted(layer, [x, x])).toEqual(emitted(recur(layer, { initialState: zeros }), [x, x]));
});

test('the initial state is never altered', () => {
  const initialState = Float32Array.of(7);
  const m = stateful(linear, { initialState });
  const model = recur(linear, { initialState });
  for (let run = 0; run < 3; run++) {
    m.map([2, 3]);
    emitted(model, [2, 3]);
    linear(initialState, 2);
    m.reset();
    expect(m.state).toEqual(Float32Array.of(7));
    expect(initialState).toEqual(Float32Array.of(7));
    expect(model.initialState()).toEqual(Float32Array.of(7));
  }
});
