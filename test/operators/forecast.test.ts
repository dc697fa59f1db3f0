import fc from 'fast-check';
import { filter, map, type Observable, Subject } from 'rxjs';
import { describe, expect, test } from 'vitest';
import {
  chain,
  dense,
  type Forecast,
  forecast,
  gru,
  RecurError,
  ready,
  recur,
  rnn,
  type Snapshot,
  stateful,
} from '../../src/index.js';
import { backends } from '../../src/kernels/backends.js';
import { sameBits } from '../laws/bits.js';
import { nothingIsThrownLate } from '../laws/late.js';
import { law } from '../laws/law.js';
import { chainOf, emitted, membersOf, type Net, recurOf, someNet } from '../laws/nets.js';
import {
  batched,
  generator,
  inForm,
  signal,
  someForm,
  someSeed,
  someSteps,
} from '../laws/streams.js';

nothingIsThrownLate();

/** `forecast` and `stateful` for models and configurations that no type knows. */
const forecastOf = forecast as unknown as (model: unknown, steps: unknown, config?: unknown) => Net;
const statefulOf = stateful as unknown as (
  model: unknown,
  config?: object,
) => { (x: unknown): unknown; snapshot(): Snapshot };

/** What comes of snapshots alone: a second model, restored after each event, on its own outputs. */
function bySnapshots(net: unknown, stream: readonly unknown[], steps: number, config: object = {}) {
  const feedback = Reflect.get(config, 'feedback') ?? ((y: unknown) => y);
  const { backend } = config as { backend?: undefined };
  const live = statefulOf(net, { backend });
  return stream.map(x => {
    const y = live(x);
    const copy = statefulOf(net, { backend, restore: live.snapshot() });
    const ahead: unknown[] = [];
    for (let i = 0; i < steps; i++) ahead.push(copy(feedback(ahead[i - 1] ?? y, i)));
    return { y, ahead };
  });
}

const someSpan = fc.integer({ min: 1, max: 5 });

law(
  'a forecast is a restored snapshot stepped on its own outputs, and the live stream is recur’s',
  [someNet, someSteps, someSpan, someForm, fc.constantFrom(undefined, ...backends()), someSeed],
  (spec, count, steps, form, backend, seed) => {
    // Its outputs as long as its inputs.
    const net = chainOf([...membersOf(spec), ...back(spec, seed)]);
    const random = generator(seed);
    const stream = signal(seed, spec.inputSize, count).map(x => inForm(form, x, random));
    const got = emitted(forecastOf(net, steps, { backend }), stream) as Forecast<unknown>[];
    sameBits(got, bySnapshots(net, stream, steps, { backend }));
    sameBits(
      got.map(({ y }) => y),
      emitted(recurOf(net, { backend }), stream),
    );
  },
);

/** A layer from whatever comes before to the input size. */
function back({ inputSize, members }: Parameters<typeof membersOf>[0], seed: number) {
  const sizes = members.filter(({ kind }) => kind !== 'stateless' && kind !== 'accumulating');
  return [dense(sizes.at(-1)?.size ?? inputSize, inputSize, { seed })];
}

law(
  'of a batch each column is forecast alone',
  [fc.integer({ min: 1, max: 4 }), someSteps, someSpan, someSeed],
  (columns, count, steps, seed) => {
    const net = chain(gru(3, 5, { seed: 1 }), dense(5, 3, { seed: 2 }));
    const streams = Array.from({ length: columns }, (_, j) => signal(seed + j, 3, count));
    const batches = count ? batched(streams, generator(seed)) : [];
    const got = emitted(forecastOf(net, steps), batches) as Forecast<{ data: Float32Array }>[];
    for (const [j, stream] of streams.entries()) {
      const column = ({ data }: { data: Float32Array }) => data.filter((_, k) => k % columns === j);
      const own = got.map(({ y, ahead }) => ({ y: column(y), ahead: ahead.map(column) }));
      sameBits(own, emitted(forecastOf(net, steps), stream));
    }
  },
);

