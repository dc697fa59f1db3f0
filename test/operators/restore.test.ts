import { from, of, retry, Subject, throwError } from 'rxjs';
import { expect, test } from 'vitest';
import { gru, RecurError, recur, type Snapshot, stateful } from '../../src/index.js';
import { nothingIsThrownLate } from '../laws/late.js';
import { emitted, recurOf } from '../laws/nets.js';
import { sum } from './models.js';

nothingIsThrownLate();

/** A snapshot of a running sum that stands at n. */
const at = (n: number) => stateful(sum, { initialState: n }).snapshot();

test('restore is for the first step only: a reset goes to the initial state', () => {
  const source = new Subject<number>();
  const reset = new Subject<void>();
  const outputs: number[] = [];
  source
    .pipe(recur(sum, { initialState: 100, restore: at(7), reset }))
    .subscribe(v => outputs.push(v));
  source.next(1);
  reset.next();
  source.next(1);
  expect(outputs).toEqual([8, 101]);
});

test('each subscription is restored anew, from a factory once a subscription', () => {
  expect(emitted(recur(sum, { initialState: 0, restore: at(7) }), [1, 2])).toEqual([8, 10]);
  let saved: Snapshot<number> | undefined;
  let calls = 0;
  const model = recur(sum, {
    initialState: 0,
    restore: () => {
      calls++;
      return saved;
    },
    state: snapshot => {
      saved = snapshot;
    },
  });
  expect(emitted(model, [1, 2])).toEqual([1, 3]);
  expect(emitted(model, [1, 2])).toEqual([4, 6]);
  expect(calls).toBe(2);
});

test('a factory that keeps the last state lets retry go on where the stream broke', () => {
  let saved: Snapshot<number> | undefined;
  let connections = 0;
  const source = () => (connections++ === 0 ? [1, 2, Number.NaN] : [4]);
  const strict = (total: number, x: number) => {
    if (Number.isNaN(x)) throw new Error('line lost');
    return sum(total, x);
  };
  const outputs: number[] = [];
  from({ [Symbol.iterator]: () => source()[Symbol.iterator]() })
    .pipe(
      recur(strict, {
        initialState: 0,
        restore: () => saved,
        state: snapshot => {
          saved = snapshot;
        },
      }),
      retry(1),
    )
    .subscribe(v => outputs.push(v));
  expect(outputs).toEqual([1, 3, 7]);
});

test('parsed JSON restores too', () => {
  const restore = JSON.parse(JSON.stringify(at(7)));
  expect(emitted(recurOf(sum, { restore }), [1])).toEqual([8]);
});

test('a value that does not fit throws at the call, a factory that makes one notifies', () => {
  const wrong = stateful(gru(1, 2)).snapshot();
  const message =
    'restore: expected a snapshot of Recur(GRUCell(1, 3)), got one of Recur(GRUCell(1, 2))';
  expect(() => recurOf(gru(1, 3), { restore: wrong })).toThrow(message);
  const errors: unknown[] = [];
  of([1])
    .pipe(recurOf(gru(1, 3), { restore: () => wrong }) as never)
    .subscribe({ error: error => errors.push(error) });
  expect(errors).toEqual([expect.any(RecurError)]);
  expect(String(errors[0])).toContain(message);
});

test("a factory's throw is the error notification; nothing is subscribed", () => {
  const broken = new Error('no such file');
  let subscribed = 0;
  const source = new Subject<number>();
  for (const option of ['restore', 'initialState', 'reset']) {
    const factory = () => {
      throw broken;
    };
    const errors: unknown[] = [];
    source
      .pipe(recurOf(sum, { [option]: factory }) as never)
      .subscribe({ next: () => subscribed++, error: error => errors.push(error) });
    expect(errors).toEqual([broken]);
    expect(source.observed).toBe(false);
  }
  expect(subscribed).toBe(0);
});

test('a factory of an initial state that does not fit notifies at subscription and at reset', () => {
  const states = [[0, 0], [0]];
  const reset = new Subject<void>();
  const source = new Subject<number[]>();
  const seen: string[] = [];
  source
    .pipe(recurOf(gru(1, 2), { initialState: () => states.shift(), reset }) as never)
    .subscribe({
      next: () => seen.push('out'),
      error: error => seen.push(String(error)),
    });
  source.next([1]);
  reset.next();
  expect(seen).toEqual([
    'out',
    'RecurError: gru.initialState: expected [2] or [2, batch], got [1]',
  ]);
});

test('a reset given as a function that returns no observable is one error notification', () => {
  const errors: unknown[] = [];
  throwError(() => new Error('never reached'))
    .pipe(recurOf(sum, { reset: () => undefined }) as never)
    .subscribe({ error: error => errors.push(String(error)) });
  expect(errors).toEqual([
    'RecurError: recur.reset: expected an observable, or a function of the source, got undefined',
  ]);
});
