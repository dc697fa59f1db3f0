import { demand } from '../errors.js';
import type { PartitionLog, StoredRecord, StoredSnapshot } from './log.js';
import { decodeRecord, type RecordHead } from './record.js';

interface Newest {
  readonly head: RecordHead;
  readonly revision: number;
}

/** The head of a job's newest record in a partition; undefined: there is none. */
export async function newestHead(
  log: PartitionLog,
  job: string,
  partition: number,
): Promise<Newest | undefined> {
  return fromNewest(log, job, partition, snapshot => newestAfter(log, job, partition, snapshot));
}

/** Reads from the newest snapshot on, again if a newer one has taken its place meanwhile. */
async function fromNewest<T>(
  log: PartitionLog,
  job: string,
  partition: number,
  read: (snapshot: StoredSnapshot | undefined) => Promise<T>,
): Promise<T> {
  for (;;) {
    const snapshot = await log.restore(job, partition);
    try {
      return await read(snapshot);
    } catch (error) {
      if (!(await isNewer(log, job, partition, snapshot?.revision ?? 0))) throw error;
    }
  }
}

async function newestAfter(
  log: PartitionLog,
  job: string,
  partition: number,
  snapshot: StoredSnapshot | undefined,
): Promise<Newest | undefined> {
  let newest = await firstChunk(snapshot);
  for await (const records of log.records(job, partition, snapshot?.revision ?? 0)) {
    newest = records[records.length - 1];
  }
  if (!newest) return undefined;
  const { revision, bytes } = newest;
  return { revision, head: decodeRecord(bytes, placeOf(job, partition, revision)).head };
}

/** The first part of a snapshot, which has a head and no states. */
async function firstChunk(snapshot: StoredSnapshot | undefined): Promise<StoredRecord | undefined> {
  if (!snapshot) return undefined;
  for await (const bytes of snapshot.chunks()) return { bytes, revision: snapshot.revision };
  return undefined;
}

/** A record's place, in messages. */
export function placeOf(job: string, partition: number, revision: number): string {
  return `${job}.${partition}@${revision}`;
}

/** True where there is a snapshot of a later revision. */
async function isNewer(log: PartitionLog, job: string, partition: number, revision: number) {
  return ((await log.restore(job, partition))?.revision ?? 0) > revision;
}

/**
 * True where another worker has gone on with a partition: whatever this one was reading may have
 * been purged meanwhile, which is no fault of the log. `epoch`: its own, once it has claimed the
 * partition; `base`: the revision of the snapshot that it began with, or 0.
 */
export async function isOvertaken(
  log: PartitionLog,
  job: string,
  partition: number,
  { epoch, base }: { readonly epoch: number | undefined; readonly base: number },
): Promise<boolean> {
  if (epoch === undefined) return isNewer(log, job, partition, base);
  return ((await newestHead(log, job, partition))?.head.epoch ?? 0) > epoch;
}

/** Records through this one may be gone: all sinks have had them. */
export async function keptAfter(
  log: PartitionLog,
  job: string,
  partition: number,
): Promise<number> {
  const first = await fromNewest(log, job, partition, firstChunk);
  if (!first) return 0;
  const { revision, bytes } = first;
  return decodeRecord(bytes, placeOf(job, partition, revision)).head.kept ?? 0;
}

/** The offset through which a job has read a partition. */
export async function positionOf(
  log: PartitionLog,
  job: string,
  partition: number,
): Promise<number> {
  return (await newestHead(log, job, partition))?.head.to ?? 0;
}

/** Gives up the events of a partition that every job with records in `log` has in its states. */
export async function forgetEvents(
  source: PartitionLog,
  log: PartitionLog,
  partition: number,
): Promise<void> {
  let through = await source.lastOffset(partition);
  for (const job of await log.jobs()) {
    const { to = 0, waiting = [] } = (await newestHead(log, job, partition))?.head ?? {};
    through = Math.min(through, to, ...waiting.map(offset => offset - 1));
  }
  await source.forget(partition, through);
}

/** Throws where a log lacks events that were read: others would be taken for them. */
export async function checkSource(
  source: PartitionLog,
  job: string,
  { partition, to }: { readonly partition: number; readonly to: number },
): Promise<void> {
  const last = await source.lastOffset(partition);
  const hint = 'it is another log, or it has lost events';
  demand(to <= last, `${job}.${partition}.to`, `at most ${last}, the log's last event`, to, hint);
}
