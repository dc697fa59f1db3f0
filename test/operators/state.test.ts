import { BehaviorSubject, concat, from, of, Subject, take, throwError } from 'rxjs';
import { describe, expect, test } from 'vitest';
import {
  backend,
  chain,
  gru,
  lstm,
  type RecurConfig,
  recur,
  Snapshot,
  stateful,
} from '../../src/index.js';
import { nothingIsThrownLate } from '../laws/late.js';
import { recurOf } from '../laws/nets.js';
import { sum } from './models.js';

nothingIsThrownLate();

/** A running sum over a source that this test feeds, and everything that happens, in order. */
function observed(config: Partial<RecurConfig<number, number>> = {}) {
  const source = new Subject<number>();
  const reset = new Subject<unknown>();
  const log: string[] = [];
  const state = { next: (snapshot: Snapshot) => log.push(`state ${snapshot.state}`) };
  const model = recurOf(sum, { initialState: 0, reset, state, ...config });
  const subscription = source.pipe(model as never).subscribe({
    next: v => log.push(`out ${v}`),
    error: error => log.push(String(error)),
    complete: () => log.push('complete'),
  });
  return { source, reset, log, subscription };
}

test('the observer is told after each step, before its output', () => {
  const { source, log } = observed();
  source.next(1);
  source.next(2);
  expect(log).toEqual(['state 1', 'out 1', 'state 3', 'out 3']);
});

test('the observer is told after each reset and each restored snapshot', () => {
  const { source, reset, log } = observed();
  source.next(1);
  reset.next('now');
  const m = stateful(sum, { initialState: 7 });
  reset.next(m.snapshot());
  source.next(1);
  expect(log).toEqual(['state 1', 'out 1', 'state 0', 'state 7', 'state 8', 'out 8']);
});

test('nothing is told before the first step, nor at completion', () => {
  const { source, log } = observed();
  expect(log).toEqual([]);
  source.complete();
  expect(log).toEqual(['complete']);
});

describe('on an error the last good state is told once more, before the error', () => {
  test('of the source', () => {
    const { source, log } = observed();
    source.next(1);
    source.error(new Error('line lost'));
    expect(log).toEqual(['state 1', 'out 1', 'state 1', 'Error: line lost']);
  });

  test('of a step', () => {
    const careful = (total: number, x: number) => {
      if (x < 0) throw new Error('negative');
      return sum(total, x);
    };
    const log: unknown[] = [];
    of(1, 2, -1, 4)
      .pipe(recur(careful, { initialState: 0, state: ({ state }) => log.push(state) }))
      .subscribe({ error: error => log.push(String(error)) });
    expect(log).toEqual([1, 3, 3, 'RecurError: careful: expected a return, got Error: negative']);
  });

  test('of the reset', () => {
    const { source, reset, log } = observed();
    source.next(1);
    reset.error(new Error('no clock'));
    expect(log).toEqual(['state 1', 'out 1', 'state 1', 'Error: no clock']);
  });

  test('of a reset made of the events', () => {
    const { source, log } = observed({
      reset: events$ =>
        concat(
          events$.pipe(take(2)),
          throwError(() => new Error('enough')),
        ),
    });
    source.next(1);
    source.next(2);
    expect(log).toEqual(['state 0', 'state 1', 'out 1', 'state 0', 'state 0', 'Error: enough']);
  });

  test('of a snapshot that does not fit', () => {
    const { source, reset, log } = observed();
    source.next(1);
    reset.next(stateful(gru(1, 2)).snapshot());
    expect(log.slice(2)).toEqual([
      'state 1',
      'RecurError: restore: expected a snapshot of Recur(function), got one of Recur(GRUCell(1, 2))',
    ]);
  });
});

test('the observer is never completed and never gets an error', () => {
  const log: string[] = [];
  const state = {
    next: () => log.push('next'),
    error: () => log.push('error'),
    complete: () => log.push('complete'),
  };
  from([1])
    .pipe(recur(sum, { initialState: 0, state }))
    .subscribe();
  throwError(() => new Error('line lost'))
    .pipe(recurOf(sum, { initialState: 0, state }) as never)
    .subscribe({ error: () => {} });
  expect(log).toEqual(['next', 'next']);
});

test('one subject can observe stream after stream', () => {
  const state = new BehaviorSubject<Snapshot<number> | undefined>(undefined);
  const model = recur(sum, { initialState: 0, state });
  from([1, 2]).pipe(model).subscribe();
  expect(state.value?.state).toBe(3);
  from([5]).pipe(model).subscribe();
  expect(state.value?.state).toBe(5);
  expect(state.closed || state.hasError || state.isStopped).toBe(false);
});

test('nothing is told once the subscriber has left', () => {
  const { source, reset, log, subscription } = observed();
  source.next(1);
  subscription.unsubscribe();
  source.next(2);
  reset.next('now');
  expect(log).toEqual(['state 1', 'out 1']);
});

test('a chunk is told once, a skipped datum not at all', () => {
  const log: unknown[] = [];
  const model = recurOf(sum, {
    initialState: 0,
    chunks: true,
    onInvalid: 'skip',
    state: ({ state }: Snapshot) => log.push(state),
  });
  from([[1, 2], [], 7, [4]])
    .pipe(model as never)
    .subscribe();
  expect(log).toEqual([3, 3, 7]);
});

test("an observer's throw is the output's error, the datum's output is not emitted", () => {
  const broken = new Error('disk full');
  const log: unknown[] = [];
  const state = () => {
    throw broken;
  };
  from([1, 2])
    .pipe(recur(sum, { initialState: 0, state }))
    .subscribe({ next: v => log.push(v), error: error => log.push(error) });
  expect(log).toEqual([broken]);
});

test("an observer's throw at a reset is the output's error", () => {
  let calls = 0;
  const state = () => {
    if (++calls === 2) throw new Error('disk full');
  };
  const { source, reset, log } = observed({ state });
  source.next(1);
  reset.next('now');
  expect(log).toEqual(['out 1', 'Error: disk full']);
});

test('a stateful model tells its observer too, and lets its throw through', () => {
  const log: unknown[] = [];
  const m = stateful(sum, { initialState: 0, state: ({ state }) => log.push(state) });
  m(1);
  m.map([2, 3]);
  m.reset();
  m.restore(m.snapshot());
  expect(log).toEqual([1, 6, 0, 0]);
  const broken = stateful(sum, {
    initialState: 0,
    state: () => {
      throw new Error('disk full');
    },
  });
  expect(() => broken(1)).toThrow('disk full');
});

test("what is told is a snapshot of the layer's own state", () => {
  const told: Snapshot[] = [];
  const model = chain(lstm(1, 2, { seed: 1 }), gru(2, 3, { seed: 2 }));
  from([[1], [2]])
    .pipe(recur(model, { state: snapshot => told.push(snapshot) }))
    .subscribe();
  expect(told).toHaveLength(2);
  expect(told[1]).toBeInstanceOf(Snapshot);
  expect(told[1]).toMatchObject({
    format: 'rxrecur/state',
    version: 1,
    backend: backend(model),
    layer: 'Chain(Recur(LSTMCell(1, 2)), Recur(GRUCell(2, 3)))',
    batch: 0,
  });
  const m = stateful(model);
  m.map([[1], [2]]);
  expect(told[1].state).toEqual(m.state);
});
