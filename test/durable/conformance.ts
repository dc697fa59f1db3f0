import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  FencedError,
  type NewEvent,
  type PartitionLog,
  type StoredEvent,
} from '../../src/durable.js';
import { RecurError } from '../../src/errors.js';
import { build } from '../cli/build.js';
import '../slow.js';

/** What the suite needs to know of an adapter. */
export interface Adapter {
  /** An empty place for a log: a folder, or whatever `open` takes. */
  place(): string;
  open(place: string, options?: { readonly partitions?: number }): Promise<PartitionLog>;
  /** Its name in test/durable/child.mjs, if processes can share a log. */
  readonly shared?: string;
  /** True if a second `open` of a place finds what the first one stored. */
  readonly keeps: boolean;
  /** True where events of other writers may come between those of one append. */
  readonly mixes?: boolean;
  /** Names of tests begin with it. */
  readonly name: string;
}

export const bytes = (...numbers: readonly number[]) => Uint8Array.from(numbers);
export const event = (key: string, ...numbers: readonly number[]): NewEvent => {
  return { key, value: bytes(...numbers) };
};

/** All that a log yields without waiting, batches joined. */
export async function all<T>(batches: AsyncIterable<readonly T[]>): Promise<T[]> {
  const found: T[] = [];
  for await (const batch of batches) found.push(...batch);
  return found;
}

export async function* chunksOf(...chunks: readonly Uint8Array[]) {
  yield* chunks;
}

/** The first so many of a log that may have to wait for them. */
async function take<T>(batches: AsyncIterable<readonly T[]>, count: number): Promise<T[]> {
  const found: T[] = [];
  for await (const batch of batches) {
    found.push(...batch);
    if (found.length >= count) break;
  }
  return found;
}

/** Another process with the same log: it answers one line of JSON to each. */
export class Child {
  readonly process: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(adapter: string, place: string) {
    const script = fileURLToPath(new URL('child.mjs', import.meta.url));
    this.process = spawn(process.execPath, [script, adapter, place], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#lines = createInterface({ input: this.process.stdout! })[Symbol.asyncIterator]();
  }

  /** Calls a method of its log; bytes go as arrays of numbers. */
  async call(method: string, ...values: readonly unknown[]): Promise<unknown> {
    this.process.stdin!.write(`${JSON.stringify([method, ...values])}\n`);
    const { value } = await this.#lines.next();
    return JSON.parse(value);
  }

  async end(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode) return;
    const exit = once(this.process, 'exit');
    this.process.kill('SIGCONT');
    this.process.kill(signal);
    await exit;
  }
}

/** Tests that every adapter of the port passes. */
export function conformance(adapter: Adapter): void {
  const logs: PartitionLog[] = [];
  const open = async (place = adapter.place(), options: { readonly partitions?: number } = {}) => {
    const log = await adapter.open(place, { partitions: 2, ...options });
    logs.push(log);
    return log;
  };
  afterEach(async () => {
    for (const log of logs.splice(0)) await log.close();
  });
  describe(`${adapter.name} log`, () => {
    events(open);
    records(open);
    snapshots(open);
    leases(open);
    refusals(open);
    if (adapter.keeps) reopened(adapter, open);
    if (adapter.shared) processes(adapter, open);
  });
}

type Open = (place?: string, options?: { readonly partitions?: number }) => Promise<PartitionLog>;

const keysOf = (events: readonly StoredEvent[]) => events.map(({ key }) => key);
const offsetsOf = (events: readonly StoredEvent[]) => events.map(({ offset }) => offset);

