import { keyedBytes } from '../streams/keyed-bytes.js';
import { type LoadedStates, loadedStates } from '../streams/keyed-snapshots.js';
import type { Snapshot } from '../streams/snapshot.js';
import type { PartitionLog } from './log.js';
import { decodeRecord, type RecordHead, type RecordParts } from './record.js';

/** Where a key's state is, and when it was used last. */
export interface Kept {
  readonly states: LoadedStates;
  readonly time: number | undefined;
}

/** What the records of a job's partition come to. */
export interface PartitionFold {
  readonly partition: number;
  readonly revision: number;
  /** Of the newest record. */
  readonly head: RecordHead;
  readonly states: ReadonlyMap<string, Kept>;
}

/** The newest snapshot of a job's partition and the records after it; undefined: there is none. */
export async function jobFold(
  log: PartitionLog,
  job: string,
  partition: number,
): Promise<PartitionFold | undefined> {
  const states = new Map<string, Kept>();
  const where = (revision: number) => `${job}.${partition}@${revision}`;
  let head: RecordHead | undefined;
  const apply = (bytes: Uint8Array, at: number) => {
    const parts = decodeRecord(bytes, where(at));
    head = parts.head;
    applyTo(states, parts);
  };
  const snapshot = await log.restore(job, partition);
  let revision = snapshot?.revision ?? 0;
  if (snapshot) for await (const chunk of snapshot.chunks()) apply(chunk, revision);
  for await (const records of log.records(job, partition, revision)) {
    for (const record of records) {
      ({ revision } = record);
      apply(record.bytes, revision);
    }
  }
  return head && { partition, revision, head, states };
}

function applyTo(all: Map<string, Kept>, { head, states: bytes, times }: RecordParts): void {
  for (const key of head.gone ?? []) all.delete(key);
  if (!bytes) return;
  const states = loadedStates(bytes);
  let i = 0;
  for (const key of states.keys() as Iterable<string>) all.set(key, { states, time: times?.[i++] });
}

/** One key's state as a record holds it. */
export function writtenState(key: string, snapshot: Snapshot, head: RecordHead): Uint8Array {
  const { backend, layer, graph, weights } = head;
  const { state, batch } = snapshot;
  const states = { shape: undefined, state: () => state, batch: () => batch };
  return keyedBytes({ backend, layer, graph, weights }, [key], [0], states);
}

/** The names and lengths of a state, as text. */
export function stateForm({ state, batch }: Snapshot): string {
  const form = (_: string, value: unknown) =>
    ArrayBuffer.isView(value)
      ? `${value.constructor.name} of ${(value as Float32Array).length}`
      : value;
  return `${JSON.stringify(state, form)}${batch ? ` of a batch of ${batch}` : ''}`;
}
