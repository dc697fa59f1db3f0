import { Subject } from 'rxjs';
import { describe, expect, test } from 'vitest';
import {
  chain,
  dense,
  gru,
  type Keyed,
  keyedSnapshots,
  lstm,
  recur,
  type Snapshot,
  stateful,
} from '../../src/index.js';
import { sameBits } from '../laws/bits.js';
import { nothingIsThrownLate } from '../laws/late.js';
import { keyedOf, pairs, running, sums } from './keyed.js';

nothingIsThrownLate();

/** Sums by key, fed by hand, and the keys of the subscription. */
function observed(config: object = {}, model: unknown = sums) {
  let keyed: Keyed<unknown> | undefined;
  const run = running({ ...config, keyed: (own: Keyed<unknown>) => void (keyed = own) }, model);
  return { ...run, keyed: keyed as unknown as Keyed<unknown> };
}

/** The sums of a checkpoint, by key. */
const sumsOf = (bytes: Uint8Array) =>
  [...keyedSnapshots(bytes)].map(([key, { state }]) => [key, (state as Float32Array)[0]]);

/** A sum's snapshot. */
function snapshotOf(total: number): Snapshot {
  const m = stateful(sums);
  m([total]);
  return m.snapshot();
}

describe('keyed', () => {
  test('tells the keys that have states, in the order in which they came', () => {
    const evict = new Subject<string>();
    const { send, keyed } = observed({ evict });
    send(['b', 1], ['a', 1], ['b', 1], ['c', 1]);
    evict.next('a');
    expect([...keyed.keys()]).toEqual(['b', 'c']);
    expect(keyed.size).toBe(2);
  });

  test('is another one for each subscription, and may be told as an observer', () => {
    const told: Keyed<string>[] = [];
    const source = new Subject<unknown>();
    const next = (keyed: Keyed<string>) => told.push(keyed);
    const operator = keyedOf(sums, { ...pairs, keyed: { next } });
    source.pipe(operator).subscribe();
    source.next(['a', 1]);
    source.pipe(operator).subscribe();
    source.next(['a', 1]);
    expect(told.map(({ snapshots }) => sumsOf(snapshots()))).toEqual([[['a', 2]], [['a', 1]]]);
  });

  test('a throw of who is told is the output’s error', () => {
    const broken = new Error('no');
    const keyed = () => {
      throw broken;
    };
    expect(running({ keyed }).ends).toEqual([broken]);
  });

  test('answers no checkpoint after the end, but does when the source completes', () => {
    const { send, source, keyed } = observed();
    const bytes: Uint8Array[] = [];
    let own: Keyed<string> | undefined;
    const operator = keyedOf(sums, { ...pairs, keyed: (k: Keyed<string>) => void (own = k) });
    source.pipe(operator).subscribe({ complete: () => bytes.push(own?.snapshots() as Uint8Array) });
    send(['a', 1]);
    source.complete();
    expect(sumsOf(bytes[0])).toEqual([['a', 1]]);
    expect(() => keyed.snapshots()).toThrow(
      'keyed.snapshots: expected a subscription that goes on, got one that has ended',
    );
  });

  test('refuses options that nobody reads', () => {
    const { keyed } = observed();
    const snapshots = keyed.snapshots as (options: unknown) => unknown;
    expect(() => snapshots({ change: true })).toThrow("got 'change'");
    expect(() => snapshots({ changed: 1 })).toThrow(
      'keyed.snapshots.changed: expected true or false, got 1',
    );
  });
});

describe('snapshots of what changed', () => {
  test('holds the keys that were stepped since the checkpoint before, full or not', () => {
    const { send, keyed } = observed();
    send(['a', 1], ['b', 2], ['c', 3]);
    expect(sumsOf(keyed.snapshots({ changed: true }))).toHaveLength(3);
    send(['b', 1], ['b', 1]);
    expect(sumsOf(keyed.snapshots({ changed: true }))).toEqual([['b', 4]]);
    send(['c', 1]);
    expect(sumsOf(keyed.snapshots())).toEqual([
      ['a', 1],
      ['b', 4],
      ['c', 4],
    ]);
    expect(sumsOf(keyed.snapshots({ changed: true }))).toEqual([]);
  });

  test('holds a key that was reset, and none that was evicted, whoever has its slot now', () => {
    const [reset, evict] = [new Subject<string>(), new Subject<string>()];
    const { send, keyed } = observed({ reset, evict });
    send(['a', 1], ['b', 2], ['c', 3]);
    keyed.snapshots();
    reset.next('a');
    send(['b', 1]);
    evict.next('b');
    expect(sumsOf(keyed.snapshots({ changed: true }))).toEqual([['a', 0]]);
    send(['d', 7]);
    expect(sumsOf(keyed.snapshots({ changed: true }))).toEqual([['d', 7]]);
  });

  test('holds a key that was restored, whether its first event is valid or not', () => {
    const { send, keyed } = observed({ restore: () => snapshotOf(10) });
    send(['a', 1]);
    expect(sumsOf(keyed.snapshots({ changed: true }))).toEqual([['a', 11]]);
  });

  test('holds no event that waits, and the key as it was', () => {
    const { send, keyed, source } = observed({ batch: { maxSize: 9, maxDelay: 1e6 } });
    send(['a', 1], ['a', 2], ['b', 1]);
    expect(sumsOf(keyed.snapshots({ changed: true }))).toEqual([
      ['a', 1],
      ['b', 0],
    ]);
    source.subscribe({ complete: () => {} });
    send(['b', 1]);
    expect(sumsOf(keyed.snapshots({ changed: true }))).toEqual([
      ['a', 3],
      ['b', 1],
    ]);
  });

  test('in the middle of a step tells of the time before it, and of the step next time', () => {
    const seen: unknown[] = [];
    const project = (y: Float32Array) => {
      seen.push(sumsOf(run.keyed.snapshots({ changed: true })));
      return y[0];
    };
    const run = observed({ project });
    run.send(['a', 1], ['a', 2]);
    expect(seen).toEqual([[['a', 0]], [['a', 1]]]);
    expect(sumsOf(run.keyed.snapshots({ changed: true }))).toEqual([['a', 3]]);
  });

  test('a checkpoint that could not be written leaves what changed to the next one', () => {
    const when = new Date(0);
    const odd = recur((_: unknown, x: number) => [x < 0 ? when : x, x] as const, {
      initialState: 0,
    });
    const select = ([, x]: readonly [string, number]) => x;
    const { send, keyed } = observed({ select, project: undefined }, odd);
    send(['a', 1], ['b', -1]);
    expect(() => keyed.snapshots({ changed: true })).toThrow(
      "keyed.snapshots('b').state: expected",
    );
    send(['b', 1]);
    const bytes = keyed.snapshots({ changed: true });
    expect([...keyedSnapshots(bytes)].map(([key, { state }]) => [key, state])).toEqual([
      ['a', 1],
      ['b', 1],
    ]);
  });
});

