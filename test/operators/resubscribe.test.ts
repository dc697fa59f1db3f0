import {
  concat,
  defer,
  delay,
  filter,
  map,
  of,
  repeat,
  retry,
  Subject,
  share,
  switchMap,
  take,
  throwError,
} from 'rxjs';
import { describe, expect, test } from 'vitest';
import { recur } from '../../src/index.js';
import { nothingIsThrownLate } from '../laws/late.js';
import { marbles, runningSums, sum } from './models.js';

nothingIsThrownLate();

const x = { a: 1, b: 2, c: 4 };
const y = { p: 1, q: 3, r: 7, b: 2, s: 6 };

describe.each(Object.entries(runningSums))('%s', (_, model) => {
  test('retry begins again at the initial state', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-a-b-#', x);
      expectObservable(source.pipe(model, retry(1))).toBe('-p-q--p-q-#', y);
      expectSubscriptions(source.subscriptions).toBe(['^----!', '-----^----!']);
    });
  });

  test('retry begins again after an invalid datum', () => {
    let first = true;
    const flaky$ = defer(() => {
      const events = first ? [1, Number.NaN] : [2, 4];
      first = false;
      return of(...events);
    });
    const strict = map((v: number) => {
      if (Number.isNaN(v)) throw new Error('odd');
      return v;
    });
    const outputs: number[] = [];
    flaky$.pipe(strict, model, retry(1)).subscribe(v => outputs.push(v));
    expect(outputs).toEqual([1, 2, 6]);
  });

  test('repeat begins again at the initial state', () => {
    marbles(({ cold, expectObservable }) => {
      expectObservable(cold('-a-b|', x).pipe(model, repeat(2))).toBe('-p-q-p-q|', y);
    });
  });

  test('two subscribers of one output have each their own state', () => {
    marbles(({ hot, expectObservable }) => {
      const output = hot('-a-b-c|', x).pipe(model);
      expectObservable(output).toBe('     -p-q-r|', y);
      expectObservable(output, '--^').toBe('---b-s|', y);
    });
  });

  test('share gives both the state of the first', () => {
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('-a-b-c|', x);
      const output = source.pipe(model, share());
      expectObservable(output).toBe('     -p-q-r|', y);
      expectObservable(output, '--^').toBe('---q-r|', y);
      expectSubscriptions(source.subscriptions).toBe('^-----!');
    });
  });

  test('in switchMap every inner stream is its own', () => {
    const outputs: number[] = [];
    of(10, 20)
      .pipe(switchMap(n => of(n, n + 1).pipe(model)))
      .subscribe(v => outputs.push(v));
    expect(outputs).toEqual([10, 21, 20, 41]);
  });

  test('a subscriber that leaves in the turn of its first output gets no second', () => {
    const source = new Subject<number>();
    const outputs: number[] = [];
    source.pipe(model, take(1)).subscribe(v => outputs.push(v));
    source.next(1);
    source.next(2);
    expect(outputs).toEqual([1]);
    expect(source.observed).toBe(false);
  });
});

test('each subscription subscribes to the reset once and frees it', () => {
  marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
    const source = cold('-a-b|', x);
    const reset = hot('--------');
    const model = recur(sum, { initialState: 0, reset });
    expectObservable(source.pipe(model, repeat(2))).toBe('-p-q-p-q|', y);
    expectSubscriptions(reset.subscriptions).toBe(['^---!', '----^---!']);
  });
});

test('retry after an error of the reset begins again', () => {
  marbles(({ cold, hot, expectObservable }) => {
    const source = hot('-a-b-c---|', x);
    const reset = cold('--#');
    const model = recur(sum, { initialState: 0, reset });
    expectObservable(source.pipe(model, retry(1))).toBe('-p-b#', y);
  });
});

test('a reset on a timer works in the time of the scheduler', () => {
  marbles(({ cold, expectObservable }) => {
    const source = cold('a-a-a-a-a-(a|)', { a: 1 });
    const reset = (events$: { pipe: typeof source.pipe }) =>
      events$.pipe(
        filter((v: number) => v === 1),
        take(1),
        delay(5),
      );
    const model = recur(sum, { initialState: 0, reset: reset as never });
    expectObservable(source.pipe(model)).toBe('1-2-3-1-2-(3|)', { 1: 1, 2: 2, 3: 3 });
  });
});

test('an output used as the reset of another is a stream like any other', () => {
  const source = new Subject<number>();
  const alarms = source.pipe(
    recur((n: number, x: number) => [n + x, n + x > 4] as const, { initialState: 0 }),
    filter(Boolean),
  );
  const outputs: number[] = [];
  source.pipe(recur(sum, { initialState: 0, reset: alarms })).subscribe(v => outputs.push(v));
  for (const v of [1, 2, 3, 1]) source.next(v);
  expect(outputs).toEqual([1, 3, 3, 1]);
});

test('an error is notified once, however many retries meet it', () => {
  const errors: unknown[] = [];
  concat(
    of(1),
    throwError(() => new Error('line lost')),
  )
    .pipe(recur(sum, { initialState: 0 }), retry(3))
    .subscribe({ error: error => errors.push(String(error)) });
  expect(errors).toEqual(['Error: line lost']);
});
