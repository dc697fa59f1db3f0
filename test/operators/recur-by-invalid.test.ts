import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bidirectional,
  chain,
  conv1d,
  dense,
  gru,
  RecurError,
  recurBy,
  rnn,
  stateful,
} from '../../src/index.js';
import { backends } from '../../src/kernels/backends.js';
import { sameBits } from '../laws/bits.js';
import { nothingIsThrownLate } from '../laws/late.js';
import { law } from '../laws/law.js';
import { emitted, netOf, someNetThatChecks } from '../laws/nets.js';
import { signal, someSeed } from '../laws/streams.js';
import { keyedOf, type Pair, running, sums, tagged } from './keyed.js';

nothingIsThrownLate();

const batch = { maxSize: 10, maxDelay: 1e6 };
/** Infinite after two steps of 3e38: the layer after it refuses that. */
const explosive = chain(
  rnn(1, 1, { activation: 'identity', bias: false, params: { weightIh: [1], weightHh: [1] } }),
  dense(1, 1, { activation: 'identity', bias: false, params: { weight: [1] } }),
);

law(
  'bad data of every kind are told, and change no number of any key',
  [
    someNetThatChecks,
    fc.array(fc.nat({ max: 3 }), { maxLength: 20 }),
    fc.constantFrom(1, 3, 64),
    someSeed,
  ],
  (spec, keys, maxSize, seed) => {
    const net = netOf(spec);
    const good = signal(seed, spec.inputSize, keys.length).map((x, at) => ({
      key: keys[at],
      at,
      x,
    }));
    const bad = [
      { x: [] },
      { x: Array(spec.inputSize).fill(Number.NaN) },
      { x: Array(spec.inputSize).fill('1') },
      { x: null },
      { x: Array(spec.inputSize + 1).fill(0) },
    ];
    const mixed = good.flatMap((event, i) => [event, { ...event, ...bad[i % bad.length] }]);
    for (const waiting of [undefined, { maxSize, maxDelay: 1e6 }]) {
      const keyed = keyedOf(net, { ...tagged, batch: waiting });
      const dropped: unknown[] = [];
      keyed.invalid.subscribe(({ event }) => dropped.push(event));
      sameBits(emitted(keyed, mixed), emitted(keyed, good));
      expect(dropped).toEqual(mixed.filter((_, i) => i % 2));
    }
  },
);