test.each([{ id: 1 }, [1], () => 1, Symbol('s')])('a key such as %o is refused by name', key => {
  const { source, keyed } = observed({ key: (e: { key: unknown }) => e.key, select: () => [1] });
  source.next({ key });
  expect(() => keyed.snapshots()).toThrow(
    'keyed.snapshots: expected keys that are strings, numbers, bigints, booleans, null or undefined',
  );
});

describe('restore of keyed', () => {
  test('gives many keys their states at once, whether they have one or not', () => {
    const restored: unknown[] = [];
    const { send, keyed, emitted } = observed({ restored: (back: unknown) => restored.push(back) });
    send(['a', 1], ['z', 1]);
    keyed.restore(
      new Map([
        ['a', snapshotOf(10)],
        ['b', snapshotOf(20)],
      ]),
    );
    expect([...keyed.keys()]).toEqual(['z', 'a', 'b']);
    send(['a', 1], ['b', 1], ['z', 1]);
    expect(emitted).toEqual(['a1', 'z1', 'a11', 'b21', 'z2']);
    expect(restored).toHaveLength(2);
  });

  test('steps first what waits of a key', () => {
    const { send, keyed, emitted, source } = observed({ batch: { maxSize: 9, maxDelay: 1e6 } });
    send(['a', 1]);
    keyed.restore([['a', snapshotOf(10)]]);
    expect(emitted).toEqual(['a1']);
    send(['a', 1]);
    source.complete();
    expect(emitted).toEqual(['a1', 'a11']);
  });

  test('throws for a snapshot that does not fit, and leaves the key as it was', () => {
    const { send, keyed, emitted, ends } = observed();
    send(['a', 1]);
    const wrong = stateful(gru(1, 1)).snapshot();
    expect(() => keyed.restore([['a', wrong]])).toThrow(/restore: expected a snapshot of/);
    expect(() => keyed.restore([['a', undefined as never]])).toThrow(/restore: expected a snap/);
    expect(() => keyed.restore(5 as never)).toThrow(
      'keyed.restore: expected pairs of a key and a snapshot, such as a Map, got 5',
    );
    send(['a', 1]);
    expect([emitted, ends]).toEqual([['a1', 'a2'], []]);
  });

  test('keeps to maxKeys', () => {
    const { keyed } = observed({ maxKeys: 2 });
    keyed.restore(['a', 'b', 'c'].map(key => [key, snapshotOf(1)] as const));
    expect([...keyed.keys()]).toEqual(['b', 'c']);
  });
});

test('states of any network come back as they were, plain functions among them', () => {
  const half = (v: Float32Array) => v.map(value => value / 2);
  const nets = [
    lstm(1, 3, { seed: 1 }),
    chain(lstm(1, 3, { seed: 1 }), dense(3, 2, { seed: 2 }), gru(2, 5, { seed: 3 })),
    chain(gru(1, 3, { seed: 1 }), half, gru(3, 2, { seed: 4 })),
    dense(1, 2, { seed: 1 }),
  ];
  for (const net of nets) {
    const { send, keyed } = observed({ project: undefined }, net);
    send(['a', 1], ['b', 2], ['a', 3]);
    const m = stateful(net as unknown as typeof sums);
    m([1]);
    m([3]);
    const { state, layer, backend, batch } = m.snapshot();
    const got = keyedSnapshots(keyed.snapshots()).get('a') as Snapshot;
    sameBits(got.state, state);
    expect(got).toMatchObject({ layer, backend, batch });
  }
});