const sums = rnn(1, 1, {
  activation: 'identity',
  bias: false,
  params: { weightIh: [1], weightHh: [1] },
});
const numbers = ({ y, ahead }: Forecast<ArrayLike<number>>) => [y, ...ahead].map(v => v[0]);

describe('forecast', () => {
  test('goes on with its own outputs: sums double', () => {
    const got = emitted(forecastOf(sums, 3), [[1], [2]]) as Forecast<number[]>[];
    expect(got.map(numbers)).toEqual([
      [1, 2, 4, 8],
      [3, 6, 12, 24],
    ]);
  });

  test('feedback makes the inputs, of the output before and its number', () => {
    const fed: unknown[] = [];
    const feedback = (y: Float32Array, i: number) => {
      fed.push([y[0], i]);
      return [10 * (i + 1)];
    };
    const got = emitted(forecastOf(sums, 2, { feedback }), [[1], [2]]) as Forecast<number[]>[];
    expect(got.map(numbers)).toEqual([
      [1, 11, 31],
      [3, 13, 33],
    ]);
    expect(fed).toEqual([
      [1, 0],
      [11, 1],
      [3, 0],
      [13, 1],
    ]);
    const wide = gru(2, 3, { seed: 1 });
    const two = (y: Float32Array) => y.slice(0, 2);
    const stream = signal(1, 2, 4);
    sameBits(
      emitted(forecastOf(wide, 3, { feedback: two }), stream),
      bySnapshots(wide, stream, 3, { feedback: two }),
    );
  });

  test('an error in feedback drops the event and leaves the state before it', () => {
    const faults: Readonly<Record<number, (y: unknown) => unknown>> = {
      13: () => {
        throw new Error('broke');
      },
      14: () => [Number.NaN],
      15: () => [1, 2],
    };
    let now = 0;
    const told: string[] = [];
    const operator = forecastOf(sums, 2, {
      select: ([x]: [number]) => [(now = x)],
      feedback: (y: unknown, i: number) => (i === 1 && faults[now] ? faults[now](y) : y),
      onInvalid: ({ message }: Error) => told.push(message),
    });
    const got = emitted(operator, [[1], [13], [14], [15], [2]]) as Forecast<number[]>[];
    expect(got.map(numbers)).toEqual([
      [1, 2, 4],
      [3, 6, 12],
    ]);
    expect(told).toEqual([
      'feedback: expected a return, got Error: broke',
      'rnn.x: expected finite numbers, got NaN at [0]',
      'rnn.x: expected [1] or [1, batch], got [2]',
    ]);
    expect(() => emitted(forecastOf(sums, 2, { feedback: () => [] }), [[1]])).toThrow(RecurError);
  });

  test('a first batch whose feedback is of another batch is refused', () => {
    const feedback = () => [1];
    const [event] = batched([[[1]], [[2]]], generator(1));
    expect(() => emitted(forecastOf(sums, 1, { feedback }), [event])).toThrow(
      'rnn.x: expected a batch of 2, got a vector; ' +
        'the first datum fixes the batch size; reset before another',
    );
  });

  test('reset, select, project and the state observer are those of recur', () => {
    const states: unknown[] = [];
    const operator = forecastOf(sums, 1, {
      select: ({ x }: { x: number }) => [x],
      project: ({ y, ahead }: Forecast<number[]>, { x }: { x: number }) => [x, y[0], ahead[0][0]],
      reset: (event$: Observable<{ x: number }>) => event$.pipe(filter(({ x }) => x > 9)),
      state: ({ state }: Snapshot) => states.push((state as Float32Array)[0]),
    });
    expect(emitted(operator, [{ x: 1 }, { x: 2 }, { x: 10 }, { x: 1 }])).toEqual([
      [1, 1, 2],
      [2, 3, 6],
      [10, 10, 20],
      [1, 11, 22],
    ]);
    expect(states).toEqual([1, 3, 0, 10, 11]);
  });

  test('a plain function is forecast on a copy of its state, whatever that is', () => {
    const state = { total: 0, seen: [] as number[] };
    const remember = (h: typeof state, x: number) => {
      const seen = [...h.seen, x];
      return [{ total: h.total + x, seen }, h.total + x] as const;
    };
    const got = emitted(forecastOf(remember, 2, { initialState: state }), [1, 5]);
    expect(got).toEqual([
      { y: 1, ahead: [2, 4] },
      { y: 6, ahead: [12, 24] },
    ]);
    // One that alters its state in place as well: the copy's is another.
    const altering = (h: { n: number }) => {
      h.n += 1;
      return [h, h.n] as const;
    };
    const counted = emitted(forecastOf(altering, 3, { initialState: () => ({ n: 0 }) }), [0, 0]);
    expect(counted).toEqual([
      { y: 1, ahead: [2, 3, 4] },
      { y: 2, ahead: [3, 4, 5] },
    ]);
  });

  test('each emission is one’s own', () => {
    const got = emitted(forecastOf(sums, 2), [[1], [2], [3]]) as Forecast<Float32Array>[];
    const all = got.flatMap(({ y, ahead }) => [y, ...ahead]);
    expect(new Set(all).size).toBe(9);
    for (const array of all) array.fill(0);
    expect(got.flatMap(numbers)).toEqual(Array(9).fill(0));
  });

  test('goes on while its model is compiled', async () => {
    const net = gru(2, 2, { seed: 3 });
    const source = new Subject<number[]>();
    const got: unknown[] = [];
    source.pipe(forecastOf(net, 2) as never).subscribe(y => got.push(y));
    const stream = signal(3, 2, 6);
    for (const x of stream.slice(0, 3)) source.next(x);
    await ready(net);
    for (const x of stream.slice(3)) source.next(x);
    sameBits(got, bySnapshots(net, stream, 2));
  });

  test('leaves with its subscriber and begins again', () => {
    const source = new Subject<number[]>();
    const operator = forecastOf(sums, 1);
    for (let turn = 0; turn < 2; turn++) {
      const got: unknown[] = [];
      const subscription = source
        .pipe(operator as never, map(numbers as never))
        .subscribe(y => got.push(y));
      source.next([1]);
      subscription.unsubscribe();
      expect(source.observed).toBe(false);
      expect(got).toEqual([[1, 2]]);
    }
  });

  test('wrong arguments throw at the call, in words', () => {
    const wide = gru(2, 3);
    const wrong: [unknown, unknown, unknown, string][] = [
      [sums, 0, {}, 'forecast.steps: expected a whole number from 1, got 0'],
      [sums, 1.5, {}, 'forecast.steps: expected a whole number from 1, got 1.5'],
      [sums, undefined, {}, 'forecast.steps: expected a whole number from 1, got undefined'],
      [sums, 1, { feedback: 1 }, 'forecast.feedback: expected a function, got 1'],
      [sums, 1, null, 'forecast: expected an object of options, got null'],
      [sums, 1, 5, 'forecast: expected an object of options, got 5'],
      [
        wide,
        1,
        {},
        'forecast: expected outputs as long as inputs, or feedback, got a model from 2 to 3',
      ],
      [5, 1, {}, 'forecast: expected a layer, a cell or a function, got 5'],
    ];
    for (const [model, steps, config, message] of wrong) {
      expect(() => forecastOf(model, steps, config)).toThrow(RecurError);
      expect(() => forecastOf(model, steps, config)).toThrow(message);
    }
    for (const name of ['chunks', 'reuse', 'ahead', 'probe', 'step']) {
      expect(() => forecastOf(sums, 1, { [name]: true })).toThrow(`got '${name}'`);
    }
    expect(() => recur(forecast(sums, 1) as never)).toThrow(/without configuration of a stream/);
  });
});
