import { describe, expect, test } from 'vitest';
import {
  bidirectional,
  causalConv1d,
  chain,
  dense,
  each,
  gru,
  lstm,
  mapSequences,
  parallel,
  read,
  recur,
  skip,
  stateful,
  tap,
} from '../../src/index.js';
import { uniform } from '../golden/generate.js';

/** Layers from 3 features. */
const models = {
  gru: () => gru(3, 4, { seed: 1 }),
  lstm: () => lstm(3, 4, { seed: 2 }),
  chain: () => chain(dense(3, 2, { seed: 3 }), gru(2, 4, { seed: 4 }), dense(4, 1, { seed: 5 })),
  nested: () =>
    chain(chain(gru(3, 4, { seed: 6 }), lstm(4, 2, { seed: 7 })), dense(2, 2, { seed: 8 })),
  branches: () => chain(parallel('concat', gru(3, 2, { seed: 9 }), dense(3, 2, { seed: 1 }))),
  around: () => chain(skip(gru(3, 3, { seed: 2 }), 'add'), lstm(3, 2, { seed: 3 })),
  tapped: () =>
    chain(tap('x'), tap('y', gru(3, 4, { seed: 4 })), read('y', 'x'), gru(7, 2, { seed: 5 })),
  causal: () => causalConv1d(3, 2, 3, { seed: 6 }),
  'tapped rows': () =>
    each(3, chain(tap('x'), gru(1, 2, { seed: 1 }), read('x'), dense(1, 1, { seed: 2 }))),
  rows: () => chain(each(3, gru(1, 2, { seed: 7 })), dense(6, 2, { seed: 8 })),
};

describe.each(Object.entries(models))('mapSequences of %s', (_, make) => {
  const model = make() as ReturnType<typeof gru>;
  const xs = Array.from({ length: 90 }, (_, t) => uniform(t, 3, 1));
  const hidden = (t: number) => t % 7 === 0 || (t > 20 && t < 30);

  test('is the same with a function behind it, which is run step by step', () => {
    const mask = (_: Float32Array, t: number) => hidden(t);
    const [inOneCall] = mapSequences(model, [xs], { mask });
    const stepByStep = chain(model, (y: Float32Array) => y.slice());
    const [apart] = mapSequences(stepByStep as never as typeof model, [xs], { mask });
    expect(inOneCall.outputs).toEqual(apart.outputs);
    expect(inOneCall.state).toEqual((apart.state as unknown as unknown[])[0]);
  });

  test('without hidden steps is the stream, to its state', () => {
    const [{ outputs, state }] = mapSequences(model, [xs], { mask: () => false });
    const m = stateful(model);
    expect(outputs).toEqual(m.map(xs));
    expect(state).toEqual(m.state);
  });
});

test('a hidden step keeps the state and repeats the output', () => {
  const model = gru(1, 2, { seed: 1 });
  const [{ outputs, state }] = mapSequences(model, [[[1], [9], [2], [9]]], { mask: 9 });
  const m = stateful(model);
  const [first, second] = [m(1), m(2)];
  expect(outputs).toEqual([first, first, second, second]);
  expect(state).toEqual(m.state);
});

test('branches and rows without states run as ever at hidden steps', () => {
  const double = dense(1, 1, { params: { weight: [2], bias: [0] } });
  const branches = chain(parallel('concat', double, double), each(2, skip(double, 'add')));
  const withFunction = chain(branches, (y: Float32Array) => y.slice());
  for (const model of [branches, withFunction as never as typeof branches]) {
    const [{ outputs }] = mapSequences(model, [[[1], [2], [3]]], { mask: (_, t) => t !== 1 });
    expect(outputs.map(([a, b]) => [a, b])).toEqual([
      [6, 6],
      [12, 12],
      [18, 18],
    ]);
  }
});

test('a plain recurrent function repeats what it answered, and has nothing to repeat at first', () => {
  const count = recur((n: number, _: Float32Array) => [n + 1, Float32Array.of(n)], {
    initialState: 0,
  });
  const model = chain(gru(1, 2), count as never) as never as ReturnType<typeof gru>;
  const xs = [[1], [2], [3]];
  const [{ outputs }] = mapSequences(model, [xs], { mask: (_, t) => t === 1 });
  expect(outputs.map(y => [...y])).toEqual([[0], [0], [1]]);
  expect(() => mapSequences(model, [xs], { mask: (_, t) => t === 0 })).toThrow(
    'sequences[0].[0].chain[1].function: expected a first step that counts, got a masked one; ' +
      'how long its outputs are is not known before its first step',
  );
});

test('plain functions of mapSequences take vectors of any length, and answer anything', () => {
  const layer = dense(3, 1, { params: { weight: [1, 1, 1], bias: [0] } });
  const double = (x: Float32Array) => x.map(v => 2 * v);
  const first = chain(double, layer) as never as typeof layer;
  const sequence = { data: [1, 4, 2, 5, 3, 6], shape: [3, 2], stride: [2, 1], offset: 0 };
  for (const given of [
    sequence,
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
  ]) {
    const [{ outputs }] = mapSequences(first, [given]);
    expect(outputs.map(y => [...y])).toEqual([[12], [30]]);
  }
  const last = chain(layer, (y: Float32Array) => y[0]) as never as typeof layer;
  const [{ outputs }] = mapSequences(last, [
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
  ]);
  expect(outputs).toEqual([6, 15]);
  const both = bidirectional(first, 'add', first);
  expect(
    stateful(both)
      .map([
        [1, 2, 3],
        [4, 5, 6],
      ])
      .map(y => [...y]),
  ).toEqual([[24], [60]]);
});

test('mapSequences names the layer and the step that refuse an input', () => {
  expect(() => mapSequences(chain(gru(1, 1), dense(1, 1)), [[[1], [2, 3]]])).toThrow(
    'sequences[0].[1].chain[0].gru.x: expected [1] or [1, batch], got [2]',
  );
});
