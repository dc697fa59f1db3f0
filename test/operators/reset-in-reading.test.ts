import { from, type Observable, Subject } from 'rxjs';
import { describe, expect, test } from 'vitest';
import {
  chain,
  forecast,
  gru,
  recur,
  type Snapshot,
  stateful,
  stepper,
  telemetry,
} from '../../src/index.js';
import { numbersOf } from '../laws/bits.js';
import { exoticVector, vectorForms } from '../laws/exotic.js';
import { nothingIsThrownLate } from '../laws/late.js';
import { recurOf } from '../laws/nets.js';
import { running } from './keyed.js';
import { sum, sumChain, sumLayer } from './models.js';

// Law 3: a reset that fires before an event's input has been read takes effect before that event.

nothingIsThrownLate();

type Operator = (source: Observable<unknown>) => Observable<unknown>;
type Build = (config: object) => Operator;

const ahead = forecast as unknown as (model: unknown, steps: number, config: object) => Operator;
const watched = telemetry as unknown as (model: unknown, config: object) => Operator;
const first = (y: unknown) => numbersOf(y)[0];

/** Running sums, as everything that takes `reset` and `select`. */
const sums: Readonly<Record<string, Build>> = {
  'a layer': config => recurOf(sumLayer, { project: first, ...config }) as never,
  'a chain': config => recurOf(sumChain, { project: first, ...config }) as never,
  'a chain that a function begins': config =>
    recurOf(
      chain((x: number) => [x], sumLayer),
      { project: first, ...config },
    ) as never,
  'a plain function': config => recurOf(sum, { initialState: 0, ...config }) as never,
  'a forecast': config =>
    ahead(sumLayer, 2, { project: ({ y }: { y: unknown }) => first(y), ...config }),
  'a telemetry': config => {
    const operator = watched(sumLayer, { project: first, ...config });
    (operator as unknown as { readings: Observable<unknown> }).readings.subscribe();
    return operator;
  },
};

/** What is emitted for events that are sent one by one. */
function emitted(operator: Operator, events: readonly unknown[]): unknown[] {
  const seen: unknown[] = [];
  from(events as unknown[])
    .pipe(operator)
    .subscribe({ next: y => seen.push(y), error: error => seen.push(String(error)) });
  return seen;
}

describe.each(Object.entries(sums))('%s', (_, build) => {
  test('a reset fired by select comes before its event', () => {
    const reset = new Subject<void>();
    const select = (x: number) => {
      if (x === 2) reset.next();
      return x;
    };
    expect(emitted(build({ reset, select }), [1, 2, 4])).toEqual([1, 2, 6]);
  });

  test('of two resets fired by select the last counts', () => {
    const reset = new Subject<unknown>();
    let snapshot: Snapshot | undefined;
    const select = (x: number) => {
      if (x === 8) reset.next(snapshot);
      if (x === 4 || x === 8) reset.next(undefined);
      if (x === 16) reset.next(snapshot);
      return x;
    };
    const state = (now: Snapshot) => {
      snapshot ??= now;
    };
    const operator = build({ reset, select, state });
    expect(emitted(operator, [1, 2, 4, 8, 16])).toEqual([1, 3, 4, 8, 17]);
  });

  test('a reset fired by select stays where its event is refused', () => {
    const reset = new Subject<void>();
    const select = (x: number) => {
      if (x !== 2) return x;
      reset.next();
      throw new Error('mine');
    };
    const config = { reset, select, onInvalid: 'skip' };
    expect(emitted(build(config), [1, 2, 4])).toEqual([1, 4]);
  });

  test('a reset fired by project comes after its event', () => {
    const reset = new Subject<void>();
    let fired = 0;
    const project = (y: unknown) => {
      const value = typeof y === 'object' && y !== null && 'y' in y ? y.y : y;
      if (first(value) === 3) {
        reset.next();
        fired++;
      }
      return first(value);
    };
    expect(emitted(build({ reset, project }), [1, 2, 4])).toEqual([1, 3, 4]);
    expect(fired).toBe(1);
  });

  test('the observer of states is told of a reset that select fired before its event', () => {
    const reset = new Subject<void>();
    let told = 0;
    const tellings: number[] = [];
    const state = () => {
      told++;
    };
    const select = (x: number) => {
      if (x === 2) reset.next();
      tellings.push(told);
      return x;
    };
    emitted(build({ reset, select, state }), [1, 2, 4]);
    expect(tellings).toEqual([0, 2, 3]);
    expect(told).toBe(4);
  });
});

describe.each(vectorForms)('%s', form => {
  const checked = ['a layer', 'a forecast', 'a telemetry'].map(name => [name, sums[name]] as const);
  test.each([
    ...checked,
    [
      'a chain',
      (config: object) => recurOf(sumChain, { project: first, ...config }) as never as Operator,
    ] as const,
  ])('a reset fired as the input of %s is read comes before its event', (_, build) => {
    const reset = new Subject<void>();
    const odd = exoticVector(form, [2], () => reset.next());
    expect(emitted(build({ reset }), [[1], odd, [4]])).toEqual([1, 2, 6]);
  });

  test('a reset fired as a step of a chunk is read comes before the chunk', () => {
    const reset = new Subject<void>();
    const odd = exoticVector(form, [4], () => reset.next());
    const operator = recurOf(sumLayer, { reset, chunks: true }) as never as Operator;
    const chunks = emitted(operator, [[[1]], [[2], odd, [8]]]) as unknown[][];
    expect(chunks.map(ys => ys.map(first))).toEqual([[1], [2, 6, 14]]);
  });

  test('a reset fired as an input of stateful or a stepper is read comes before it', () => {
    const m = stateful(sumLayer);
    const odd = exoticVector(form, [2], () => m.reset());
    expect([m([1]), m(odd as number[]), m([4])].map(first)).toEqual([1, 2, 6]);
    expect(m.map([[1], odd as number[], [8]]).map(first)).toEqual([1, 3, 11]);
    const step = stepper(sumLayer);
    const other = exoticVector(form, [2], () => step.reset());
    expect([step([1]), step(other as number[]), step([4])].map(first)).toEqual([1, 2, 6]);
  });

  test('a reset of a key fired as its input is read comes before its event', () => {
    const reset = new Subject<string>();
    const project = (y: unknown, [key]: [string]) => `${key}${first(y)}`;
    for (const batch of [undefined, { maxSize: 2, maxDelay: 1e6 }]) {
      const {
        emitted: seen,
        send,
        source,
      } = running({ reset, batch, select: ([, x]: [string, unknown]) => x, project });
      send(['a', [1]], ['b', [1]], ['a', exoticVector(form, [2], () => reset.next('a'))]);
      send(['b', [4]], ['a', [4]]);
      source.complete();
      expect(seen).toEqual(['a1', 'b1', 'a2', 'b5', 'a6']);
    }
  });
});

