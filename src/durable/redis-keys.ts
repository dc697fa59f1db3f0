import { encodeName } from './encoded-name.js';

/** Entries of a partition that are numbered from 1: its events, or a job's records. */
export interface Row {
  /** The key of its stream; those of its head and its chunks begin with it. */
  readonly key: string;
  /** The key that says that the partition is there, and the one of its jobs. */
  readonly log: string;
  readonly jobs: string;
  readonly job: string;
  /** Where the events of the partition are. */
  readonly events: string;
  /** In messages. */
  readonly label: string;
}

/** What all keys of a partition begin with: in a cluster the braces put them on one node. */
const partitionKey = (prefix: string, partition: number) => `${prefix}:{${partition}}`;

/** The key that says that a partition is there. */
export const logKey = (prefix: string, partition: number) =>
  `${partitionKey(prefix, partition)}:log`;

/** The key of a hash that says where a row ends, and which snapshot it has. */
export const headOf = ({ key }: Pick<Row, 'key'>) => `${key}:head`;

/** The chunks of a snapshot, which nobody reads before the head names its generation. */
export const chunksOf = (row: Row, generation: string) => `${row.key}:chunks:${generation}`;

export function eventsRow(prefix: string, partition: number): Row {
  return rowOf(prefix, partition, 'events', '', `events of partition ${partition}`);
}

export function jobRow(prefix: string, job: string, partition: number): Row {
  const kind = `records:${encodeName(job)}`;
  return rowOf(prefix, partition, kind, job, `records of ${job}.${partition}`);
}

function rowOf(prefix: string, partition: number, kind: string, job: string, label: string): Row {
  const own = partitionKey(prefix, partition);
  const [key, events] = [`${own}:${kind}`, `${own}:events`];
  return { key, log: `${own}:log`, jobs: `${own}:jobs`, job, events, label };
}

/** The leases and members of a job. */
export const termsKey = (prefix: string, job: string) => `${prefix}:{terms}:${encodeName(job)}`;
