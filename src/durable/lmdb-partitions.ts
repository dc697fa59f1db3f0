import * as check from './arguments.js';
import { decodeName, encodeName } from './encoded-name.js';
import { decodeEvents, encodeEvents } from './event-bytes.js';
import { follow, Waiting } from './follow.js';
import { LeasedLog, type Term, type Terms } from './leases.js';
import type { Environment } from './lmdb-environments.js';
import type { Entry, Row, Rows } from './lmdb-rows.js';
import { readSnapshot, writeSnapshot } from './lmdb-snapshots.js';
import type { NewEvent, PartitionLog } from './log.js';
import { appendedAfter, fenced } from './refusals.js';
import { sealed, unsealed } from './sealed.js';

/** How often a reader looks for what another process has written, in milliseconds. */
const pauses = { least: 2, most: 50 };

/** The port on LMDB: a row for the events of each partition, and one for each job's records. */
export class LmdbPartitions extends LeasedLog implements PartitionLog {
  readonly name: string;
  readonly partitions: number;
  readonly #environment: Environment;
  readonly #rows: Rows;
  protected readonly terms: Terms;
  readonly #waiting = new Waiting();

  constructor(path: string, partitions: number, environment: Environment) {
    super();
    const { rows } = environment;
    this.name = `the LMDB log in ${path}`;
    this.partitions = partitions;
    this.#environment = environment;
    this.#rows = rows;
    this.terms = lmdbTerms(rows);
  }

  async append(partition: number, events: readonly NewEvent[], after?: number): Promise<number> {
    const row = this.#events(partition);
    check.checkEvents(events);
    const condition = appendedAfter(partition, after);
    const last = await this.#rows.append(row, encodeEvents(events), events.length, condition);
    this.#waiting.tell();
    return last;
  }

  async lastOffset(partition: number): Promise<number> {
    return (await this.#mark(this.#events(partition))).last;
  }

  async firstOffset(partition: number): Promise<number> {
    return (await this.#mark(this.#events(partition))).floor + 1;
  }

  read(partition: number, after: number, signal?: AbortSignal) {
    const row = this.#events(partition);
    check.checkPlace('read.after', after);
    return this.#follow(row, after, signal, ({ payload, number, count, time }, last) => {
      return decodeEvents(payload, number - count + 1, time, last);
    });
  }

  async forget(partition: number, through: number): Promise<void> {
    const row = this.#events(partition);
    check.checkPlace('forget.through', through);
    await this.#rows.purge(row, through);
  }

  async jobs(): Promise<readonly string[]> {
    this.checkOpen();
    this.#rows.db.resetReadTxn();
    const range = { start: ['mark', 'records'], end: ['mark', 'recordt'] };
    const found = [...this.#rows.db.getKeys(range)].map(key => decodeName(String(key[2])));
    return [...new Set(found)].sort();
  }

  async restore(job: string, partition: number) {
    return readSnapshot(this.#rows, this.#job(job, partition));
  }

  records(job: string, partition: number, after: number, signal?: AbortSignal) {
    const row = this.#job(job, partition);
    check.checkPlace('records.after', after);
    return this.#follow(row, after, signal, ({ payload, number }) => {
      return [{ revision: number, bytes: payload }];
    });
  }

  async commit(job: string, partition: number, after: number, record: Uint8Array) {
    const row = this.#job(job, partition);
    check.checkPlace('commit.after', after);
    check.checkBytes('commit.record', record);
    const refuse = (last: number) => fenced(job, partition, after, last);
    const revision = await this.#rows.append(row, new Uint8Array(record), 1, { after, refuse });
    this.#waiting.tell();
    return revision;
  }

  async snapshot(
    job: string,
    partition: number,
    revision: number,
    chunks: AsyncIterable<Uint8Array>,
    keep: number,
  ): Promise<void> {
    const row = this.#job(job, partition);
    check.checkSnapshot(revision, keep, (await this.#mark(row)).last);
    await writeSnapshot(this.#rows, row, revision, chunks);
    await this.#rows.purge(row, keep);
  }

  async close(): Promise<void> {
    if (this.#waiting.closed) return;
    this.#waiting.close();
    await this.#environment.close();
  }

  protected get isClosed(): boolean {
    return this.#waiting.closed;
  }

  #events(partition: number): Row {
    this.checkPartition(partition);
    return ['events', partition];
  }

  #job(job: string, partition: number): Row {
    this.checkJob(job, partition);
    return ['records', encodeName(job), partition];
  }

  async #mark(row: Row) {
    this.#rows.db.resetReadTxn();
    const mark = this.#rows.mark(row);
    await this.#rows.stored(row, mark.last);
    return mark;
  }

  #follow<T>(
    row: Row,
    after: number,
    signal: AbortSignal | undefined,
    decode: (entry: Entry, last: number) => readonly T[],
  ) {
    let last = after;
    const next = async () => {
      const entries = this.#rows.after(row, last);
      if (!entries.length) return [];
      const from = last;
      last = entries[entries.length - 1].number;
      // Nobody sees what a power cut could take away.
      await this.#rows.stored(row, last);
      return entries.flatMap(entry => decode(entry, from));
    };
    return follow(next, this.#waiting, signal, pauses);
  }
}

function lmdbTerms(rows: Rows): Terms {
  const { db } = rows;
  const row = (job: string) => ['terms', encodeName(job)];
  const keyOf = (job: string, name: string) => [...row(job), encodeName(name)];
  const read = (bytes: Uint8Array | undefined): Term | undefined =>
    bytes && JSON.parse(new TextDecoder().decode(unsealed(bytes, 0, 'a lease')));
  return {
    async get(job, name) {
      db.resetReadTxn();
      return read(db.get(keyOf(job, name)));
    },
    change: (job, name, next) => {
      return rows.write<Term | undefined>(row(job), () => {
        const key = keyOf(job, name);
        const last = read(db.get(key));
        const term = next(last);
        const bytes = term && new TextEncoder().encode(JSON.stringify(term));
        if (!bytes) db.remove(key);
        else if (term !== last) db.put(key, sealed(new Uint8Array(), bytes, 0));
        return term;
      });
    },
    async list(job, prefix) {
      db.resetReadTxn();
      const range = { start: [...row(job), prefix], end: [...row(job), `${prefix}\u{10ffff}`] };
      return [...db.getRange(range)].flatMap(({ value }) => read(value) ?? []);
    },
  };
}
