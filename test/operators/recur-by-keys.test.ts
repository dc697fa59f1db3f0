import { filter, map, type Observable, of, Subject } from 'rxjs';
import { describe, expect, test } from 'vitest';
import {
  chain,
  dense,
  type Evicted,
  gru,
  type Restored,
  recur,
  type Snapshot,
  stateful,
} from '../../src/index.js';
import { sameBits } from '../laws/bits.js';
import { nothingIsThrownLate } from '../laws/late.js';
import { emitted } from '../laws/nets.js';
import { signal } from '../laws/streams.js';
import { keyedOf, type Pair, pairs, running, sums, type Tagged, tagged } from './keyed.js';

nothingIsThrownLate();

const batch = { maxSize: 10, maxDelay: 1e6 };

describe('reset', () => {
  test('begins one key anew, at its initial state, and emits nothing', () => {
    const reset = new Subject<string>();
    const initialState = (key: string) => [key === 'a' ? 100 : 0];
    const { send, emitted: out } = running({ reset, initialState });
    send(['a', 1], ['b', 1]);
    reset.next('a');
    expect(out).toEqual(['a101', 'b1']);
    send(['a', 2], ['b', 2]);
    expect(out).toEqual(['a101', 'b1', 'a102', 'b3']);
  });

  test('that fires while the source emits comes before that event', () => {
    const source = new Subject<Pair>();
    const firsts$ = source.pipe(
      filter(([, x]) => x > 9),
      map(([key]) => key),
    );
    const fromEvents = (event$: Observable<Pair>) =>
      event$.pipe(
        filter(([, x]) => x > 9),
        map(([key]) => key),
      );
    for (const reset of [firsts$, fromEvents]) {
      for (const waiting of [undefined, batch]) {
        const outputs: unknown[] = [];
        const operator = keyedOf(sums, { ...pairs, reset, batch: waiting });
        const subscription = source.pipe(operator).subscribe(output => outputs.push(output));
        for (const event of [
          ['a', 1],
          ['b', 2],
          ['a', 10],
          ['b', 3],
        ] as const)
          source.next(event);
        const wanted = ['a1', 'b2', 'a10', 'b5'];
        // What waits may be emitted later: with the second event of its key.
        expect(outputs).toEqual(waiting ? wanted.slice(0, 2) : wanted);
        subscription.unsubscribe();
      }
    }
  });

  test('of a key that waits steps what waits first, in order', () => {
    const reset = new Subject<string>();
    const { send, emitted: out, source } = running({ reset, batch });
    send(['a', 1], ['b', 1]);
    reset.next('c');
    expect(out).toEqual([]);
    reset.next('b');
    expect(out).toEqual(['a1', 'b1']);
    send(['a', 1], ['b', 1]);
    source.complete();
    expect(out).toEqual(['a1', 'b1', 'a2', 'b1']);
  });

  test("passes its notifier's error on, and its completion changes nothing", () => {
    const reset = new Subject<string>();
    const { send, ends } = running({ reset });
    reset.error('broken');
    expect(ends).toEqual(['broken']);
    const completed = running({ reset: of('a') });
    completed.send(['a', 1]);
    expect(completed.emitted).toEqual(['a1']);
    send(['a', 1]);
  });

  test('a key that is reset before its first event is not restored', () => {
    const snapshot = snapshotOf(41);
    const reset = new Subject<string>();
    const { send, emitted: out } = running({ reset, restore: () => snapshot });
    reset.next('a');
    send(['a', 1], ['b', 1]);
    expect(out).toEqual(['a1', 'b42']);
  });

  test('asked for by project comes after the event at hand', () => {
    const reset = new Subject<string>();
    const project = (y: Float32Array, [key]: Pair) => {
      if (y[0] === 1) reset.next(key);
      return y[0];
    };
    const { send, emitted: out, source } = running({ reset, project, batch });
    send(['a', 1], ['b', 2], ['a', 5], ['b', 1]);
    source.complete();
    expect(out).toEqual([1, 2, 5, 3]);
  });
});

/** A sum's snapshot. */
function snapshotOf(total: number): Snapshot {
  const m = stateful(sums);
  m([total]);
  return m.snapshot();
}

