import {
  filter,
  from,
  type Observable,
  type OperatorFunction,
  of,
  Subject,
  throwError,
} from 'rxjs';
import { describe, expect, test } from 'vitest';
import { lstm, RecurError, type Reset, recur, stateful } from '../../src/index.js';
import { nothingIsThrownLate } from '../laws/late.js';
import { marbles, sum, sumChain, sumLayer } from './models.js';

nothingIsThrownLate();

const x = { a: 1, b: 2, c: 4 };
const y = { p: 1, q: 3, r: 7, b: 2, c: 4, s: 6 };
const value = (y: Float32Array) => y[0];

/** Running sums with a reset, over layers, chains and plain functions. */
const resettable: Record<string, (reset: Reset<number>) => OperatorFunction<number, number>> = {
  'a layer': reset => recur(sumLayer, { reset, project: value }),
  'a chain': reset => recur(sumChain, { reset, project: value }),
  'a plain function': reset => recur(sum, { initialState: 0, reset }),
};

describe.each(Object.entries(resettable))('%s', (_, model) => {
  test('a reset before the first datum changes nothing', () => {
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const source = cold('--a-b-|', x);
      const reset = hot('-r-----', {});
      expectObservable(source.pipe(model(reset))).toBe('--p-q-|', y);
      expectSubscriptions(reset.subscriptions).toBe('^-----!');
    });
  });

  test('a reset between two data begins again at the second', () => {
    marbles(({ cold, hot, expectObservable }) => {
      const source = cold('-a-b---c|', x);
      const reset = hot('-----r---', {});
      expectObservable(source.pipe(model(reset))).toBe('-p-q---c|', y);
    });
  });

  test('resets without data between them are one', () => {
    marbles(({ cold, hot, expectObservable }) => {
      const source = cold('-a-b-----c|', x);
      const reset = hot('----r(rrr)-', {});
      expectObservable(source.pipe(model(reset))).toBe('-p-q-----c|', y);
    });
  });

  test('a reset after the last datum emits nothing', () => {
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const source = cold('-a-b---|', x);
      const reset = hot('-----r-----r', {});
      expectObservable(source.pipe(model(reset))).toBe('-p-q---|', y);
      expectSubscriptions(reset.subscriptions).toBe('^------!');
    });
  });

  test('a reset in the same frame as a datum of its hot source comes before it', () => {
    marbles(({ hot, expectObservable }) => {
      const source = hot('-a-b-c|', x);
      const reset = source.pipe(filter(v => v === 2));
      expectObservable(source.pipe(model(reset))).toBe('-p-b-s|', y);
    });
  });

  test('a reset given as a function comes before its datum, from a cold source too', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('(abc|)', x);
      expectObservable(source.pipe(model(filter(v => v === 2)))).toBe('(pbs|)', y);
      expectSubscriptions(source.subscriptions).toBe('(^!)');
    });
  });

  test('the last of hot observables in a frame decides where they are strangers', () => {
    marbles(({ hot, expectObservable }) => {
      const source = hot('-a-b-c|', x);
      const reset = hot(' ---r---', {});
      expectObservable(source.pipe(model(reset))).toBe('-p-q-c|', y);
    });
    marbles(({ hot, expectObservable }) => {
      const reset = hot(' ---r---', {});
      const source = hot('-a-b-c|', x);
      expectObservable(source.pipe(model(reset))).toBe('-p-b-s|', y);
    });
  });

  test("a reset's error is the output's error and frees the source", () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-a-b-c-|', x);
      const reset = cold(' ----#', {}, new Error('no clock'));
      expectObservable(source.pipe(model(reset))).toBe('-p-q#', y, new Error('no clock'));
      expectSubscriptions(source.subscriptions).toBe('^---!');
      expectSubscriptions(reset.subscriptions).toBe('^---!');
    });
  });

  test("an error of a function's reset comes before its datum", () => {
    const events = (events$: Observable<number>) =>
      events$.pipe(
        filter(v => {
          if (v === 2) throw new Error('odd event');
          return false;
        }),
      );
    marbles(({ cold, expectObservable }) => {
      const source = cold('-a-b-c-|', x);
      expectObservable(source.pipe(model(events))).toBe('-p-#', y, new Error('odd event'));
    });
  });

  test('a reset that errors as it is subscribed is the only notification', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('(ab|)', x);
      const reset = throwError(() => new Error('no clock'));
      expectObservable(source.pipe(model(reset))).toBe('#', y, new Error('no clock'));
      expectSubscriptions(source.subscriptions).toBe([]);
    });
  });

  test("a reset's completion changes nothing", () => {
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const source = cold('-a-b-c|', x);
      const reset = hot('--|');
      expectObservable(source.pipe(model(reset))).toBe('-p-q-r|', y);
      expectSubscriptions(reset.subscriptions).toBe('^-!');
      expectObservable(source.pipe(model(of()))).toBe('-p-q-r|', y);
    });
  });

  test('a subscriber that leaves frees source and reset', () => {
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('-a-b-c-', x);
      const reset = hot('-------');
      expectObservable(source.pipe(model(reset)), '^---!').toBe('-p-q-', y);
      expectSubscriptions(source.subscriptions).toBe('^---!');
      expectSubscriptions(reset.subscriptions).toBe('^---!');
    });
  });

  test('a reset given as a function is made anew for each subscription', () => {
    let made = 0;
    const reset = () => {
      made++;
      return of();
    };
    const output$ = from([1, 2]).pipe(model(reset));
    expect(made).toBe(0);
    output$.subscribe();
    output$.subscribe();
    expect(made).toBe(2);
  });
});