function events(open: Open): void {
  test('events come in the order of their appends, with offsets from 1', async () => {
    const log = await open();
    expect(await log.append(0, [event('a', 1, 2), event('b', 3)])).toBe(2);
    expect(await log.append(0, [event('a', 4)])).toBe(3);
    expect(await log.append(1, [event('c', 5)])).toBe(1);
    const found = await all(log.read(0, 0));
    expect(found.map(({ key, value, offset }) => [key, [...value], offset])).toEqual([
      ['a', [1, 2], 1],
      ['b', [3], 2],
      ['a', [4], 3],
    ]);
    expect([await log.lastOffset(0), await log.lastOffset(1)]).toEqual([3, 1]);
    expect([await log.firstOffset(0), await log.firstOffset(1)]).toEqual([1, 1]);
  });

  test('an event has the time of its append, never less than the one before', async () => {
    const log = await open();
    const begin = Date.now();
    for (let i = 0; i < 5; i++) await log.append(0, [event('a', i), event('b', i)]);
    const times = (await all(log.read(0, 0))).map(({ time }) => time);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times[0]).toBeGreaterThanOrEqual(begin);
    expect(times[9]).toBeLessThanOrEqual(Date.now());
  });

  test('a read begins after any offset, in the middle of an append too', async () => {
    const log = await open();
    await log.append(
      0,
      ['a', 'b', 'c'].map(key => event(key, 1)),
    );
    await log.append(
      0,
      ['d', 'e'].map(key => event(key, 1)),
    );
    for (let after = 0; after <= 5; after++) {
      const found = await all(log.read(0, after));
      expect(keysOf(found).join('')).toBe('abcde'.slice(after));
      expect(offsetsOf(found)).toEqual([1, 2, 3, 4, 5].slice(after));
    }
    expect(await all(log.read(0, 100))).toEqual([]);
  });

  test('values of any length are numbers at a multiple of 8 bytes', async () => {
    const log = await open();
    const value = new Uint8Array(Float64Array.of(0.1, -0).buffer);
    await log.append(0, [event('ключ', 1, 2, 3), { key: 'b', value }, event('c', 1)]);
    const found = await all(log.read(0, 0));
    expect(keysOf(found)).toEqual(['ключ', 'b', 'c']);
    const { buffer, byteOffset } = found[1].value;
    expect([...new Float64Array(buffer, byteOffset, 2)]).toEqual([0.1, -0]);
  });

  test('what a caller does to its bytes afterwards changes nothing', async () => {
    const log = await open();
    const value = bytes(1);
    const appended = log.append(0, [{ key: 'a', value }]);
    const record = bytes(2);
    const committed = log.commit('job', 0, 0, record);
    value[0] = record[0] = 9;
    await Promise.all([appended, committed]);
    expect([...(await all(log.read(0, 0)))[0].value]).toEqual([1]);
    expect([...(await all(log.records('job', 0, 0)))[0].bytes]).toEqual([2]);
  });

  test('a read with a signal waits for what is appended, until the signal aborts', async () => {
    const log = await open();
    const abort = new AbortController();
    const found: string[] = [];
    const reading = (async () => {
      for await (const batch of log.read(0, 0, abort.signal)) {
        found.push(...keysOf(batch));
        if (found.length === 3) abort.abort();
      }
    })();
    await log.append(0, [event('a', 1)]);
    await delay(20);
    await log.append(0, [event('b', 1), event('c', 1)]);
    await reading;
    expect(found).toEqual(['a', 'b', 'c']);
  });

  test('an abort ends a read that waits, and one before it begins ends it at once', async () => {
    const log = await open();
    const abort = new AbortController();
    const reading = all(log.read(0, 0, abort.signal));
    await delay(10);
    abort.abort();
    expect(await reading).toEqual([]);
    await log.append(0, [event('a', 1)]);
    expect(await all(log.read(0, 0, abort.signal))).toEqual([]);
  });

  test('a thousand appends at once keep their order, each all together', async () => {
    const log = await open();
    const appends = Array.from({ length: 1000 }, (_, i) => {
      return log.append(0, [event(`a${i}`, 1), event(`b${i}`, 1)]);
    });
    expect(await Promise.all(appends)).toEqual(appends.map((_, i) => 2 * i + 2));
    const keys = keysOf(await all(log.read(0, 0)));
    expect(keys).toEqual(appends.flatMap((_, i) => [`a${i}`, `b${i}`]));
  });

  test('events through an offset may go: a reader of one that went gets an error', async () => {
    const log = await open();
    for (let i = 0; i < 20; i++) await log.append(0, [event('a', i), event('b', i)]);
    await log.forget(0, 20);
    const first = await log.firstOffset(0);
    expect(first).toBeGreaterThan(1);
    expect(first).toBeLessThanOrEqual(21);
    expect(offsetsOf(await all(log.read(0, first - 1)))[0]).toBe(first);
    await expect(all(log.read(0, 0))).rejects.toThrow(/expected number 1 to be kept/);
    await expect(all(log.read(0, first - 2))).rejects.toThrow(RecurError);
    expect(await log.append(0, [event('c', 1)])).toBe(41);
  });

  test('an append of 20 MB, and one of a single byte after it, come back', async () => {
    const log = await open();
    const value = new Uint8Array(Math.min(10e6, log.maxBytes)).map((_, i) => i % 251);
    const count = Math.ceil(20e6 / value.length);
    const large = Array.from({ length: count }, (_, i) => ({ key: `a${i}`, value }));
    await log.append(0, large);
    await log.append(0, [event('c', 1)]);
    const found = await all(log.read(0, 0));
    expect(keysOf(found)).toEqual([...large.map(({ key }) => key), 'c']);
    expect(Buffer.compare(found[count - 1].value, value)).toBe(0);
  });
}

