import { of, Subject, throwError } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { chain, type Keyed, keyedSnapshots, type RecurError, rnn } from '../../src/index.js';
import { nothingIsThrownLate } from '../laws/late.js';
import { running, sums } from './keyed.js';

nothingIsThrownLate();

const times = (factor: number) => ({ weightIh: [factor] });

describe('weights', () => {
  test('count for all keys from the next event on, the states untouched', () => {
    const weights = new Subject<unknown>();
    const { send, emitted } = running({ weights });
    send(['a', 1], ['b', 2]);
    weights.next(times(10));
    send(['a', 1], ['b', 1], ['c', 1]);
    expect(emitted).toEqual(['a1', 'b2', 'a11', 'b12', 'c10']);
  });

  test('step what waits with the old set first, and emit it', () => {
    const weights = new Subject<unknown>();
    const batch = { maxSize: 9, maxDelay: 1e6 };
    const { source, send, emitted } = running({ weights, batch });
    send(['a', 1], ['b', 2]);
    expect(emitted).toEqual([]);
    weights.next(times(10));
    expect(emitted).toEqual(['a1', 'b2']);
    send(['a', 1], ['b', 1]);
    source.complete();
    expect(emitted).toEqual(['a1', 'b2', 'a11', 'b12']);
  });

  test('that come while an event is selected or projected count from the next one on', () => {
    const weights = new Subject<unknown>();
    let factor = 10;
    const { send, emitted } = running({
      weights,
      project(y: Float32Array, [key]: [string]) {
        weights.next(times(factor++));
        return `${key}${y[0]}`;
      },
    });
    send(['a', 1], ['a', 1], ['a', 1]);
    expect(emitted).toEqual(['a1', 'a11', 'a22']);
  });

  test('are there before the first event, and do not over-pull', () => {
    const { send, emitted } = running({ weights: of(times(3)) });
    send(['a', 1]);
    expect(emitted).toEqual(['a3']);
  });

  test('hold for keys that are reset, evicted and born after them', () => {
    const [weights, reset, evict] = [new Subject(), new Subject(), new Subject()];
    const { send, emitted } = running({ weights, reset, evict });
    send(['a', 1], ['b', 1]);
    weights.next(times(10));
    reset.next('a');
    evict.next('b');
    send(['a', 1], ['b', 1]);
    expect(emitted).toEqual(['a1', 'b1', 'a10', 'b10']);
  });

  test('that do not fit are one error, after what waited, the states intact', () => {
    const weights = new Subject<unknown>();
    const batch = { maxSize: 9, maxDelay: 1e6 };
    const { send, emitted, ends } = running({ weights, batch });
    send(['a', 1], ['b', 2]);
    weights.next({ weightIh: [1, 2] });
    expect(emitted).toEqual(['a1', 'b2']);
    expect(String((ends[0] as RecurError).message)).toBe(
      'weights.rnn.weightIh: expected [1, 1] (hidden 1, input 1), got [2]',
    );
    expect(weights.observed).toBe(false);
  });

  test('end the stream with their error; their completion changes nothing', () => {
    const error = new Error('the broker is gone');
    const { ends: failed } = running({ weights: throwError(() => error) });
    expect(failed.map(String)).toEqual([
      'RecurError: weights: expected parameter sets, got Error: the broker is gone',
    ]);
    expect((failed[0] as RecurError).cause).toBe(error);
    const { send, emitted, ends } = running({ weights: of() });
    send(['a', 1]);
    expect([emitted, ends]).toEqual([['a1'], []]);
  });

  test('go on in models with plain functions too, a machine a key', () => {
    const weights = new Subject<unknown>();
    const model = chain(sums, (y: Float32Array) => y);
    const { send, emitted } = running({ weights }, model);
    send(['a', 1], ['b', 2]);
    weights.next([times(10)]);
    send(['a', 1], ['b', 1]);
    expect(emitted).toEqual(['a1', 'b2', 'a11', 'b12']);
  });

  test('of other subscriptions are their own', () => {
    const weights = new Subject<unknown>();
    const { operator, send, emitted } = running({ weights });
    weights.next(times(10));
    const others: unknown[] = [];
    const source = new Subject<unknown>();
    source.pipe(operator).subscribe(y => others.push(y));
    source.next(['a', 1]);
    send(['a', 1]);
    expect([others, emitted]).toEqual([['a1'], ['a10']]);
  });

  test('are named by their digest in checkpoints and in evicted snapshots', () => {
    const weights = new Subject<unknown>();
    let keyed: Keyed<unknown> | undefined;
    const { send } = running({ weights, keyed: (own: Keyed<unknown>) => (keyed = own) });
    send(['a', 1]);
    const digest = () => keyedSnapshots(keyed?.snapshots() as Uint8Array).get('a')?.weights;
    const before = digest();
    weights.next(times(1));
    expect(digest()).toBe(before);
    weights.next(times(10));
    expect(digest()).not.toBe(before);
  });
});

test('weights that are no observable are refused at the call', () => {
  expect(() => running({ weights: 3 })).toThrow('recurBy.weights: expected an observable');
  expect(() => running({ weights: () => of() }, rnn(1, 1))).toThrow('recurBy.weights');
});
