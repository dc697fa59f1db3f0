import { RecurError } from '../errors.js';

/** An event as a log takes it: who it is of, and its bytes. */
export interface NewEvent {
  /** 1 to 1,024 bytes as UTF-8, without NUL. */
  readonly key: string;
  /** 1 byte to `maxBytes` of the log. */
  readonly value: Uint8Array;
}

/**
 * An event as a log keeps it. Its value may be a view of a buffer that it shares with its
 * neighbours; it begins at a multiple of 8 bytes, and nobody writes to it again.
 */
export interface StoredEvent extends NewEvent {
  /** Its number in its partition, from 1. */
  readonly offset: number;
  /** When it was appended, in milliseconds since 1970: never less than the one before. */
  readonly time: number;
  /** Why it is none: another program has put it there. Jobs make it a dead letter. */
  readonly invalid?: RecurError;
}

/** A record of a job as a log keeps it. */
export interface StoredRecord {
  /** Its number in its partition, from 1. */
  readonly revision: number;
  /** It begins at a multiple of 8 bytes of its buffer, and nobody writes to it again. */
  readonly bytes: Uint8Array;
}

/** The states of a partition after some revision, as the job wrote them. */
export interface StoredSnapshot {
  readonly revision: number;
  chunks(): AsyncIterable<Uint8Array>;
}

/** The right to work on a partition: it decides who tries, never what is right. */
export interface Lease {
  /** Goes on for another term; false: somebody else has it, and this lease is over. */
  renew(): Promise<boolean>;
  release(): Promise<void>;
}

/** A worker that others see as long as it renews. */
export interface Membership {
  renew(): Promise<void>;
  leave(): Promise<void>;
}

/**
 * Where events, states and outputs are kept: a fixed number of partitions, each with a row of
 * events and, for each job, a row of records that only grows by compare-and-set.
 *
 * What `append` and `commit` have acknowledged is stored as the adapter's page says. Reads see
 * nothing that is not. Adapters throw a RecurError that names the place of what is damaged.
 * A partition that does not exist, names and bytes that do not fit, and a closed log are refused
 * with a RecurError: `read` and `records` throw it at the call, everything else rejects. Names of
 * jobs and members have 1 to 64 bytes as UTF-8.
 */
export interface PartitionLog {
  /** What it is and where, in messages: `the file log in /var/lib/jobs`. */
  readonly name: string;
  readonly partitions: number;
  /** The most bytes of an event's value, a record, or a snapshot's chunk. */
  readonly maxBytes: number;

  /**
   * Appends events to a partition, in order; the offset of the last one. With `after` only if that
   * is the last offset (0: there is none), and one after another; else it rejects with a
   * FencedError. What is refused stores nothing. If it rejects with an UnknownError, the first of
   * the events may be stored, or all of them, now or soon: a log on another machine cannot tell.
   */
  append(partition: number, events: readonly NewEvent[], after?: number): Promise<number>;
  /**
   * As `append` without `after`; the offset of each, of a log in which events of other writers may
   * come between them. Absent: they never do.
   */
  appendEach?(partition: number, events: readonly NewEvent[]): Promise<readonly number[]>;
  /** The offset of a partition's last event; 0: there is none. */
  lastOffset(partition: number): Promise<number>;
  /** The offset of the first event that is kept, or would be: the last one's plus 1 at most. */
  firstOffset(partition: number): Promise<number>;
  /**
   * A partition's events after an offset, in order, as many at a time as are there; then it waits
   * for more until `signal` aborts or the log is closed, which ends it. Without a signal it ends
   * at the last one. The iteration throws a RecurError if the next event is not kept any more:
   * to begin at the oldest one, read after `firstOffset` - 1.
   */
  read(
    partition: number,
    after: number,
    signal?: AbortSignal,
  ): AsyncIterable<readonly StoredEvent[]>;
  /** Events through this offset may go; they need not. */
  forget(partition: number, through: number): Promise<void>;

  /** The names of jobs that have records here. */
  jobs(): Promise<readonly string[]>;
  /** The newest snapshot of a job's partition; undefined: there is none. */
  restore(job: string, partition: number): Promise<StoredSnapshot | undefined>;
  /**
   * A job's records after a revision, as `read`. Throws a RecurError if they are not kept any more.
   */
  records(
    job: string,
    partition: number,
    after: number,
    signal?: AbortSignal,
  ): AsyncIterable<readonly StoredRecord[]>;
  /**
   * Appends a record if the newest revision is `after` (0: there is none), and resolves to its own,
   * one more. Rejects with a FencedError if another one is the newest; with an UnknownError if it
   * cannot tell whether the record is there.
   */
  commit(job: string, partition: number, after: number, record: Uint8Array): Promise<number>;
  /**
   * Keeps a snapshot that stands for the records through `revision`, which is at most the newest;
   * the last snapshot is then of no use. Records through `keep`, which is at most `revision`, may
   * go. An older snapshot than the one that is kept changes nothing.
   */
  snapshot(
    job: string,
    partition: number,
    revision: number,
    chunks: AsyncIterable<Uint8Array>,
    keep: number,
  ): Promise<void>;

  /** A lease of a partition for `ttl` milliseconds; undefined: another member has it. */
  lease(job: string, partition: number, member: string, ttl: number): Promise<Lease | undefined>;
  /** Who has the lease of a partition; undefined: nobody. */
  owner(job: string, partition: number): Promise<string | undefined>;
  join(job: string, member: string, ttl: number): Promise<Membership>;
  members(job: string): Promise<readonly string[]>;

  /** Gives back files, connections and timers. */
  close(): Promise<void>;
}

/** A commit that came too late: somebody else has committed to that partition. */
export class FencedError extends RecurError {
  override readonly name = 'FencedError';
}

/**
 * A log that has not answered: of a commit nobody can tell whether it is stored, read the log to
 * know; all else may be asked again. Workers do, and go on when it answers.
 */
export class UnknownError extends RecurError {
  override readonly name = 'UnknownError';
}