test('a promise resets once when it is fulfilled, and its rejection is the error', async () => {
  const source = new Subject<number>();
  const outputs: number[] = [];
  source
    .pipe(recur(sum, { initialState: 0, reset: Promise.resolve('now') }))
    .subscribe(v => outputs.push(v));
  source.next(1);
  source.next(2);
  await Promise.resolve();
  source.next(4);
  expect(outputs).toEqual([1, 3, 4]);

  const errors: unknown[] = [];
  const broken = new Error('no clock');
  source
    .pipe(recur(sum, { initialState: 0, reset: Promise.reject(broken) }))
    .subscribe({ error: error => errors.push(error) });
  await new Promise(resolve => setTimeout(resolve));
  expect(errors).toEqual([broken]);
});

test('an array resets as the stream begins', () => {
  const outputs: number[] = [];
  from([1, 2])
    .pipe(recur(sum, { initialState: 0, reset: ['a', 'b'] }))
    .subscribe(v => outputs.push(v));
  expect(outputs).toEqual([1, 3]);
});

test('an async iterable resets at each of its values and is closed with the stream', async () => {
  const ticks = new Subject<void>();
  let closed = false;
  async function* resets() {
    try {
      for (;;) yield await new Promise<void>(resolve => ticks.subscribe(resolve));
    } finally {
      closed = true;
    }
  }
  const source = new Subject<number>();
  const outputs: number[] = [];
  source.pipe(recur(sum, { initialState: 0, reset: resets() })).subscribe(v => outputs.push(v));
  const turn = () => new Promise(resolve => setTimeout(resolve));
  for (const v of [1, 2, 4]) {
    source.next(v);
    await turn();
    if (v === 2) ticks.next();
    await turn();
  }
  source.complete();
  ticks.next();
  await turn();
  expect(outputs).toEqual([1, 3, 4]);
  expect(closed).toBe(true);
});

describe('a reset that emits a snapshot', () => {
  const model = lstm(1, 2, { seed: 1 });
  const data = [[0.5], [-0.25], [1]];
  const m = stateful(model);
  m(data[0]);
  const snapshot = m.snapshot();
  const wanted = [m(data[1]), m(data[2])];

  function outputsAfter(emission: unknown) {
    const source = new Subject<number[]>();
    const reset = new Subject<unknown>();
    const seen: unknown[] = [];
    source.pipe(recur(model, { reset })).subscribe({
      next: v => seen.push(v),
      error: error => seen.push(error),
    });
    source.next([9]);
    reset.next(emission);
    for (const v of data.slice(1)) source.next(v);
    return seen.slice(1);
  }

  test('goes on from it, and from its parsed JSON', () => {
    expect(outputsAfter(snapshot)).toEqual(wanted);
    expect(outputsAfter(JSON.parse(JSON.stringify(snapshot)))).toEqual(wanted);
  });

  test('anything else, a snapshot as text among it, resets', () => {
    const fresh = stateful(model).map(data.slice(1));
    for (const other of [undefined, null, 0, {}, { format: 'other' }, JSON.stringify(snapshot)]) {
      expect(outputsAfter(other)).toEqual(fresh);
    }
  });

  test('one that does not fit is an error notification', () => {
    const other = stateful(lstm(1, 3)).snapshot();
    const [error, ...rest] = outputsAfter(other);
    expect(error).toBeInstanceOf(RecurError);
    expect(String(error)).toBe(
      'RecurError: restore: expected a snapshot of Recur(LSTMCell(1, 2)), got one of Recur(LSTMCell(1, 3))',
    );
    expect(rest).toEqual([]);
    const [broken] = outputsAfter({ format: 'rxrecur/state', version: 9 });
    expect(String(broken)).toBe('RecurError: snapshot.version: expected 1, got 9');
  });

  test('a reset after it returns to the initial state', () => {
    const source = new Subject<number[]>();
    const reset = new Subject<unknown>();
    const seen: unknown[] = [];
    source.pipe(recur(model, { reset })).subscribe(v => seen.push(v));
    reset.next(snapshot);
    reset.next('again');
    source.next(data[0]);
    expect(seen).toEqual([stateful(model)(data[0])]);
  });
});