function records(open: Open): void {
  test('records come in the order of their commits, with revisions from 1', async () => {
    const log = await open();
    for (let i = 0; i < 3; i++) expect(await log.commit('job', 0, i, bytes(i, i))).toBe(i + 1);
    expect(await log.commit('job', 1, 0, bytes(9))).toBe(1);
    const found = await all(log.records('job', 0, 1));
    expect(found.map(({ revision, bytes }) => [revision, [...bytes]])).toEqual([
      [2, [1, 1]],
      [3, [2, 2]],
    ]);
  });

  test('a commit after any revision but the newest is fenced, and stores nothing', async () => {
    const log = await open();
    await log.commit('job', 0, 0, bytes(1));
    await log.commit('job', 0, 1, bytes(2));
    for (const after of [0, 1, 3]) {
      const late = log.commit('job', 0, after, bytes(9));
      await expect(late).rejects.toThrow(FencedError);
      await expect(late).rejects.toThrow(
        `job.0: expected a commit after revision 2, got one after ${after}`,
      );
    }
    expect((await all(log.records('job', 0, 0))).map(({ bytes }) => bytes[0])).toEqual([1, 2]);
  });

  test('of many commits after one revision a single one is stored', async () => {
    const log = await open();
    const commits = Array.from({ length: 20 }, (_, i) => log.commit('job', 0, 0, bytes(i)));
    const settled = await Promise.allSettled(commits);
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const stored = await all(log.records('job', 0, 0));
    const winner = settled.findIndex(({ status }) => status === 'fulfilled');
    expect(stored.map(({ bytes }) => bytes[0])).toEqual([winner]);
  });

  test('jobs have any names, and nothing in common', async () => {
    const log = await open();
    const names = ['a', 'A', 'a/b', '..', '.', 'ä ö', '%41', '日本', '\0', 'x'.repeat(64), 'terms'];
    for (const [i, job] of names.entries()) await log.commit(job, 0, 0, bytes(i));
    expect([...(await log.jobs())].sort()).toEqual([...names].sort());
    for (const [i, job] of names.entries()) {
      expect((await all(log.records(job, 0, 0))).map(({ bytes }) => bytes[0])).toEqual([i]);
    }
  });

  test('a job that was only asked for is none', async () => {
    const log = await open();
    expect(await log.restore('job', 0)).toBeUndefined();
    expect(await all(log.records('job', 0, 0))).toEqual([]);
    await log.join('job', 'me', 1000);
    expect(await log.jobs()).toEqual([]);
  });

  test('a reader of records waits for the next commit', async () => {
    const log = await open();
    const abort = new AbortController();
    const reading = take(log.records('job', 0, 0, abort.signal), 2);
    await log.commit('job', 0, 0, bytes(1));
    await log.commit('job', 0, 1, bytes(2));
    expect((await reading).map(({ revision }) => revision)).toEqual([1, 2]);
  });
}

