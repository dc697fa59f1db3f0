import { Subject } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { type Evicted, gru, RecurError, type Snapshot, stateful } from '../../src/index.js';
import { nothingIsThrownLate } from '../laws/late.js';
import { running, sums } from './keyed.js';

nothingIsThrownLate();

const batch = { maxSize: 10, maxDelay: 1e6 };
const ways = [undefined, batch];

/** A sum's snapshot. */
function snapshotOf(total: number): Snapshot {
  const m = stateful(sums);
  m([total]);
  return m.snapshot();
}

/** A store that answers when it is told to. */
function slowStore() {
  const answers = new Map<string, (snapshot: unknown) => void>();
  const failures = new Map<string, (error: unknown) => void>();
  const asked: string[] = [];
  const restore = (key: string) => {
    asked.push(key);
    return new Promise((resolve, reject) => {
      answers.set(key, resolve);
      failures.set(key, reject);
    });
  };
  /** Ends after those who wait for the answer have heard it. */
  const answer = async (key: string, snapshot?: unknown) => {
    answers.get(key)?.(snapshot);
    await settled();
  };
  const fail = async (key: string, error: unknown) => {
    failures.get(key)?.(error);
    await settled();
  };
  return { restore, asked, answer, fail };
}

const settled = () => new Promise(resolve => setTimeout(resolve));

describe('a promise of restore', () => {
  test.each(ways)(
    'keeps its key’s events waiting, in order, while others go on (%s)',
    async how => {
      const { restore, asked, answer } = slowStore();
      const { send, emitted, source, ends } = running({ restore, batch: how });
      send(['a', 1], ['b', 2], ['a', 3], ['a', 4]);
      expect(asked).toEqual(['a', 'b']);
      expect(emitted).toEqual([]);
      await answer('b', snapshotOf(20));
      source.complete();
      expect(ends).toEqual([]);
      await answer('a', snapshotOf(10));
      // With batches the emissions come when there are enough of them, or when the source has
      // completed.
      expect([...emitted].sort()).toEqual(['a11', 'a14', 'a18', 'b22']);
      expect(emitted.filter(text => String(text).startsWith('a'))).toEqual(['a11', 'a14', 'a18']);
      expect(ends).toEqual(['complete']);
    },
  );

  test('of nothing begins at the initial state, and is asked for once', async () => {
    const { restore, asked, answer } = slowStore();
    const { send, emitted } = running({ restore, initialState: (key: string) => [key.length] });
    send(['abc', 1], ['abc', 1]);
    await answer('abc');
    send(['abc', 1]);
    expect(emitted).toEqual(['abc4', 'abc5', 'abc6']);
    expect(asked).toEqual(['abc']);
  });

  test('that is rejected is the one error of the output, of the event that asked', async () => {
    const { restore, fail } = slowStore();
    const { send, ends, emitted, invalid } = running({ restore });
    send(['a', 1], ['b', 1]);
    await fail('b', new Error('no connection'));
    await fail('a', new Error('later'));
    expect(ends).toHaveLength(1);
    const [error] = ends as [RecurError];
    expect(error).toBeInstanceOf(RecurError);
    expect(error.message).toBe('restore: expected a return, got Error: no connection');
    expect(error.step).toBe(1);
    expect([emitted, invalid]).toEqual([[], []]);
  });

  test('that is kept after the end emits nothing', async () => {
    const { restore, answer, fail } = slowStore();
    const { send, emitted, subscription, ends } = running({ restore });
    send(['a', 1], ['b', 1]);
    subscription.unsubscribe();
    await answer('a', snapshotOf(10));
    await fail('b', new Error('no connection'));
    expect([emitted, ends]).toEqual([[], []]);
  });

  test('of a snapshot that does not fit drops what waits, and the key may try again', async () => {
    const { restore, asked, answer } = slowStore();
    const { send, emitted, invalid } = running({ restore });
    send(['a', 1], ['a', 2]);
    await answer('a', stateful(gru(1, 1)).snapshot());
    expect(invalid.map(({ event, error }) => [event, error.message.slice(0, 28)])).toEqual([
      [['a', 1], 'restore: expected a snapshot'],
      [['a', 2], 'restore: expected a snapshot'],
    ]);
    send(['a', 3]);
    await answer('a', snapshotOf(1));
    expect(emitted).toEqual(['a4']);
    expect(asked).toEqual(['a', 'a']);
  });

  test('keeps the inputs as they were, and drops those that do not fit at once', async () => {
    const { restore, answer } = slowStore();
    const select = ([, x]: readonly [string, Float32Array]) => x;
    const { send, emitted, invalid } = running({ restore, select });
    const x = Float32Array.of(1);
    send(['a', x]);
    x[0] = 5;
    send(['a', x], ['a', Float32Array.of(Number.NaN)]);
    x[0] = 100;
    expect(invalid).toHaveLength(1);
    await answer('a', snapshotOf(10));
    expect(emitted).toEqual(['a11', 'a16']);
  });

  test.each(ways)('an event that an emission causes waits for its turn (%s)', async how => {
    const { restore, answer } = slowStore();
    const run = running({ restore, batch: how });
    const { send, emitted, source } = run;
    let caused = false;
    const operator = run.operator;
    const out: unknown[] = [];
    run.subscription.unsubscribe();
    source.pipe(operator).subscribe(output => {
      out.push(output);
      if (!caused) send(['a', 100]);
      caused = true;
    });
    send(['a', 1], ['a', 2]);
    await answer('a', snapshotOf(0));
    source.complete();
    await settled();
    expect(out).toEqual(['a1', 'a3', 'a103']);
    expect(emitted).toEqual([]);
  });
});

