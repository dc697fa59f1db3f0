import { EMPTY, from, type Observable } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { NdView } from '../../src/arrays/ndarray.js';
import {
  bidirectional,
  chain,
  conv1d,
  dense,
  embedding,
  forecast,
  frame,
  gru,
  overlapAdd,
  recurBy,
  rnn,
  stateful,
  stepper,
  telemetry,
  window,
} from '../../src/index.js';
import { backends } from '../../src/kernels/backends.js';
import type { WithCell } from '../../src/streams/members.js';
import { sameBits } from '../laws/bits.js';
import { emitted, recurOf } from '../laws/nets.js';
import { messageOf } from './models.js';

// The words that meet what no layer can take.

type Operator = (source: unknown) => Observable<unknown>;
describe('an operator that is called with data', () => {
  const layer = gru(2, 2);
  const data = 'for data, m = stateful(model): m(x), m.map(steps)';
  const operators: Record<string, [operator: unknown, where: string, hint: string]> = {
    'a layer': [layer, 'Recur(GRUCell(2, 2))', data],
    'a chain': [chain(layer, dense(2, 1)), 'Chain(Recur(GRUCell(2, 2)), Dense(2, 1))', data],
    recur: [recurOf(layer, { reset: EMPTY }), 'Recur(GRUCell(2, 2))', data],
    'a plain function': [
      recurOf((h: number, x: number) => [h + x, h], { initialState: 0 }),
      'Recur(function)',
      data,
    ],
    forecast: [forecast(layer, 2), 'Recur(GRUCell(2, 2))', data],
    telemetry: [telemetry(layer), 'Recur(GRUCell(2, 2))', data],
    recurBy: [recurBy(layer, { key: () => 0 }), 'recurBy', 'from(…) makes one'],
    frame: [frame(2), 'frame', 'from(…) makes one'],
    overlapAdd: [overlapAdd(2), 'overlapAdd', 'from(…) makes one'],
  };
  const given: [unknown, string][] = [
    [[1, 2], 'an array of length 2'],
    [Float32Array.of(1, 2), 'Float32Array of length 2'],
    [undefined, 'undefined'],
    [3, '3'],
    [Promise.resolve([1, 2]), 'a Promise'],
    [{ pipe: () => EMPTY }, 'an object { pipe }'],
  ];

  test.each(Object.entries(operators))('%s throws and says how', (_, [operator, where, hint]) => {
    for (const [value, got] of given) {
      expect(messageOf(() => (operator as Operator)(value))).toBe(
        `${where}: expected an Observable, got ${got}; ${hint}`,
      );
    }
    expect((operator as Operator)(EMPTY).subscribe().closed).toBe(true);
  });
});

describe('an event that is no vector', () => {
  const layer = gru(2, 3, { seed: 1 });
  const refusals: [string, unknown, string][] = [
    ['an object', { volts: 1 }, 'got an object { volts }; select makes it a vector'],
    ['a Map', new Map(), 'got a Map; select makes it a vector'],
    [
      'an array of arrays',
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      'got [3]; chunks: true takes arrays of steps',
    ],
    [
      'as many arrays as an input has numbers',
      [
        [1, 2],
        [3, 4],
      ],
      'expected finite numbers, got an array of length 2 at [0]; chunks: true takes arrays of steps',
    ],
    [
      'an array of typed arrays',
      [Float32Array.of(1, 2)],
      'got [1]; chunks: true takes arrays of steps',
    ],
    ['a promise', Promise.resolve([1, 2]), 'got a Promise; concatMap waits for it'],
    ['null', null, "got null; onInvalid: 'skip' drops such events"],
    ['undefined', undefined, 'got undefined'],
    ['null in a row', [1, null], "got null at [1]; onInvalid: 'skip' drops such events"],
    ['a hole in a row', new Array(2), "got undefined at [0]; onInvalid: 'skip' drops such events"],
    ['text in a row', ['1', 2], "got '1' at [0]"],
    ['a BigInt in a row', [1n, 2], 'got 1n at [0]'],
    ['a batch on its side', new NdView(new Float32Array(6), [3, 2]), 'a batch is features × batch'],
    ['an ndarray of another size', new NdView(new Float32Array(6), [6]), 'got [6]'],
  ];

  test.each(refusals)('%s', (_, event, words) => {
    for (const run of [
      () => stateful(layer)(event as never),
      () => stepper(layer)(event as never),
      () => layer.cell(undefined, event as never),
      () => emitted(recurOf(layer), [event]),
      () => emitted(recurBy(layer, { key: () => 0, onInvalid: 'error' }), [event]),
    ]) {
      const message = messageOf(run);
      expect(message.startsWith('gru.x: expected ')).toBe(true);
      expect(message.endsWith(words)).toBe(true);
    }
  });
});