describe.each(Object.entries({ 'each event at once': {}, 'in batches': { batch } }))(
  '%s',
  (_, config) => {
    test('a throw of key, select or project is told, with its place and step', () => {
      const throwing = (name: string) => (event: Pair) => {
        if (event[1] === 13) throw new Error(`${name} broke`);
        return name === 'key' ? event[0] : name === 'select' ? [event[1]] : undefined;
      };
      for (const name of ['key', 'select', 'project']) {
        const project = (y: Float32Array, event: Pair) => throwing('project')(event) ?? y[0];
        const own = name === 'project' ? { project } : { [name]: throwing(name) };
        const {
          send,
          invalid,
          emitted: out,
          source,
        } = running({
          project: (y: Float32Array) => y[0],
          ...config,
          ...own,
        });
        const bad = ['a', 13];
        send(['a', 1], ['b', 2], bad, ['a', 3], ['b', 4]);
        source.complete();
        expect(out).toEqual([1, 2, 4, 6]);
        expect(invalid).toHaveLength(1);
        expect(invalid[0].event).toBe(bad);
        expect(invalid[0].key).toBe(name === 'key' ? undefined : 'a');
        expect(invalid[0].error).toBeInstanceOf(RecurError);
        expect(invalid[0].error).toMatchObject({ where: name, step: 2 });
        expect(invalid[0].error.message).toBe(
          `${name}: expected a return, got Error: ${name} broke`,
        );
      }
    });

    test('a number that is not finite between two layers leaves the own and the other states', () => {
      const project = (y: Float32Array, [key]: Pair) => `${key} ${y[0]}`;
      const { send, invalid, emitted: out, source } = running({ ...config, project }, explosive);
      const big = 3e38;
      send(['a', 1], ['b', big], ['c', 2], ['a', 1], ['b', big], ['c', 2], ['b', -big], ['a', 1]);
      source.complete();
      const float = Math.fround(big);
      expect(out).toEqual(['a 1', `b ${float}`, 'c 2', 'a 2', 'c 4', 'b 0', 'a 3']);
      expect(invalid.map(({ error, key }) => [key, error.message])).toEqual([
        ['b', 'chain[1].dense.x: expected finite numbers, got Infinity at [0]'],
      ]);
    });

    test('a function of a chain that throws for one key leaves the others', () => {
      const sqrt = (v: Float32Array) => {
        if (v[0] < 0) throw new RangeError('negative');
        return v.map(Math.sqrt);
      };
      const project = (y: Float32Array, [key]: Pair) => `${key} ${y[0]}`;
      const {
        send,
        invalid,
        emitted: out,
        source,
      } = running({ ...config, project }, chain(sums, sqrt));
      send(['a', 4], ['b', -1], ['c', 9], ['b', 16], ['a', 5]);
      source.complete();
      expect(out).toEqual(['a 2', 'c 3', 'b 4', 'a 3']);
      expect(invalid.map(({ key, error }) => [key, error.message])).toEqual([
        ['b', 'chain[1].a member: expected a return, got RangeError: negative'],
      ]);
    });

    test("'error' ends the stream with the first bad datum, after what was stepped before it", () => {
      const bad = running({ ...config, onInvalid: 'error' }, explosive);
      bad.send(['b', 3e38], ['a', 1], ['b', 3e38]);
      bad.send(['c', 1], ['d', 1], ['c', 1]);
      expect(bad.ends.map(String)).toEqual([expect.stringMatching(/^RecurError: chain\[1\]/)]);
      expect(bad.emitted).toEqual([`b${Math.fround(3e38)}`, 'a1']);
      expect(bad.source.observed).toBe(false);
      expect(bad.invalid).toEqual([]);
    });

    test("'skip' drops, and a function is told of it; what it throws ends the stream", () => {
      const skipping = running({ ...config, onInvalid: 'skip' });
      skipping.send(['a', 1], ['a', Number.NaN], ['a', 2]);
      skipping.source.complete();
      expect(skipping.emitted).toEqual(['a1', 'a3']);
      expect(skipping.invalid).toEqual([]);
      const told: unknown[] = [];
      const telling = running({ ...config, onInvalid: (...args: unknown[]) => told.push(args) });
      telling.send(['a', 1], ['a', Number.NaN], ['a', 2]);
      expect(told).toEqual([[expect.any(RecurError), ['a', Number.NaN], 'a']]);
      const own = new Error('too many');
      const strict = running({
        ...config,
        onInvalid: () => {
          throw own;
        },
      });
      strict.send(['a', Number.NaN]);
      expect(strict.ends).toEqual([own]);
    });

    test('a state or a snapshot that does not fit is told, and the key may try again', () => {
      const other = stateful(gru(1, 1)).snapshot();
      const answers = [
        other,
        { format: 'nonsense' },
        JSON.parse(JSON.stringify(fitting())),
        undefined,
      ];
      const {
        send,
        invalid,
        emitted: out,
        source,
      } = running({ ...config, restore: () => answers.shift() });
      send(['a', 1], ['a', 1], ['a', 1], ['b', 1]);
      source.complete();
      expect(out).toEqual(['a6', 'b1']);
      expect(invalid.map(({ error }) => (error as RecurError).where)).toEqual([
        'restore',
        'restore',
      ]);
      const states = [[1, 2], [Number.NaN], [7]];
      const own = running({ ...config, initialState: () => states.shift() });
      own.send(['a', 1], ['a', 1], ['a', 1]);
      own.source.complete();
      expect(own.emitted).toEqual(['a8']);
      expect(own.invalid.map(({ error }) => error.message)).toEqual([
        'rnn.initialState: expected [1] or [1, batch], got [2]',
        'rnn.initialState: expected finite float32 numbers, got NaN',
      ]);
    });
  },
);

function fitting() {
  const m = stateful(sums);
  m([5]);
  return m.snapshot();
}

