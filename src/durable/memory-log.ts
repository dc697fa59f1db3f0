import { demand, mismatch } from '../errors.js';
import type { StoredEvent, StoredRecord } from './log.js';
import { FencedError, type Lease, type NewEvent, type PartitionLog } from './log.js';

interface Row {
  readonly records: StoredRecord[];
  snapshot?: { readonly revision: number; readonly chunks: readonly Uint8Array[] };
}

interface Term {
  readonly member: string;
  readonly until: number;
}

/**
 * A log in the memory of this process: for tests, and to try things out. It dies with the process.
 *
 * Throws a RecurError for a number of partitions that is none.
 *
 * @example
 * const log = memoryLog({ partitions: 2 });
 * log.partitions; // → 2
 */
export function memoryLog(options: { readonly partitions?: number } = {}): PartitionLog {
  const { partitions = 8 } = options;
  checkPartitions('memoryLog', partitions);
  return new MemoryLog(partitions);
}

/** Throws unless it is a number of partitions. */
export function checkPartitions(where: string, partitions: unknown): asserts partitions is number {
  const fits = Number.isInteger(partitions) && (partitions as number) > 0;
  demand(fits && (partitions as number) <= 4096, `${where}.partitions`, '1 to 4096', partitions);
}

class MemoryLog implements PartitionLog {
  readonly name = 'the log in memory';
  readonly partitions: number;
  readonly #events: { kept: StoredEvent[]; last: number }[];
  readonly #jobs = new Map<string, Map<number, Row>>();
  readonly #leases = new Map<string, Term>();
  readonly #members = new Map<string, number>();
  #wake: (() => void)[] = [];

  constructor(partitions: number) {
    this.partitions = partitions;
    this.#events = Array.from({ length: partitions }, () => ({ kept: [], last: 0 }));
  }

  async append(partition: number, events: readonly NewEvent[]): Promise<number> {
    const row = this.#events[partition];
    const time = Math.max(Date.now(), row.kept.at(-1)?.time ?? 0);
    for (const { key, value } of events) {
      row.kept.push({ key, value: value.slice(), offset: ++row.last, time });
    }
    this.#tell();
    return row.last;
  }

  async lastOffset(partition: number): Promise<number> {
    return this.#events[partition].last;
  }

  read(partition: number, after: number, signal?: AbortSignal) {
    const from = (offset: number) => {
      const { kept } = this.#events[partition];
      const found = kept.length - (this.#events[partition].last - offset);
      return kept.slice(Math.max(0, found));
    };
    return this.#follow(after, from, events => events[events.length - 1].offset, signal);
  }

  async forget(partition: number, through: number): Promise<void> {
    const row = this.#events[partition];
    row.kept = row.kept.filter(({ offset }) => offset > through);
  }

  async jobs(): Promise<readonly string[]> {
    return [...this.#jobs.keys()];
  }

  async restore(job: string, partition: number) {
    const { snapshot } = this.#row(job, partition);
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
    const { records } = this.#row(job, partition);
    const from = (revision: number) => {
      const [first] = records;
      if (first && first.revision > revision + 1) {
        const hint = 'a snapshot stands for them';
        const expected = `records from ${revision + 1} on`;
        throw mismatch(`${job}.${partition}`, expected, `${first.revision} and later`, hint);
      }
      return first ? records.slice(Math.max(0, revision + 1 - first.revision)) : [];
    };
    return this.#follow(after, from, found => found[found.length - 1].revision, signal);
  }

  async commit(job: string, partition: number, after: number, record: Uint8Array) {
    const row = this.#row(job, partition);
    const newest = row.records.at(-1)?.revision ?? row.snapshot?.revision ?? 0;
    if (newest !== after) throw fenced(job, partition, after, newest);
    row.records.push({ revision: after + 1, bytes: record.slice() });
    this.#tell();
    return after + 1;
  }

  async snapshot(
    job: string,
    partition: number,
    revision: number,
    chunks: AsyncIterable<Uint8Array>,
    keep: number,
  ): Promise<void> {
    const own: Uint8Array[] = [];
    for await (const chunk of chunks) own.push(chunk.slice());
    const row = this.#row(job, partition);
    row.snapshot = { revision, chunks: own };
    const { records } = row;
    const stay = records.findIndex(record => record.revision > keep);
    // The newest record says which revision is the newest.
    records.splice(0, stay < 0 ? Math.max(0, records.length - 1) : stay);
  }

  async lease(job: string, partition: number, member: string, ttl: number) {
    const name = `${partition} ${job}`;
    const isOthers = () => {
      const term = this.#leases.get(name);
      return term !== undefined && term.member !== member && term.until > Date.now();
    };
    if (isOthers()) return undefined;
    const renew = async () => {
      if (isOthers()) return false;
      this.#leases.set(name, { member, until: Date.now() + ttl });
      return true;
    };
    await renew();
    const lease: Lease = {
      renew,
      release: async () => {
        if (this.#leases.get(name)?.member === member) this.#leases.delete(name);
      },
    };
    return lease;
  }

  async owner(job: string, partition: number): Promise<string | undefined> {
    const term = this.#leases.get(`${partition} ${job}`);
    return term && term.until > Date.now() ? term.member : undefined;
  }

  async join(job: string, member: string, ttl: number) {
    const name = JSON.stringify([job, member]);
    const renew = async () => {
      this.#members.set(name, Date.now() + ttl);
    };
    await renew();
    const leave = async () => {
      this.#members.delete(name);
    };
    return { renew, leave };
  }

  async members(job: string): Promise<readonly string[]> {
    const all = [...this.#members].filter(([, until]) => until > Date.now());
    const pairs = all.map(([name]) => JSON.parse(name) as readonly [string, string]);
    return pairs.filter(([of]) => of === job).map(([, member]) => member);
  }

  async close(): Promise<void> {
    this.#tell();
  }

  #row(job: string, partition: number): Row {
    let rows = this.#jobs.get(job);
    if (!rows) this.#jobs.set(job, (rows = new Map()));
    let row = rows.get(partition);
    if (!row) rows.set(partition, (row = { records: [] }));
    return row;
  }

  /** What is there after a place, then what comes. */
  async *#follow<T>(
    after: number,
    from: (after: number) => T[],
    last: (found: T[]) => number,
    signal?: AbortSignal,
  ): AsyncGenerator<readonly T[]> {
    for (let at = after; !signal?.aborted; ) {
      const found = from(at);
      if (found.length) {
        at = last(found);
        yield found;
      } else if (signal) await this.#more(signal);
      else return;
    }
  }

  #more(signal: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      this.#wake.push(resolve);
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  #tell(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const wake of waiting) wake();
  }
}

/** The error of a commit after a revision that is not the newest. */
export function fenced(job: string, partition: number, after: number, newest: number): FencedError {
  return new FencedError({
    where: `${job}.${partition}`,
    expected: `a commit after revision ${newest}`,
    got: `one after ${after}`,
    hint: 'another worker has this partition now',
  });
}