describe('evict', () => {
  test('gives up a key, tells its state, and steps first what waits', () => {
    const evict = new Subject<string>();
    const gone: Evicted<string>[] = [];
    const waiting = running({ evict, batch, evicted: (e: Evicted<string>) => gone.push(e) });
    waiting.send(['a', 1], ['b', 2]);
    evict.next('b');
    evict.next('nobody');
    expect(waiting.emitted).toEqual(['a1', 'b2']);
    expect(gone.map(({ key, reason, snapshot }) => [key, reason, snapshot.state])).toEqual([
      ['b', 'evict', Float32Array.of(2)],
    ]);
    waiting.send(['b', 3], ['a', 1]);
    waiting.source.complete();
    expect(waiting.emitted).toEqual(['a1', 'b2', 'b3', 'a2']);
  });

  test('from the events comes before the event', () => {
    const evict = (event$: Observable<Pair>) => event$.pipe(map(([key]) => key));
    const { send, emitted: out } = running({ evict });
    send(['a', 1], ['a', 2]);
    expect(out).toEqual(['a1', 'a2']);
  });

  test.each([undefined, batch])(
    'a key that is given up and restored goes on, bit for bit (%s)',
    waiting => {
      const half = (v: Float32Array) => v.map(value => value / 2);
      const nets = [
        gru(3, 5, { seed: 1 }),
        chain(gru(3, 5, { seed: 2 }), half, dense(5, 2, { seed: 3 })),
      ];
      for (const net of nets) {
        const kept = new Map<number, unknown>();
        const restored: number[] = [];
        const keyed = keyedOf(net, {
          ...tagged,
          batch: waiting,
          maxKeys: 2,
          evicted: {
            next: ({ key, snapshot }: Evicted<number>) =>
              kept.set(key, JSON.parse(JSON.stringify(snapshot))),
          },
          restored: { next: ({ key }: Restored<number>) => restored.push(key) },
          restore: (key: number) => kept.get(key),
        });
        const events: Tagged[] = signal(5, 3, 60).map((x, at) => ({ key: (at * at) % 5, at, x }));
        const got = emitted(keyed, events) as { at: number; y: unknown }[];
        const want: unknown[] = [];
        for (const key of [0, 1, 4]) {
          const own = events.filter(event => event.key === key);
          const ys = emitted(
            net as never,
            own.map(({ x }) => x),
          );
          for (const [i, { at }] of own.entries()) want[at] = ys[i];
        }
        sameBits(
          got.map(({ y }) => y),
          want,
        );
        expect(restored.length).toBeGreaterThan(10);
      }
    },
  );
});

describe('maxKeys', () => {
  test('gives up the key that was used least recently', () => {
    const gone: unknown[] = [];
    const evicted = ({ key, reason }: Evicted<string>) => gone.push([key, reason]);
    const { send, emitted: out } = running({ maxKeys: 2, evicted });
    send(['a', 1], ['b', 1], ['a', 1], ['c', 1]);
    expect(gone).toEqual([['b', 'count']]);
    send(['a', 1], ['b', 1]);
    expect(gone).toEqual([
      ['b', 'count'],
      ['c', 'count'],
    ]);
    expect(out).toEqual(['a1', 'b1', 'a2', 'c1', 'a3', 'b1']);
  });

  test('steps first what waits of the key that goes', () => {
    const states: unknown[] = [];
    const evicted = ({ snapshot }: Evicted<string>) => states.push(snapshot.state);
    const { send, emitted: out } = running({ maxKeys: 1, evicted, batch });
    send(['a', 1], ['b', 2], ['c', 3]);
    expect(out).toEqual(['a1', 'b2']);
    expect(states).toEqual([Float32Array.of(1), Float32Array.of(2)]);
  });

  test('a key that cannot begin gives up no other', () => {
    const gone: unknown[] = [];
    const restore = (key: string) => (key === 'b' ? badSnapshot() : undefined);
    const evicted = ({ key }: Evicted<string>) => gone.push(key);
    const { send, emitted: out, invalid } = running({ maxKeys: 1, evicted, restore });
    send(['a', 1], ['b', 1], ['a', 1]);
    expect(out).toEqual(['a1', 'a2']);
    expect(gone).toEqual([]);
    expect(invalid.map(({ error }) => error.message)).toEqual([
      'restore: expected a snapshot of Recur(RNNCell(1, 1, identity; bias=false)), ' +
        'got one of Recur(GRUCell(1, 1))',
    ]);
  });

  test('a thousand keys in turn need the room of two', () => {
    const { send, emitted: out } = running({ maxKeys: 2 });
    for (let i = 0; i < 1000; i++) send([`k${i}`, i]);
    expect(out.at(-1)).toBe('k999999');
    expect(out).toHaveLength(1000);
  });
});

const badSnapshot = () => stateful(gru(1, 1)).snapshot();

test('an observer that throws ends the stream with its own error', () => {
  const broken = new Error('disk full');
  const evicted = () => {
    throw broken;
  };
  const { send, ends, invalid } = running({ maxKeys: 1, evicted });
  send(['a', 1], ['b', 1]);
  expect(ends).toEqual([broken]);
  expect(invalid).toEqual([]);
});

test('a state that no snapshot can keep ends the stream and names its path', () => {
  const odd = recur((h: unknown) => [h, 1] as const, {
    initialState: () => ({ when: new Date(0) }),
  });
  const { send, ends } = running({ maxKeys: 1, evicted: () => {}, project: undefined }, odd);
  send(['a', 1], ['b', 1]);
  expect(ends.map(String)).toEqual([expect.stringContaining('state.when: expected')]);
});

test('undefined, NaN and objects are keys as in a Map', () => {
  const one = {};
  const keys = [undefined, Number.NaN, one, {}, undefined, Number.NaN, one];
  const got: unknown[] = [];
  of(...keys.map(key => ({ key })))
    .pipe(keyedOf(sums, { key: (e: { key: unknown }) => e.key, select: () => [1], maxKeys: 9 }))
    .subscribe(y => got.push((y as Float32Array)[0]));
  expect(got).toEqual([1, 1, 1, 1, 2, 2, 2]);
});
