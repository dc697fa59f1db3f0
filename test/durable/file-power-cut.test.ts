import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { fileLog } from '../../src/durable/file-log.js';
import { FencedError, type PartitionLog, UnknownError } from '../../src/durable.js';
import { all, chunksOf } from './conformance.js';
import { type Fate, LossyDisk, mulberry32 } from './lossy-disk.js';
import '../slow.js';

const runs = Number(process.env.LAW_RUNS ?? 20);
const first = Number(process.env.LAW_SEED ?? 1);

/** What the world outside knows of a log: what it was told, and what it was shown. */
class Witness {
  #ids = 0;
  readonly attempted = new Set<number>();
  /** Never to be in the log. */
  readonly refused = new Set<number>();
  readonly records = new Map<number, number>();
  readonly events = new Map<number, string>();
  snapshot = 0;
  purged = 0;
  commits = 0;

  id(): number {
    this.attempted.add(++this.#ids);
    return this.#ids;
  }

  record(revision: number, id: number): void {
    expect(this.attempted).toContain(id);
    expect(this.refused).not.toContain(id);
    expect(this.records.get(revision) ?? id).toBe(id);
    this.records.set(revision, id);
  }

  event(offset: number, key: string): void {
    expect(this.events.get(offset) ?? key).toBe(key);
    this.events.set(offset, key);
  }
}

const encode = (id: number) =>
  new Uint8Array(Float64Array.of(id, ...Array(id % 40).fill(0)).buffer);
const decode = (bytes: Uint8Array) => new Float64Array(bytes.buffer, bytes.byteOffset, 1)[0];
const options = { partitions: 1, segmentBytes: 700 };

/** A process that commits, appends, reads, takes snapshots, until it is killed. */
async function work(
  disk: LossyDisk,
  random: () => number,
  witness: Witness,
  isKilled: () => boolean,
) {
  const log = await fileLog('/log', options, disk.disk(isKilled));
  let revision = 0;
  while (!isKilled()) {
    const dice = random();
    if (dice < 0.5) {
      const id = witness.id();
      try {
        revision = await log.commit('job', 0, revision, encode(id));
        witness.record(revision, id);
        witness.commits++;
      } catch (error) {
        // A writer that slept until its segment was purged cannot tell; the log does.
        if (error instanceof FencedError) witness.refused.add(id);
        else expect(error).toBeInstanceOf(UnknownError);
        revision = await newest(log, witness);
      }
    } else if (dice < 0.75) {
      const keys = Array.from({ length: 1 + Math.floor(3 * random()) }, () => `k${witness.id()}`);
      const events = keys.map(key => ({ key, value: encode(3) }));
      const last = await log.append(0, events);
      for (const [i, key] of keys.entries()) witness.event(last - keys.length + 1 + i, key);
    } else if (dice < 0.9) {
      revision = await newest(log, witness);
      for (const { offset, key } of await all(log.read(0, 0))) witness.event(offset, key);
    } else if (revision > 0) {
      const keep = Math.floor(revision * random());
      witness.purged = Math.max(witness.purged, keep);
      await log.snapshot('job', 0, revision, chunksOf(encode(revision)), keep);
      witness.snapshot = Math.max(witness.snapshot, revision);
    }
    await turn();
  }
}

/** The newest revision, all records that are kept being as the witness knows them. */
async function newest(log: PartitionLog, witness: Witness): Promise<number> {
  for (;;) {
    try {
      const found = await all(log.records('job', 0, witness.purged));
      for (const { revision, bytes } of found) witness.record(revision, decode(bytes));
      return found.at(-1)?.revision ?? witness.purged;
    } catch (error) {
      // Another one has purged more in the meantime.
      expect(String(error)).toMatch(/to be kept/);
    }
  }
}

async function check(log: PartitionLog, witness: Witness): Promise<void> {
  const snapshot = await log.restore('job', 0);
  const revision = snapshot?.revision ?? 0;
  expect(revision).toBeGreaterThanOrEqual(witness.snapshot);
  for await (const chunk of snapshot?.chunks() ?? []) expect(decode(chunk)).toBe(revision);
  const kept = await all(log.records('job', 0, revision));
  expect(kept.map(({ revision }) => revision)).toEqual(kept.map((_, i) => revision + 1 + i));
  for (const { revision, bytes } of kept) witness.record(revision, decode(bytes));
  const last = kept.at(-1)?.revision ?? revision;
  expect(last).toBeGreaterThanOrEqual(Math.max(0, ...witness.records.keys()));
  const events = await all(log.read(0, 0));
  expect(events.map(({ offset }) => offset)).toEqual(events.map((_, i) => i + 1));
  for (const { offset, key } of events) witness.event(offset, key);
  expect(events.length).toBeGreaterThanOrEqual(Math.max(0, ...witness.events.keys()));
  expect(new Set(events.map(({ key }) => key)).size).toBe(events.length);
}

describe('three processes on a disk that loses what was not synced', () => {
  test.each([
    ['all of it', 'lost'],
    ['any sectors and names of it', 'sectors'],
    ['nothing: the processes alone are killed', 'kept'],
  ] as const)(
    '%s: what was acknowledged or read is there, and nothing else',
    async (_, fate: Fate) => {
      let commits = 0;
      let cuts = 0;
      for (let seed = first; seed < first + runs; seed++) {
        const random = mulberry32(seed);
        const witness = new Witness();
        let disk = new LossyDisk(random, '/', '/log');
        for (let round = 0; round < 4; round++) {
          const killed = new Set<number>();
          const errors: unknown[] = [];
          for (let process = 0; process < 3; process++) {
            work(disk, random, witness, () => killed.has(process)).catch(error =>
              errors.push(error),
            );
          }
          const end = 200 + Math.floor(2000 * random());
          for (let step = 0; step < end; step++) {
            await turn();
            if (random() < 0.0005) killed.add(Math.floor(3 * random()));
          }
          for (let process = 0; process < 3; process++) killed.add(process);
          expect([seed, round, errors]).toEqual([seed, round, []]);
          disk = disk.cut(fate);
          cuts++;
          await check(await fileLog('/log', options, disk.disk()), witness);
        }
        commits += witness.commits;
      }
      expect(cuts).toBe(4 * runs);
      expect(commits).toBeGreaterThan(10 * runs);
    },
  );
});

test('the disk of these tests loses: without syncs acknowledged records are gone', async () => {
  const disk = new LossyDisk(mulberry32(1), '/', '/log');
  const log = await fileLog('/log', { ...options, sync: 'none' }, disk.disk());
  expect(await log.commit('job', 0, 0, encode(1))).toBe(1);
  const after = await fileLog('/log', options, disk.cut('lost').disk());
  expect(await all(after.records('job', 0, 0))).toEqual([]);
});
