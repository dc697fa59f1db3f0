import { asapScheduler, queueScheduler, Subject, VirtualTimeScheduler } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { type Evicted, recur } from '../../src/index.js';
import { nothingIsThrownLate } from '../laws/late.js';
import { keyedOf, type Pair, pairs, running, sums } from './keyed.js';
import { marbles } from './models.js';

nothingIsThrownLate();

const x: Readonly<Record<string, Pair>> = { a: ['a', 1], b: ['b', 10], c: ['a', 2], d: ['b', 20] };
const y = { p: 'a1', q: 'b10', r: 'a3', s: 'b30' };

describe('batch', () => {
  test('steps what waits when there are maxSize, or maxDelay after the first', () => {
    marbles(({ hot, expectObservable }) => {
      const keyed = keyedOf(sums, { ...pairs, batch: { maxSize: 2, maxDelay: 5 } });
      expectObservable(hot('-a-b----c---------', x).pipe(keyed)).toBe('---(pq)------r----', y);
    });
  });

  test('two events of one key never share a batch', () => {
    marbles(({ hot, expectObservable }) => {
      const keyed = keyedOf(sums, { ...pairs, batch: { maxSize: 9, maxDelay: 20 } });
      const source = hot('       -a-b-c-d--|     ', x);
      expectObservable(source.pipe(keyed)).toBe('-----(pq)-(rs|)', y);
    });
  });

  test('maxDelay counts from the first of those that wait, whatever came before', () => {
    marbles(({ hot, expectObservable }) => {
      const keyed = keyedOf(sums, { ...pairs, batch: { maxSize: 9, maxDelay: 5 } });
      // a at 1 leaves at 4 with the next of its key, which then waits 5 itself.
      expectObservable(hot('-a--c-------', x).pipe(keyed)).toBe('----p----r--', y);
    });
  });

  test('an invalid datum does not make the others wait longer', () => {
    marbles(({ hot, expectObservable }) => {
      const keyed = keyedOf(sums, { ...pairs, batch: { maxSize: 9, maxDelay: 5 } });
      const source = hot('-a-n-n-n-n--', { ...x, n: ['n', Number.NaN] });
      expectObservable(source.pipe(keyed)).toBe('------p-----', y);
    });
  });

  test('completion steps what waits; an error and unsubscribing drop it', () => {
    marbles(({ hot, expectObservable }) => {
      const keyed = keyedOf(sums, { ...pairs, batch: { maxSize: 9, maxDelay: 50 } });
      expectObservable(hot('-a-b-|', x).pipe(keyed)).toBe('-----(pq|)', y);
      expectObservable(hot('-a-b-#', x).pipe(keyed)).toBe('-----#', y);
      expectObservable(hot('-a-b--', x).pipe(keyed), '^----!').toBe('------', y);
    });
  });

  test('no timer outlives the subscription', () => {
    const scheduler = new VirtualTimeScheduler();
    const { send, subscription } = running({
      batch: { maxSize: 9, maxDelay: 50 },
      idle: 1000,
      scheduler,
    });
    send(['a', 1]);
    expect(scheduler.actions.length).toBe(2);
    subscription.unsubscribe();
    expect(scheduler.actions.length).toBe(0);
  });

  test('timers that have rung are not kept by the subscription', () => {
    const scheduler = new VirtualTimeScheduler();
    const { send, subscription, emitted } = running({
      batch: { maxSize: 9, maxDelay: 1 },
      scheduler,
    });
    const kept = () => JSON.stringify(Object.keys(subscription)).length + finalizers(subscription);
    send(['a', 1]);
    scheduler.flush();
    const before = kept();
    for (let i = 0; i < 50; i++) {
      send(['a', 1]);
      scheduler.flush();
    }
    expect(emitted).toHaveLength(51);
    expect(kept()).toBe(before);
  });

  test('schedulers that do at once what need not wait keep the order', () => {
    for (const scheduler of [queueScheduler, asapScheduler]) {
      const { send, emitted, source } = running({
        batch: { maxSize: 9, maxDelay: 0 },
        scheduler,
      });
      send(['a', 1], ['b', 2], ['a', 3]);
      source.complete();
      expect(emitted).toEqual(['a1', 'b2', 'a4']);
    }
  });

  test('arrays that the producer writes again while they wait do not matter', () => {
    const sum = recur((h: number, [v]: Float32Array) => [h + v, Float32Array.of(h + v)] as const, {
      initialState: 0,
    });
    for (const model of [sums, sum]) {
      const source = new Subject<{ id: string; x: Float32Array }>();
      const outputs: unknown[] = [];
      const config = {
        key: ({ id }: { id: string }) => id,
        select: ({ x: input }: { x: Float32Array }) => input,
        batch: { maxSize: 3, maxDelay: 1e6 },
      };
      source.pipe(keyedOf(model, config)).subscribe(output => outputs.push(output));
      const shared = new Float32Array(1);
      for (const [i, id] of ['a', 'b', 'c'].entries()) {
        shared[0] = i + 1;
        source.next({ id, x: shared });
      }
      expect(outputs).toEqual([1, 2, 3].map(v => Float32Array.of(v)));
    }
  });

  test('a given initial state is copied at the call', () => {
    const begin = Float32Array.of(5);
    const { send, emitted } = running({ initialState: begin });
    begin[0] = 100;
    send(['a', 1]);
    expect(emitted).toEqual(['a6']);
  });
});

