import type { PartitionLog } from './log.js';
import { decodeRecord, type RecordHead } from './record.js';

/** The head of a job's newest record in a partition; undefined: there is none. */
export async function newestHead(
  log: PartitionLog,
  job: string,
  partition: number,
): Promise<{ readonly head: RecordHead; readonly revision: number } | undefined> {
  const where = (revision: number) => `${job}.${partition}@${revision}`;
  const snapshot = await log.restore(job, partition);
  let newest: { readonly bytes: Uint8Array; readonly revision: number } | undefined;
  if (snapshot) {
    for await (const bytes of snapshot.chunks()) {
      newest = { bytes, revision: snapshot.revision };
      break;
    }
  }
  for await (const records of log.records(job, partition, snapshot?.revision ?? 0)) {
    newest = records[records.length - 1];
  }
  if (!newest) return undefined;
  const { revision, bytes } = newest;
  return { revision, head: decodeRecord(bytes, where(revision)).head };
}

/** The offset through which a job has read a partition. */
export async function positionOf(
  log: PartitionLog,
  job: string,
  partition: number,
): Promise<number> {
  return (await newestHead(log, job, partition))?.head.to ?? 0;
}
