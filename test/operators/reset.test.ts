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
import { type Reset, recur } from '../../src/index.js';
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

test('a subscriber may reset in answer to an output: the next datum begins again', () => {
  const [source, reset] = [new Subject<number>(), new Subject<void>()];
  const outputs: number[] = [];
  source.pipe(recur(sum, { initialState: 0, reset })).subscribe(total => {
    outputs.push(total);
    if (total >= 3) reset.next();
  });
  for (const v of [1, 2, 4, 1]) source.next(v);
  expect(outputs).toEqual([1, 3, 4, 1]);
});