/** How many things an unsubscription would tell of it. */
function finalizers(subscription: object): number {
  const lists = [subscription, Reflect.get(subscription, 'destination') ?? {}] as object[];
  return lists.reduce((sum, of) => sum + (Reflect.get(of, '_finalizers')?.length ?? 0), 0);
}

describe('idle', () => {
  test('gives up a key so many milliseconds after its last event, by the scheduler', () => {
    const gone: unknown[] = [];
    marbles(({ hot, expectObservable, flush }) => {
      const evicted = ({ key, reason, snapshot }: Evicted<string>) =>
        gone.push([key, reason, (snapshot.state as Float32Array)[0]]);
      const keyed = keyedOf(sums, { ...pairs, idle: 5, evicted });
      const source = hot('       -a-b-c---d-----c----|', x);
      const wanted = '           -p-q-r---t-----u----|';
      // b at 9 comes 6 after the last of its key, and a at 15 comes 10 after.
      expectObservable(source.pipe(keyed)).toBe(wanted, { ...y, t: 'b20', u: 'a2' });
      flush();
    });
    expect(gone).toEqual([
      ['b', 'idle', 10],
      ['a', 'idle', 3],
      ['b', 'idle', 20],
    ]);
  });

  test('steps first what waits', () => {
    marbles(({ hot, expectObservable }) => {
      const keyed = keyedOf(sums, { ...pairs, idle: 4, batch: { maxSize: 9, maxDelay: 100 } });
      expectObservable(hot('-a-b------', x).pipe(keyed)).toBe('-----(pq)-', y);
    });
  });

  test('of ages longer than any timer schedules no timer that rings at once', () => {
    const delays: (number | undefined)[] = [];
    const scheduler = new VirtualTimeScheduler();
    const schedule = scheduler.schedule.bind(scheduler);
    const watched = {
      now: () => scheduler.now(),
      schedule: (work: never, delay?: number) => {
        delays.push(delay);
        return schedule(work, delay);
      },
    };
    const month = 31 * 24 * 3600 * 1000;
    for (const idle of [month, Number.POSITIVE_INFINITY]) {
      const { send, subscription } = running({ idle, scheduler: watched });
      send(['a', 1]);
      scheduler.flush();
      subscription.unsubscribe();
    }
    expect(delays).toEqual([2 ** 31 - 1, month - 2 ** 31 + 1]);
    expect(scheduler.now()).toBe(month);
  });
});