test('an iterable that resets as it is mapped resets before all of it', () => {
  const m = stateful(sumLayer);
  m([1]);
  function* steps() {
    yield [2];
    m.reset();
    yield [4];
  }
  expect(m.map(steps()).map(first)).toEqual([2, 6]);
});

describe('of keys', () => {
  const models = {
    'a layer': [sumLayer, {}],
    'a chain with a function': [sumChain, {}],
    'a plain function': [sum, { initialState: 0, select: ([, x]: [string, number]) => x }],
  } as const;

  test.each(Object.entries(models))('%s: select may reset and evict its key', (_, model) => {
    const [net, more] = model;
    for (const option of ['reset', 'evict']) {
      for (const batch of [undefined, { maxSize: 3, maxDelay: 1e6 }]) {
        const notices = new Subject<string>();
        const own = 'select' in more ? more.select : ([, x]: [string, number]) => [x];
        const select = (event: [string, number]) => {
          if (event[1] === 4) notices.next(event[0]);
          return own(event);
        };
        const config = { ...more, batch, select, [option]: notices };
        const { emitted: seen, send, source } = running(config, net);
        send(['a', 1], ['b', 1], ['a', 2], ['a', 4], ['b', 2], ['a', 8]);
        source.complete();
        expect(seen).toEqual(['a1', 'b1', 'a3', 'a4', 'b3', 'a12']);
      }
    }
  });

  test('unsubscribing in select steps nothing', () => {
    const seen: unknown[] = [];
    const select = ([, x]: [string, number]) => {
      if (x === 2) subscription.unsubscribe();
      return [x];
    };
    const { source, subscription, emitted: out, send } = running({ select });
    send(['a', 1], ['a', 2], ['a', 4]);
    expect(out).toEqual(['a1']);
    expect(source.observed).toBe(false);
    expect(seen).toEqual([]);
  });
});

type Make = (model: unknown) => ((x: number[]) => Float32Array) & { reset(): void };

describe('a reset fired in the middle of a step', () => {
  const fire = (reset: Subject<void>) => (y: Float32Array) => {
    if (y[0] === 3) reset.next();
    return y;
  };

  test('by a function in a chain comes after its event, which all members step', () => {
    const reset = new Subject<void>();
    const model = chain(sumLayer, fire(reset), sumLayer);
    const operator = recurOf(model, { reset, project: first }) as never as Operator;
    expect(emitted(operator, [[1], [2], [4], [8]])).toEqual([1, 4, 4, 16]);
  });

  test('by a plain function comes after its event', () => {
    const reset = new Subject<void>();
    const careless = (total: number, x: number) => {
      if (x === 2) reset.next();
      return sum(total, x);
    };
    const operator = recurOf(careless, { reset, initialState: 0 }) as never as Operator;
    expect(emitted(operator, [1, 2, 4])).toEqual([1, 3, 4]);
  });

  test('by the feedback of a forecast comes after its event', () => {
    const reset = new Subject<void>();
    const feedback = (y: Float32Array) => {
      if (y[0] === 3) reset.next();
      return [1];
    };
    const project = ({ y, ahead: ys }: { y: Float32Array; ahead: Float32Array[] }) =>
      [y, ...ys].map(first);
    const operator = ahead(sumLayer, 2, { reset, feedback, project });
    expect(emitted(operator, [[1], [2], [4]])).toEqual([
      [1, 2, 3],
      [3, 4, 5],
      [4, 5, 6],
    ]);
  });

  test('by a function in a stepper or in stateful comes after its input', () => {
    const reset = () => {
      if (on) now.reset();
    };
    let on = false;
    const model = chain(
      sumLayer,
      (y: Float32Array) => {
        reset();
        return y;
      },
      sumLayer,
    );
    let now: { reset(): void } = { reset() {} };
    for (const make of [stateful, stepper] as unknown as Make[]) {
      const m = make(model);
      now = m;
      on = false;
      const seen = [first(m([1]))];
      on = true;
      seen.push(first(m([2])));
      on = false;
      seen.push(first(m([4])));
      expect(seen).toEqual([1, 4, 4]);
    }
  });
});

test('a reset in select changes what follows, bit for bit, as a new subscription', () => {
  const model = gru(1, 3, { seed: 1 });
  const reset = new Subject<void>();
  const select = (x: number[]) => {
    if (x[0] === 2) reset.next();
    return x;
  };
  const seen: unknown[] = [];
  from([[1], [2], [3]])
    .pipe(recur(model, { reset, select }))
    .subscribe(y => seen.push(y));
  const fresh = stateful(model);
  expect(seen.slice(1)).toEqual([fresh([2]), fresh([3])]);
});
