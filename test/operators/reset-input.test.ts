import { from, Subject } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { lstm, RecurError, recur, stateful } from '../../src/index.js';
import { nothingIsThrownLate } from '../laws/late.js';
import { sum } from './models.js';

nothingIsThrownLate();

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