function snapshots(open: Open): void {
  const restored = async (log: PartitionLog) => {
    const snapshot = await log.restore('job', 0);
    const chunks: number[][] = [];
    for await (const chunk of snapshot!.chunks()) chunks.push([...chunk]);
    return [snapshot!.revision, chunks];
  };

  test('the newest snapshot is restored, chunk by chunk', async () => {
    const log = await open();
    for (let i = 0; i < 4; i++) await log.commit('job', 0, i, bytes(i));
    await log.snapshot('job', 0, 2, chunksOf(bytes(1, 2), bytes(3)), 0);
    expect(await restored(log)).toEqual([2, [[1, 2], [3]]]);
    await log.snapshot('job', 0, 4, chunksOf(bytes(4)), 0);
    expect(await restored(log)).toEqual([4, [[4]]]);
    await log.snapshot('job', 0, 3, chunksOf(bytes(9)), 0);
    expect(await restored(log)).toEqual([4, [[4]]]);
    await log.snapshot('job', 0, 4, chunksOf(), 0);
    expect(await restored(log)).toEqual([4, []]);
  });

  test('records through `keep` may go: a reader of one that went gets an error', async () => {
    const log = await open();
    for (let i = 0; i < 40; i++) await log.commit('job', 0, i, bytes(i));
    await log.snapshot('job', 0, 40, chunksOf(bytes(1)), 30);
    await expect(all(log.records('job', 0, 0))).rejects.toThrow(
      /records of job\.0: expected number 1 to be kept/,
    );
    const kept = await all(log.records('job', 0, 30));
    expect(kept.map(({ revision }) => revision)).toEqual([31, 32, 33, 34, 35, 36, 37, 38, 39, 40]);
    expect(await log.commit('job', 0, 40, bytes(40))).toBe(41);
  });

  test('when all records may go, the next commit still knows the newest revision', async () => {
    const log = await open();
    for (let i = 0; i < 3; i++) await log.commit('job', 0, i, bytes(i));
    await log.snapshot('job', 0, 3, chunksOf(bytes(1)), 3);
    await expect(log.commit('job', 0, 2, bytes(9))).rejects.toThrow(FencedError);
    await expect(log.commit('job', 0, 0, bytes(9))).rejects.toThrow(FencedError);
    expect(await log.commit('job', 0, 3, bytes(4))).toBe(4);
    expect((await all(log.records('job', 0, 3))).map(({ revision }) => revision)).toEqual([4]);
  });

  test('a snapshot whose chunks fail leaves the last one', async () => {
    const log = await open();
    await log.commit('job', 0, 0, bytes(1));
    await log.commit('job', 0, 1, bytes(1));
    await log.snapshot('job', 0, 1, chunksOf(bytes(1)), 0);
    const failing = (async function* () {
      yield bytes(7);
      throw new Error('no more');
    })();
    await expect(log.snapshot('job', 0, 2, failing, 2)).rejects.toThrow('no more');
    expect(await restored(log)).toEqual([1, [[1]]]);
    expect(await all(log.records('job', 0, 0))).toHaveLength(2);
  });
}

function leases(open: Open): void {
  test('a lease is one member’s until it expires or is released', async () => {
    const log = await open();
    const lease = await log.lease('job', 0, 'a', 1000);
    expect(await log.lease('job', 0, 'b', 1000)).toBeUndefined();
    expect(await log.lease('other', 0, 'b', 1000)).toBeDefined();
    expect(await log.owner('job', 0)).toBe('a');
    expect(await lease!.renew()).toBe(true);
    await delay(1100);
    expect(await log.owner('job', 0)).toBeUndefined();
    const second = await log.lease('job', 0, 'b', 10_000);
    expect(await log.owner('job', 0)).toBe('b');
    expect(await lease!.renew()).toBe(false);
    await lease!.release();
    expect(await log.owner('job', 0)).toBe('b');
    await second!.release();
    expect(await log.owner('job', 0)).toBeUndefined();
    expect(await log.lease('job', 0, 'a', 100)).toBeDefined();
  });

  test('members are those that have renewed in time', async () => {
    const log = await open();
    const a = await log.join('job', 'a/../b', 1000);
    const b = await log.join('job', 'B', 10_000);
    await log.join('other', 'c', 10_000);
    expect(await log.members('job')).toEqual(['B', 'a/../b']);
    await delay(1100);
    expect(await log.members('job')).toEqual(['B']);
    await a.renew();
    expect(await log.members('job')).toEqual(['B', 'a/../b']);
    await b.leave();
    expect(await log.members('job')).toEqual(['a/../b']);
  });
}