describe('a number that is not finite inside a sequence', () => {
  test('is told with its value and place by a convolution', () => {
    const weight = [[1e38], [2]];
    const first = dense(1, 2, { params: { weight, bias: [0, 0] }, activation: 'identity' });
    const m = stateful(chain(first, conv1d(2, 1, 2)));
    expect(messageOf(() => m.map([[1], [2], [1e30]]))).toBe(
      'chain[1].[2].conv1d.x: expected finite numbers, got Infinity at [0]',
    );
  });

  test.each(backends())('is told alike on %s: with its step where that is known', backend => {
    const infinite = (weight: number) =>
      dense(1, 1, { params: { weight: [weight], bias: [0] }, activation: 'identity' });
    const two = () => chain(infinite(3e38), infinite(1));
    const told = (layer: WithCell) =>
      messageOf(() => stateful(layer, { backend }).map([[1], [1], [2]]));
    const end = 'dense.x: expected finite numbers, got Infinity at [0]';
    expect(messageOf(() => stateful(two(), { backend })([2]))).toBe(`chain[1].${end}`);
    expect(told(two())).toBe(`[2].chain[1].${end}`);
    expect(told(chain(two(), conv1d(1, 1, 1)))).toBe(`chain[0].chain[1].${end}`);
    expect(messageOf(() => stateful(window(3, two()), { backend })([1, 1, 2]))).toBe(
      `window[0].chain[1].${end}`,
    );
    const table = embedding(2, 1, { seed: 1 });
    expect(told(chain(table, conv1d(1, 1, 1)))).toBe(
      'chain[0].[2].embedding.x: expected a whole number from 0 to 1, got 2',
    );
  });

  test.each(backends())('is passed on by what only joins outputs on %s', backend => {
    const weights = { weightIh: [3e38], weightHh: [0], biasIh: [0], biasHh: [0] };
    const run = rnn(1, 1, { params: weights, activation: 'identity' });
    const m = stateful(bidirectional(run, 'add', rnn(1, 1, { seed: 1 })), { backend });
    expect(m.map([[1], [2]])[1]).toEqual(Float32Array.of(Infinity));
  });

  test('and a step of another batch with its place by a layer that reads wholes', () => {
    const m = stateful(conv1d(1, 1, 1));
    const steps = [
      new NdView(new Float32Array(2), [1, 2]),
      new NdView(new Float32Array(3), [1, 3]),
    ];
    expect(messageOf(() => m.map(steps))).toBe(
      '[1].chunk: expected an ndarray [features, 2], as the first step is, got an ndarray [1, 3]',
    );
  });
});

test('rows of as many numbers in all, but not each, are refused', () => {
  const weight = [[1, 2], [3, 4, 5], [6]];
  expect(messageOf(() => dense(2, 3, { params: { weight, bias: [0, 0, 0] } }))).toContain(
    'rows of 2 as the first, got an array of length 3 as row 1',
  );
  expect(
    messageOf(() => dense(1, 2, { params: { weight: [[1], 2] as never, bias: [0, 0] } })),
  ).toContain('rows of 1 as the first, got 2 as row 1');
});

test('a stream of rows with null goes on where onInvalid says so', () => {
  const events = [
    [1, 2],
    [null, 1],
    [3, 4],
  ];
  const m = stateful(gru(2, 3, { seed: 1 }));
  const seen: unknown[] = [];
  from(events as number[][])
    .pipe(recurOf(gru(2, 3, { seed: 1 }), { onInvalid: 'skip' }) as never)
    .subscribe(y => seen.push(y));
  sameBits(seen, [m([1, 2]), m([3, 4])]);
});