describe('while a key waits for its snapshot', () => {
  test.each(ways)('a reset comes after the events before it (%s)', async how => {
    const reset = new Subject<string>();
    const { restore, answer } = slowStore();
    const { send, emitted, source } = running({ restore, reset, batch: how });
    send(['a', 1]);
    reset.next('a');
    send(['a', 2]);
    await answer('a', snapshotOf(10));
    source.complete();
    expect(emitted).toEqual(['a11', 'a2']);
  });

  test.each(ways)('an eviction does, and the next event asks again (%s)', async how => {
    const evict = new Subject<string>();
    const gone: unknown[] = [];
    const evicted = ({ key, snapshot }: Evicted<string>) => gone.push([key, snapshot.state]);
    const { restore, asked, answer } = slowStore();
    const { send, emitted, source, ends } = running({ restore, evict, evicted, batch: how });
    send(['a', 1]);
    evict.next('a');
    send(['a', 2], ['a', 3]);
    await answer('a', snapshotOf(10));
    expect(gone).toEqual([['a', Float32Array.of(11)]]);
    expect(asked).toEqual(['a', 'a']);
    source.complete();
    expect(ends).toEqual([]);
    await answer('a', snapshotOf(50));
    expect(emitted).toEqual(['a11', 'a52', 'a55']);
    expect(ends).toEqual(['complete']);
  });

  test('maxKeys counts the keys that have states', async () => {
    const gone: unknown[] = [];
    const { restore, answer } = slowStore();
    const evicted = ({ key }: Evicted<string>) => gone.push(key);
    const { send, emitted } = running({ restore, maxKeys: 1, evicted });
    send(['a', 1], ['b', 2]);
    await answer('b', snapshotOf(20));
    expect(gone).toEqual([]);
    await answer('a', snapshotOf(10));
    expect(gone).toEqual(['b']);
    expect(emitted).toEqual(['b22', 'a11']);
  });

  test('an error of the source drops what waits', async () => {
    const { restore, answer } = slowStore();
    const { send, source, emitted, ends } = running({ restore });
    send(['a', 1]);
    source.error('broken');
    await answer('a', snapshotOf(10));
    expect([emitted, ends]).toEqual([[], ['broken']]);
  });
});

test('restore may be a Map, or anything else that has get', () => {
  const restore = new Map([['a', snapshotOf(10)]]);
  const { send, emitted } = running({ restore });
  send(['a', 1], ['b', 1]);
  expect(emitted).toEqual(['a11', 'b1']);
});