function refusals(open: Open): void {
  const long = 'x'.repeat(1e6);

  test('a partition that is not there is refused by every call', async () => {
    const log = await open();
    for (const partition of [-1, 2, 0.5, Number.NaN]) {
      const text = `partition: expected 0 to 1, got ${partition}`;
      await expect(log.append(partition, [event('a', 1)])).rejects.toThrow(text);
      await expect(log.lastOffset(partition)).rejects.toThrow(text);
      await expect(log.firstOffset(partition)).rejects.toThrow(text);
      await expect(log.forget(partition, 0)).rejects.toThrow(text);
      await expect(log.restore('job', partition)).rejects.toThrow(text);
      await expect(log.commit('job', partition, 0, bytes(1))).rejects.toThrow(text);
      await expect(log.snapshot('job', partition, 1, chunksOf(), 0)).rejects.toThrow(text);
      await expect(log.lease('job', partition, 'a', 1)).rejects.toThrow(text);
      await expect(log.owner('job', partition)).rejects.toThrow(text);
      expect(() => log.read(partition, 0)).toThrow(text);
      expect(() => log.records('job', partition, 0)).toThrow(text);
    }
  });

  test('events that cannot be kept are refused, and none of their batch is stored', async () => {
    const log = await open();
    const refused = async (of: unknown, text: string | RegExp) => {
      const batch = [event('a', 1), of as NewEvent];
      await expect(log.append(0, batch)).rejects.toThrow(text);
    };
    await refused(event('', 1), 'events[1].key: expected 1 to 1024 bytes as UTF-8, got 0');
    await refused(event(long, 1), 'events[1].key: expected 1 to 1024 bytes as UTF-8, got 1000000');
    await refused(event('я'.repeat(513), 1), 'expected 1 to 1024 bytes as UTF-8, got 1026');
    await refused(event('a\0b', 1), /events\[1\]\.key: expected a text without NUL, got/);
    await refused(event('a\ud800', 1), 'events[1].key: expected whole characters');
    const { maxBytes } = log;
    const most = maxBytes % 2 ** 20 ? `${maxBytes} bytes` : `${maxBytes / 2 ** 20} MiB`;
    await refused(event('a'), `events[1].value: expected 1 byte to ${most}, got 0 bytes`);
    const tooLong = { key: 'a', value: new Uint8Array(maxBytes + 1) };
    const text = `events[1].value: expected 1 byte to ${most}, got ${maxBytes + 1} bytes`;
    await refused(tooLong, text);
    await expect(log.commit('job', 0, 0, tooLong.value)).rejects.toThrow('commit.record: expected');
    await refused({ key: 'a', value: 'text' }, "expected a Uint8Array, got 'text'");
    await refused({ key: 7, value: bytes(1) }, 'events[1].key: expected a string, got 7');
    await refused(null, 'events[1]: expected { key, value }, got null');
    await expect(log.append(0, [])).rejects.toThrow('events: expected an array of events');
    expect(await log.lastOffset(0)).toBe(0);
  });

  test('places, records, names and times that make no sense are refused', async () => {
    const log = await open();
    await log.commit('job', 0, 0, bytes(1));
    for (const place of [-1, 0.5, Number.NaN, 2 ** 53]) {
      expect(() => log.read(0, place)).toThrow('read.after: expected a whole number from 0');
      expect(() => log.records('job', 0, place)).toThrow('records.after: expected a whole number');
      await expect(log.commit('job', 0, place, bytes(1))).rejects.toThrow('commit.after');
      await expect(log.forget(0, place)).rejects.toThrow('forget.through');
    }
    await expect(log.commit('job', 0, 1, bytes())).rejects.toThrow(
      'commit.record: expected 1 byte',
    );
    await expect(log.commit('', 0, 0, bytes(1))).rejects.toThrow('job: expected 1 to 64 bytes');
    await expect(log.commit(long, 0, 0, bytes(1))).rejects.toThrow('job: expected 1 to 64 bytes');
    await expect(log.lease('job', 0, long, 1)).rejects.toThrow('member: expected 1 to 64 bytes');
    await expect(log.join('job', '\udc00', 1)).rejects.toThrow('member: expected whole characters');
    await expect(log.lease('job', 0, 'a', 0)).rejects.toThrow('lease.ttl: expected milliseconds');
    await expect(log.join('job', 'a', Number.NaN)).rejects.toThrow('join.ttl: expected millisec');
    const snapshot = (revision: number, keep: number) => {
      return log.snapshot('job', 0, revision, chunksOf(bytes(1)), keep);
    };
    await expect(snapshot(2, 0)).rejects.toThrow(
      'snapshot.revision: expected at most the newest, 1',
    );
    await expect(snapshot(0, 0)).rejects.toThrow(
      'snapshot.revision: expected a whole number from 1',
    );
    await expect(snapshot(1, 2)).rejects.toThrow('snapshot.keep: expected at most the snapshot');
    expect(await log.restore('job', 0)).toBeUndefined();
  });

  test('a closed log refuses every call, ends its readers, and may be closed again', async () => {
    const log = await open();
    const reading = all(log.read(0, 0, new AbortController().signal));
    await delay(10);
    await log.close();
    expect(await reading).toEqual([]);
    const text = `${log.name}: expected an open log, got a closed one`;
    await expect(log.append(0, [event('a', 1)])).rejects.toThrow(text);
    await expect(log.commit('job', 0, 0, bytes(1))).rejects.toThrow(text);
    await expect(log.jobs()).rejects.toThrow(text);
    expect(() => log.read(0, 0)).toThrow(text);
    await log.close();
  });
}

