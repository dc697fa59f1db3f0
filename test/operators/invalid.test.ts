import { Subject } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { RecurError, recur } from '../../src/index.js';
import { nothingIsThrownLate } from '../laws/late.js';
import { emitted, recurOf } from '../laws/nets.js';
import { marbles, sum, sumChain, sumLayer } from './models.js';

nothingIsThrownLate();

const floats = (...values: number[]) => values.map(v => Float32Array.of(v));

describe("onInvalid 'error', the default", () => {
  test('ends the stream with one RecurError that says where, what and which', () => {
    for (const config of [{}, { onInvalid: 'error' }, { onInvalid: undefined }]) {
      const source = new Subject<unknown>();
      const seen: unknown[] = [];
      source.pipe(recurOf(sumLayer, config) as never).subscribe({
        next: y => seen.push(y),
        error: error => seen.push(error),
        complete: () => seen.push('complete'),
      });
      for (const x of [1, [2], Number.NaN, 4]) source.next(x);
      expect(source.observed).toBe(false);
      expect(seen.slice(0, 2)).toEqual(floats(1, 3));
      expect(seen).toHaveLength(3);
      expect(seen[2]).toBeInstanceOf(RecurError);
      expect(seen[2]).toMatchObject({
        where: 'rnn.x',
        expected: 'finite numbers',
        got: 'NaN at [0]',
        step: 2,
        message: 'rnn.x: expected finite numbers, got NaN at [0]',
      });
    }
  });

  test('in the turn of the datum', () => {
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('-a-b-c-', { a: 1, b: Number.NaN, c: 4 });
      const texts = recur(sumLayer, { project: (y: Float32Array, _: number) => y[0] });
      const error = new RecurError({
        where: 'rnn.x',
        expected: 'finite numbers',
        got: 'NaN at [0]',
        step: 1,
      });
      expectObservable(source.pipe(texts)).toBe('-p-#', { p: 1 }, error);
      expectSubscriptions(source.subscriptions).toBe('^--!');
    });
  });

  test('a chain says which member', () => {
    const errors: RecurError[] = [];
    const source = new Subject<unknown>();
    source.pipe(sumChain as never).subscribe({ error: error => errors.push(error) });
    source.next([1, 2]);
    expect(errors.map(String)).toEqual([
      'RecurError: chain[0].rnn.x: expected [1] or [1, batch], got [2]',
    ]);
  });
});

test("onInvalid 'skip' drops the datum and goes on", () => {
  const events = [1, Number.NaN, 2, 'x', [], 4];
  for (const model of [sumLayer, sumChain]) {
    expect(emitted(recurOf(model, { onInvalid: 'skip' }), events)).toEqual(floats(1, 3, 7));
  }
});

test('onInvalid as a function is told of the error and the event, in order', () => {
  const log: unknown[] = [];
  const onInvalid = ({ step, got }: RecurError, event: unknown) => log.push({ step, got, event });
  const source = new Subject<unknown>();
  source
    .pipe(recurOf(sumLayer, { onInvalid }) as never)
    .subscribe(y => log.push((y as Float32Array)[0]));
  for (const x of [1, Number.NaN, 2, 'x']) source.next(x);
  expect(log).toEqual([
    1,
    { step: 1, got: 'NaN at [0]', event: Number.NaN },
    3,
    { step: 3, got: "'x'", event: 'x' },
  ]);
});

test('steps are counted over resets, from the subscription', () => {
  const steps: unknown[] = [];
  const onInvalid = ({ step }: RecurError) => steps.push(step);
  const model = recurOf(sumLayer, { onInvalid, reset: (events$: unknown) => events$ });
  emitted(model, [1, Number.NaN, 2, Number.NaN]);
  emitted(model, [Number.NaN]);
  expect(steps).toEqual([1, 3, 0]);
});

test('what onInvalid throws is the error notification', () => {
  const stop = new Error('enough');
  const seen: unknown[] = [];
  const onInvalid = () => {
    throw stop;
  };
  const source = new Subject<unknown>();
  source.pipe(recurOf(sumLayer, { onInvalid }) as never).subscribe({
    next: y => seen.push(y),
    error: error => seen.push(error),
  });
  for (const x of [1, Number.NaN, 2]) source.next(x);
  expect(seen).toEqual([...floats(1), stop]);
});

test("errors of the source and of the reset are nobody's data: they end the stream", () => {
  const lost = new Error('line lost');
  for (const broken of ['source', 'reset'] as const) {
    const [source, reset] = [new Subject<number>(), new Subject<void>()];
    const errors: unknown[] = [];
    source
      .pipe(recur(sum, { initialState: 0, reset, onInvalid: 'skip' }))
      .subscribe({ error: error => errors.push(error) });
    (broken === 'source' ? source : reset).error(lost);
    expect(errors).toEqual([lost]);
    expect(source.observed || reset.observed).toBe(false);
  }
});

test('a snapshot that does not fit is not skipped', () => {
  const reset = new Subject<unknown>();
  const errors: unknown[] = [];
  new Subject<number>()
    .pipe(recur(sum, { initialState: 0, reset, onInvalid: 'skip' }))
    .subscribe({ error: error => errors.push(error) });
  reset.next({ format: 'rxrecur/state' });
  expect(errors).toEqual([expect.any(RecurError)]);
});

test('an invalid datum resets all the same where the reset is made of the events', () => {
  const model = recurOf(sumLayer, { onInvalid: 'skip', reset: (events$: unknown) => events$ });
  expect(emitted(model, [1, Number.NaN, 2])).toEqual(floats(1, 2));
});
