import { setTimeout as wait } from 'node:timers/promises';
import { Observable, of, Subject } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { NdView } from '../../src/arrays/ndarray.js';
import {
  type Backend,
  chain,
  dense,
  gru,
  lstm,
  RecurError,
  recur,
  stateful,
} from '../../src/index.js';
import { type AnyCell, internals } from '../../src/streams/cell.js';
import { cellOf } from '../../src/streams/model.js';

/** The pool of a model's engine. */
function poolOf(model: unknown, backend?: Backend) {
  const engine = (cellOf(model) as AnyCell)[internals].engines?.get(backend);
  if (!engine) throw new TypeError('no engine');
  return engine.pool;
}

/** Where the next stream's room would begin, and how large the memory is. */
function room(model: unknown) {
  const pool = poolOf(model);
  const at = pool.take(3);
  pool.give(at, 3);
  return { at, size: pool.memory.length };
}

const batchOf = (n: number) => new NdView(new Float32Array(2 * n).fill(0.5), [2, n]);

describe('a layer’s memory is where it was', () => {
  test('after 10⁵ subscriptions, one after another and hundreds at a time', () => {
    const layer = lstm(2, 5, { seed: 1 });
    const source = new Subject<number[]>();
    const open = Array.from({ length: 200 }, () => source.pipe(layer).subscribe());
    source.next([1, 2]);
    for (const subscription of open) subscription.unsubscribe();
    const { size } = room(layer);
    for (let i = 0; i < 1e5; i++) of([1, 2]).pipe(layer).subscribe().unsubscribe();
    expect(room(layer).size).toBe(size);
    // All that was taken is there to be taken again.
    const again = Array.from({ length: 200 }, () => source.pipe(layer).subscribe());
    expect(poolOf(layer).memory.length).toBe(size);
    for (const subscription of again) subscription.unsubscribe();
  });

  test('after streams that completed, failed, were reset, restored or batched', () => {
    const layer = chain(gru(2, 5, { seed: 1 }), dense(5, 2, { seed: 1 }));
    const snapshot = stateful(layer).snapshot();
    const round = () => {
      of([1, 2]).pipe(layer).subscribe();
      of([1, Number.NaN])
        .pipe(layer)
        .subscribe({ error: () => {} });
      of([1, 2], [2, 3])
        .pipe(recur(layer, { reset: events => events }))
        .subscribe();
      of([1, 2])
        .pipe(recur(layer, { restore: snapshot }))
        .subscribe();
      of(batchOf(9)).pipe(layer).subscribe();
      of([1, 2])
        .pipe(
          recur(layer, {
            project: () => {
              throw new Error('mine');
            },
          }),
        )
        .subscribe({ error: () => {} });
      const misfit = recur(layer, { restore: () => ({ format: 'rxrecur/state' }) });
      of([1, 2])
        .pipe(misfit as never)
        .subscribe({ error: () => {} });
      layer.cell(undefined, [1, 2]);
      layer.initialState();
    };
    round();
    const before = room(layer);
    for (let i = 0; i < 1000; i++) round();
    expect(room(layer)).toEqual(before);
  });

  test('after chains with functions that could not start', () => {
    const layer = gru(2, 5, { seed: 1 });
    const mixed = chain(layer, (y: Float32Array) => y, gru(5, 2, { seed: 1 }));
    const start = () => mixed.cell([[0, 0, 0, 0, 0], undefined, ['wrong']] as never, [1, 2]);
    expect(start).toThrow(RecurError);
    const before = room(layer);
    for (let i = 0; i < 1000; i++) expect(start).toThrow();
    expect(room(layer)).toEqual(before);
  });

  test('after stateful models that were dropped', async () => {
    const layer = lstm(2, 5, { seed: 1 });
    const use = () => {
      for (let i = 0; i < 1000; i++) stateful(layer)([1, 2]);
    };
    const { heap } = poolOf(layer);
    const before = heap.regions;
    const collected = async () => {
      // Given back when the collector gets to it, which is asked to as often as it takes.
      for (let tries = 0; tries < 100 && heap.regions > before + 100; tries++) {
        globalThis.gc?.();
        await wait(5);
      }
      return heap.regions <= before + 100;
    };
    for (let i = 0; i < 4; i++) {
      use();
      expect(await collected()).toBe(true);
    }
  });
});

describe('a stream that ends in the middle of its own step disturbs no other', () => {
  const layer = lstm(2, 3, { seed: 1 });
  const wanted = (() => {
    const m = stateful(layer);
    return [1, 2, 3, 4].map(v => m([v, -v]));
  })();

  const ending = <T>(end: () => void, value: T) => {
    end();
    return value;
  };

  /** Steps a witness around a stream that `end`s itself by one of its callbacks. */
  const around = (configOf: (end: () => void) => object) => {
    const witness = new Subject<number[]>();
    const seen: unknown[] = [];
    witness.pipe(layer).subscribe(y => seen.push(y));
    const source = new Subject<number[]>();
    const thrown: unknown[] = [];
    const start = () => {
      let end = () => {};
      const operator = recur(layer, configOf(() => end()) as never);
      const subscription = (operator as never as (s: Observable<number[]>) => Observable<unknown>)(
        source,
      ).subscribe({ error: error => thrown.push(error) });
      end = () => subscription.unsubscribe();
    };
    for (const v of [1, 2, 3, 4]) {
      start();
      witness.next([v, -v]);
      source.next([9, 9]);
      // Others take what was given back.
      stateful(layer)([7, 7]);
    }
    expect(seen).toEqual(wanted);
    expect(thrown).toEqual([]);
  };

  test.each<[string, (end: () => void) => object]>([
    ['select', end => ({ select: (x: unknown) => ending(end, x) })],
    [
      'select, told of what is invalid',
      end => ({
        select: (x: unknown) => ending(end, x),
        onInvalid: () => {
          throw new Error('there is nothing invalid');
        },
      }),
    ],
    ['project', end => ({ project: (y: unknown) => ending(end, y) })],
    [
      'project, which throws',
      end => ({
        project: () => {
          end();
          throw new Error('mine');
        },
      }),
    ],
    ['the observer of states', end => ({ state: () => end() })],
    [
      'the notifier of resets',
      end => ({
        reset: (events: Observable<unknown>) =>
          new Observable(subscriber =>
            events.subscribe(() => {
              end();
              subscriber.next(undefined);
            }),
          ),
      }),
    ],
  ])('by %s', (_, configOf) => around(configOf));

  test('and no room is lost by it', () => {
    const round = () => {
      const source = new Subject<number[]>();
      const project = () => {
        subscription.unsubscribe();
        throw new Error('mine');
      };
      const subscription = source.pipe(recur(layer, { project })).subscribe();
      source.next([1, 2]);
    };
    round();
    const before = room(layer);
    for (let i = 0; i < 1000; i++) round();
    expect(room(layer)).toEqual(before);
  });
});

describe('a batch for which there is no memory', () => {
  test('is an error that leaves the stream where it was', () => {
    const layer = lstm(1, 256, { seed: 1 });
    const m = stateful(layer);
    const pool = poolOf(layer);
    const take = pool.take.bind(pool);
    pool.take = blocks => {
      if (blocks > 3) throw new RangeError('no more memory');
      return take(blocks);
    };
    expect(() => m(new NdView(new Float32Array(8), [1, 8]))).toThrow(RecurError);
    const other = stateful(layer);
    other([5]);
    pool.take = take;
    expect(m([1])).toEqual(stateful(layer)([1]));
    expect(m([1])).not.toEqual(other([1]));
  });
});