function reopened(adapter: Adapter, open: Open): void {
  test('a log that is closed and opened again goes on', async () => {
    const place = adapter.place();
    const first = await open(place, { partitions: 3 });
    await first.append(2, [event('a', 1), event('b', 2)]);
    for (let i = 0; i < 5; i++) await first.commit('job', 1, i, bytes(i));
    await first.snapshot('job', 1, 3, chunksOf(bytes(7)), 2);
    await first.close();
    const second = await open(place, { partitions: 3 });
    expect(keysOf(await all(second.read(2, 0)))).toEqual(['a', 'b']);
    expect(await second.append(2, [event('c', 3)])).toBe(3);
    const snapshot = await second.restore('job', 1);
    expect(snapshot!.revision).toBe(3);
    expect(await all(second.records('job', 1, 3))).toHaveLength(2);
    expect(await second.commit('job', 1, 5, bytes(6))).toBe(6);
    expect(await second.jobs()).toEqual(['job']);
  });

  test('a log keeps its number of partitions', async () => {
    const place = adapter.place();
    await open(place, { partitions: 3 });
    await expect(adapter.open(place, { partitions: 4 })).rejects.toThrow(
      /expected 3, as in .* got 4/,
    );
    expect((await adapter.open(place)).partitions).toBe(3);
  });

  test('two logs on one place see each other, and only one of two commits is stored', async () => {
    const place = adapter.place();
    const [a, b] = [await open(place), await open(place)];
    let revision = 0;
    for (let i = 0; i < 6; i++) {
      const writer = i % 2 ? b : a;
      const [mine, others] = await Promise.allSettled([
        writer.commit('job', 0, revision, bytes(i)),
        (i % 2 ? a : b).commit('job', 0, revision, bytes(100 + i)),
      ]);
      const stored = [mine, others].filter(({ status }) => status === 'fulfilled');
      expect(stored).toHaveLength(1);
      revision++;
    }
    const [seenByA, seenByB] = [
      await all(a.records('job', 0, 0)),
      await all(b.records('job', 0, 0)),
    ];
    expect(seenByA).toEqual(seenByB);
    expect(seenByA.map(({ revision }) => revision)).toEqual([1, 2, 3, 4, 5, 6]);
    await expect(a.commit('job', 0, 5, bytes(1))).rejects.toThrow(FencedError);
  });

  test('two logs append events to one partition, and a third one follows', async () => {
    const place = adapter.place();
    const [a, b, c] = [await open(place), await open(place), await open(place)];
    const following = take(c.read(0, 0, new AbortController().signal), 40);
    const offsets: number[] = [];
    for (let i = 0; i < 10; i++) {
      const pair = [
        a.append(0, [event(`a${i}`, 1), event(`a${i}`, 2)]),
        b.append(0, [event(`b${i}`, 1), event(`b${i}`, 2)]),
      ];
      offsets.push(...(await Promise.all(pair)));
    }
    const found = await following;
    expect(offsetsOf(found)).toEqual(found.map((_, i) => i + 1));
    // The last event of each append is where its append said.
    for (const [i, offset] of offsets.entries()) {
      const { key, value } = found[offset - 1];
      expect([key, value[0]]).toEqual([`${'ab'[i % 2]}${i >> 1}`, 2]);
    }
    if (!adapter.mixes) {
      expect([...offsets].sort((x, y) => x - y)).toEqual(offsets.map((_, i) => 2 * i + 2));
    }
    const own = (name: string) => keysOf(found).filter(key => key.startsWith(name));
    for (const name of ['a', 'b']) {
      expect(own(name)).toEqual(Array.from({ length: 20 }, (_, i) => `${name}${i >> 1}`));
    }
  });

  test('leases and members are the same in every log on a place', async () => {
    const place = adapter.place();
    const [a, b] = [await open(place), await open(place)];
    const lease = await a.lease('job', 0, 'a', 10_000);
    expect(await b.lease('job', 0, 'b', 10_000)).toBeUndefined();
    expect(await b.owner('job', 0)).toBe('a');
    await lease!.release();
    expect(await b.lease('job', 0, 'b', 10_000)).toBeDefined();
    expect(await lease!.renew()).toBe(false);
    await a.join('job', 'a', 10_000);
    expect(await b.members('job')).toEqual(['a']);
  });
}