test('the last datum of a batch that ends the stream comes after the emissions before it', () => {
  const { send, emitted: out, ends, source } = running({ batch, onInvalid: 'error' }, explosive);
  send(['a', 3e38], ['b', 1], ['a', 3e38], ['c', 1]);
  expect(out).toEqual([`a${Math.fround(3e38)}`, 'b1']);
  source.complete();
  expect(out).toHaveLength(2);
  expect(ends).toHaveLength(1);
});

test('wrong arguments throw at the call, in words', () => {
  const key = (e: unknown) => e;
  const wrong: [unknown, unknown, string][] = [
    [sums, undefined, 'recurBy: expected an object of options, got undefined'],
    [sums, {}, 'recurBy.key: expected a function, got undefined'],
    [sums, { key: 'id' }, "recurBy.key: expected a function, got 'id'"],
    [sums, { key, select: 1 }, 'recurBy.select: expected a function, got 1'],
    [sums, { key, project: 1 }, 'recurBy.project: expected a function, got 1'],
    [
      sums,
      { key, restore: {} },
      'recurBy.restore: expected a function, or a Map of snapshots, got an object {  }',
    ],
    [sums, { key, maxKeys: 0 }, 'recurBy.maxKeys: expected a whole number from 1, got 0'],
    [sums, { key, idle: -1 }, 'recurBy.idle: expected milliseconds, got -1'],
    [sums, { key, idle: Number.NaN }, 'recurBy.idle: expected milliseconds, got NaN'],
    [sums, { key, batch: 3 }, 'recurBy.batch: expected an object of options, got 3'],
    [
      sums,
      { key, batch: { maxSize: 3 } },
      'recurBy.batch.maxDelay: expected milliseconds, got null',
    ],
    [
      sums,
      { key, batch: { maxSize: 0.5, maxDelay: 1 } },
      'recurBy.batch.maxSize: expected a whole number from 1, got 0.5',
    ],
    [
      sums,
      { key, onInvalid: 'drop' },
      "recurBy.onInvalid: expected 'error', 'skip' or a function, got 'drop'",
    ],
    [sums, { key, evicted: 1 }, 'recurBy.evicted: expected a function or an observer, got 1'],
    [sums, { key, scheduler: {} }, 'recurBy.scheduler: expected a scheduler, got an object {  }'],
    [
      sums,
      { key, reset: 1 },
      'recurBy.reset: expected an observable, or a function of the source, got 1',
    ],
    [
      sums,
      { key, evict: 'a' },
      "recurBy.evict: expected an observable, or a function of the source, got 'a'",
    ],
    [sums, { key, initialState: [1, 2] }, 'rnn.initialState: expected [1] or [1, batch], got [2]'],
    [5, { key }, 'recurBy: expected a layer, a cell or a function, got 5'],
  ];
  for (const [model, config, message] of wrong) {
    expect(() => keyedOf(model, config)).toThrow(new RecurError(partsOf(message)));
  }
  expect(() => keyedOf(sums, { key, resets: 1 })).toThrow(/expected options named .*got 'resets'/);
  expect(() => keyedOf(sums, { key, backend: 'gpu' })).toThrow(/recurBy.backend: expected one of/);
  expect(() => recurBy(sums, { key: (x: number[]) => x[0] })).not.toThrow();
});

function partsOf(message: string) {
  const [, where, expected, got] = /^(.*?): expected (.*), got (.*)$/.exec(message) ?? [];
  return { where, expected, got };
}

test.each(backends())(
  'a model that reads sequences as wholes takes no steps of keys, on %s',
  backend => {
    const wholes = { bidirectional: bidirectional(gru(1, 2)), conv1d: conv1d(1, 1, 2) };
    for (const [name, model] of Object.entries(wholes)) {
      for (const waiting of [undefined, batch]) {
        const options = { backend, batch: waiting, onInvalid: 'error' } as const;
        const operator = recurBy(model, { key: () => 'a', ...options });
        expect(() => emitted(operator as never, [[1]])).toThrow(
          `${name}: expected a whole sequence: map(sequence), chunks: true or a window, got one step`,
        );
      }
    }
  },
);
