import { checkNames, demand, type RecurError } from '../errors.js';
import * as check from './arguments.js';
import { follow, Waiting } from './follow.js';
import { LeasedLog, type Term, type Terms } from './leases.js';
import type { NewEvent, PartitionLog, StoredEvent, StoredRecord } from './log.js';
import { appendedAfter, fenced, gone } from './refusals.js';

/** Events or records of a partition: those that are kept, the last number, what has gone. */
class Row<T> {
  kept: T[] = [];
  last = 0;

  get first(): number {
    return this.last - this.kept.length + 1;
  }

  push(value: T): void {
    this.kept.push(value);
    this.last++;
  }

  /** What is kept after a number; undefined: the next one has gone. */
  after(number: number): readonly T[] | undefined {
    return number + 1 < this.first ? undefined : this.kept.slice(number + 1 - this.first);
  }

  purge(through: number): void {
    this.kept.splice(0, through + 1 - this.first);
  }
}

interface Job {
  readonly records: Row<StoredRecord>;
  snapshot?: { readonly revision: number; readonly chunks: readonly Uint8Array[] };
}

/** The options of `memoryLog`. */
export interface MemoryLogOptions {
  /** How many partitions it has (8). */
  readonly partitions?: number;
  /** The most bytes of a value, a record or a chunk (64 MiB), to try out a log that has less. */
  readonly maxBytes?: number;
}

/**
 * A log in the memory of this process: for tests, and to try things out. It dies with the process.
 *
 * Throws a RecurError for options that do not fit.
 *
 * @example
 * const log = memoryLog({ partitions: 2 });
 * log.partitions; // → 2
 */
export function memoryLog(options: MemoryLogOptions = {}): PartitionLog {
  checkNames('memoryLog', options, ['partitions', 'maxBytes']);
  const { partitions = 8, maxBytes = check.largest } = options;
  check.checkPartitions('memoryLog', partitions);
  const fits = Number.isSafeInteger(maxBytes) && maxBytes > 0;
  demand(fits, 'memoryLog.maxBytes', 'a number of bytes above 0', maxBytes);
  return new MemoryLog(partitions, maxBytes);
}

class MemoryLog extends LeasedLog implements PartitionLog {
  readonly name = 'the log in memory';
  readonly partitions: number;
  override readonly maxBytes: number;
  readonly #events: readonly Row<StoredEvent>[];
  readonly #jobs = new Map<string, Map<number, Job>>();
  protected readonly terms = memoryTerms();
  readonly #waiting = new Waiting();

  constructor(partitions: number, maxBytes: number) {
    super();
    this.maxBytes = maxBytes;
    this.partitions = partitions;
    this.#events = Array.from({ length: partitions }, () => new Row());
  }

  async append(partition: number, events: readonly NewEvent[], after?: number): Promise<number> {
    const row = this.#row(partition);
    check.checkEvents(events, this.maxBytes);
    const condition = appendedAfter(partition, after);
    if (condition && condition.after !== row.last) throw condition.refuse(row.last);
    const time = Math.max(Date.now(), row.kept.at(-1)?.time ?? 0);
    for (const { key, value } of events) {
      row.push({ key, value: ownBytes(value), offset: row.last + 1, time });
    }
    this.#waiting.tell();
    return row.last;
  }

  async lastOffset(partition: number): Promise<number> {
    return this.#row(partition).last;
  }

  async firstOffset(partition: number): Promise<number> {
    return this.#row(partition).first;
  }

  read(partition: number, after: number, signal?: AbortSignal) {
    const row = this.#row(partition);
    check.checkPlace('read.after', after);
    return this.#follow(row, after, signal, () => {
      return gone(`events of partition ${partition}`, after, row.first);
    });
  }

  async forget(partition: number, through: number): Promise<void> {
    const row = this.#row(partition);
    check.checkPlace('forget.through', through);
    row.purge(through);
  }

  async jobs(): Promise<readonly string[]> {
    this.checkOpen();
    const has = (job: Job) => job.records.last > 0;
    return [...this.#jobs].filter(([, rows]) => [...rows.values()].some(has)).map(([job]) => job);
  }

  async restore(job: string, partition: number) {
    const { snapshot } = this.#job(job, partition);
    if (!snapshot) return undefined;
    const { revision, chunks } = snapshot;
    return {
      revision,
      async *chunks() {
        yield* chunks;
      },
    };
  }

  records(job: string, partition: number, after: number, signal?: AbortSignal) {
    const { records } = this.#job(job, partition);
    check.checkPlace('records.after', after);
    return this.#follow(records, after, signal, () => {
      return gone(`records of ${job}.${partition}`, after, records.first);
    });
  }

  async commit(job: string, partition: number, after: number, record: Uint8Array) {
    const { records } = this.#job(job, partition);
    check.checkPlace('commit.after', after);
    check.checkBytes('commit.record', record, this.maxBytes);
    if (records.last !== after) throw fenced(job, partition, after, records.last);
    records.push({ revision: after + 1, bytes: ownBytes(record) });
    this.#waiting.tell();
    return after + 1;
  }

  async snapshot(
    job: string,
    partition: number,
    revision: number,
    chunks: AsyncIterable<Uint8Array>,
    keep: number,
  ): Promise<void> {
    const row = this.#job(job, partition);
    check.checkSnapshot(revision, keep, row.records.last);
    const own: Uint8Array[] = [];
    for await (const chunk of chunks) {
      check.checkBytes('snapshot.chunk', chunk, this.maxBytes);
      own.push(ownBytes(chunk));
    }
    if (revision < (row.snapshot?.revision ?? 0)) return;
    row.snapshot = { revision, chunks: own };
    row.records.purge(keep);
  }

  async close(): Promise<void> {
    this.#waiting.close();
  }

  protected get isClosed(): boolean {
    return this.#waiting.closed;
  }

  #row(partition: number): Row<StoredEvent> {
    this.checkPartition(partition);
    return this.#events[partition];
  }

  #job(job: string, partition: number): Job {
    this.checkJob(job, partition);
    let rows = this.#jobs.get(job);
    if (!rows) this.#jobs.set(job, (rows = new Map()));
    let row = rows.get(partition);
    if (!row) rows.set(partition, (row = { records: new Row() }));
    return row;
  }

  #follow<T>(row: Row<T>, after: number, signal: AbortSignal | undefined, lack: () => RecurError) {
    let at = after;
    const next = () => {
      const found = row.after(at);
      if (!found) throw lack();
      at += found.length;
      return found;
    };
    return follow(next, this.#waiting, signal);
  }
}

/** A copy at the beginning of a buffer; a Buffer's `slice` would be a view. */
function ownBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

function memoryTerms(): Terms {
  const terms = new Map<string, Term>();
  const place = (job: string, name: string) => JSON.stringify([job, name]);
  return {
    get: async (job, name) => terms.get(place(job, name)),
    async change(job, name, next) {
      const term = next(terms.get(place(job, name)));
      if (term) terms.set(place(job, name), term);
      else terms.delete(place(job, name));
      return term;
    },
    async list(job, prefix) {
      const begin = place(job, prefix).slice(0, -2);
      return [...terms].filter(([name]) => name.startsWith(begin)).map(([, term]) => term);
    },
  };
}