function processes(adapter: Adapter, open: Open): void {
  const children: Child[] = [];
  const child = (place: string) => {
    const started = new Child(adapter.shared!, place);
    children.push(started);
    return started;
  };
  beforeAll(build, 180_000);
  afterEach(async () => {
    for (const one of children.splice(0)) await one.end();
  });

  test('of two processes that commit after one revision one is fenced', async () => {
    const place = adapter.place();
    const log = await open(place);
    const other = child(place);
    expect(await other.call('commit', 'job', 0, 0, [1])).toBe(1);
    await expect(log.commit('job', 0, 0, bytes(2))).rejects.toThrow(FencedError);
    expect(await log.commit('job', 0, 1, bytes(2))).toBe(2);
    expect(await other.call('commit', 'job', 0, 1, [3])).toEqual({ error: 'FencedError' });
    for (let revision = 2; revision < 12; revision++) {
      const both = await Promise.all([
        other.call('commit', 'job', 0, revision, [revision]),
        log.commit('job', 0, revision, bytes(revision)).catch(({ name }) => ({ error: name })),
      ]);
      expect(both.filter(answer => answer === revision + 1)).toHaveLength(1);
      expect(both).toContainEqual({ error: 'FencedError' });
    }
    const stored = (await all(log.records('job', 0, 0))).map(({ bytes }) => bytes[0]);
    expect(stored).toEqual([1, 2, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  test('a reader follows what another process appends', async () => {
    const place = adapter.place();
    const log = await open(place);
    const other = child(place);
    const following = take(log.read(0, 0, new AbortController().signal), 3);
    await other.call('append', 0, ['a', 'b']);
    await other.call('append', 0, ['c']);
    expect(keysOf(await following)).toEqual(['a', 'b', 'c']);
  });

  test('a former owner that slept is fenced when it wakes up', async () => {
    const place = adapter.place();
    const log = await open(place);
    const sleeper = child(place);
    await sleeper.call('commit', 'job', 0, 0, [1]);
    for (let revision = 1; revision < 9; revision++) {
      const late = sleeper.call('commit', 'job', 0, revision, [90]);
      await delay(revision);
      sleeper.process.kill('SIGSTOP');
      await delay(20);
      // It slept before, in the midst of or after its commit; in LMDB it may hold the lock.
      const mine = log.commit('job', 0, revision, bytes(2)).catch(({ name }) => name);
      const purged = log.snapshot('job', 0, revision, chunksOf(bytes(1)), revision);
      await Promise.race([Promise.all([mine, purged]), delay(500)]);
      sleeper.process.kill('SIGCONT');
      const answer = await late;
      await purged;
      const stored = (await mine) === revision + 1;
      const fenced = { error: 'FencedError' };
      expect([await mine, answer]).toEqual(
        stored ? [revision + 1, fenced] : ['FencedError', revision + 1],
      );
      const [last] = (await all(log.records('job', 0, revision))).slice(-1);
      expect([last.revision, last.bytes[0]]).toEqual([revision + 1, stored ? 2 : 90]);
    }
  });

  test('a process that is killed leaves all that it has acknowledged', async () => {
    const place = adapter.place();
    const log = await open(place);
    let acknowledged = 0;
    for (let round = 0; round < 4; round++) {
      const other = child(place);
      const newest = (await all(log.records('job', 0, 0))).length;
      acknowledged = Number(await other.call('commit', 'job', 0, newest, [7]));
      void other.call('commit', 'job', 0, acknowledged, [7]).catch(() => undefined);
      await delay(round * 2);
      await other.end();
      const found = await all(log.records('job', 0, 0));
      expect(found.length - acknowledged).toBeGreaterThanOrEqual(0);
      expect(found.length - acknowledged).toBeLessThanOrEqual(1);
      expect(found.every(({ bytes }) => bytes[0] === 7)).toBe(true);
    }
  });
}
