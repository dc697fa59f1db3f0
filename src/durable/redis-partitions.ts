import { RecurError } from '../errors.js';
import * as check from './arguments.js';
import { decodeEvents, encodeEvents } from './event-bytes.js';
import { follow, Waiting } from './follow.js';
import { LeasedLog } from './leases.js';
import type { NewEvent, PartitionLog } from './log.js';
import { Ears } from './redis-ears.js';
import { eventsRow, jobRow, type Row } from './redis-keys.js';
import type { Link } from './redis-link.js';
import { type Entry, RedisRows } from './redis-rows.js';
import { readSnapshot, writeSnapshot } from './redis-snapshots.js';
import { redisTerms } from './redis-terms.js';
import { appendedAfter, fenced } from './refusals.js';

/** What a log in Redis is, once it is open. */
export interface RedisSetup {
  readonly name: string;
  /** What its keys begin with. */
  readonly prefix: string;
  readonly partitions: number;
  /** What its keys of partitions hold: a log that was made again has another one. */
  readonly id: string;
  readonly replicas: number;
}

/** A log's connections: what one of them waits for keeps none of the others waiting. */
export interface RedisLinks {
  readonly reads: Link;
  readonly writes: Link;
  readonly terms: Link;
  readonly ears: Link;
}

/** The port on Redis: a stream for the events of each partition, and one for each job's records. */
export class RedisPartitions extends LeasedLog implements PartitionLog {
  readonly name: string;
  readonly partitions: number;
  readonly #prefix: string;
  readonly #links: RedisLinks;
  readonly #rows: RedisRows;
  readonly #ears: Ears;
  protected readonly terms;
  #closing: Promise<unknown> | undefined;

  constructor({ name, prefix, partitions, id, replicas }: RedisSetup, links: RedisLinks) {
    super();
    this.name = name;
    this.partitions = partitions;
    this.#prefix = prefix;
    this.#links = links;
    this.#rows = new RedisRows(links.reads, links.writes, id, replicas);
    this.#ears = new Ears(links.ears);
    this.terms = redisTerms(links.terms, prefix);
  }

  async append(partition: number, events: readonly NewEvent[], after?: number): Promise<number> {
    const row = this.#events(partition);
    check.checkEvents(events);
    const condition = appendedAfter(partition, after);
    return this.#rows.writer(row).append(encodeEvents(events), events.length, condition);
  }

  async lastOffset(partition: number): Promise<number> {
    return (await this.#rows.mark(this.#events(partition))).last;
  }

  async firstOffset(partition: number): Promise<number> {
    return (await this.#rows.mark(this.#events(partition))).floor + 1;
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
    const { reads } = this.#links;
    const all = Array.from({ length: this.partitions }, (_, partition) => {
      const ask = () => reads.redis.smembers(this.#events(partition).jobs);
      return reads.ask(ask, { where: 'jobs' });
    });
    return [...new Set((await Promise.all(all)).flat())].sort();
  }

  async restore(job: string, partition: number) {
    return readSnapshot(this.#links.reads, this.#job(job, partition));
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
    return this.#rows.writer(row).append(new Uint8Array(record), 1, { after, refuse });
  }

  async snapshot(
    job: string,
    partition: number,
    revision: number,
    chunks: AsyncIterable<Uint8Array>,
    keep: number,
  ): Promise<void> {
    const row = this.#job(job, partition);
    check.checkSnapshot(revision, keep, (await this.#rows.mark(row)).last);
    await writeSnapshot(this.#links.writes, row, revision, chunks);
    await this.#rows.purge(row, keep);
  }

  async close(): Promise<void> {
    const { reads, writes, terms, ears } = this.#links;
    if (!this.#closing) {
      const all = new Set([reads, writes, terms, ears]);
      this.#closing = Promise.all([...all].map(link => link.close()));
      this.#ears.close();
    }
    await this.#closing;
  }

  protected get isClosed(): boolean {
    return this.#closing !== undefined;
  }

  #events(partition: number): Row {
    this.checkPartition(partition);
    return eventsRow(this.#prefix, partition);
  }

  #job(job: string, partition: number): Row {
    this.checkJob(job, partition);
    return jobRow(this.#prefix, job, partition);
  }

  async *#follow<T>(
    row: Row,
    after: number,
    signal: AbortSignal | undefined,
    decode: (entry: Entry, last: number) => readonly T[],
  ): AsyncGenerator<readonly T[]> {
    const reader = this.#rows.reader(row, after, signal);
    const isOver = () => signal?.aborted || this.isClosed;
    let last = after;
    const next = async () => {
      if (isOver()) return [];
      const entries = await reader.next().catch(error => {
        // Nobody waits for an answer any more.
        if (isOver() && error instanceof RecurError) return [];
        throw error;
      });
      const from = last;
      last = entries.at(-1)?.number ?? last;
      return entries.flatMap(entry => decode(entry, from));
    };
    if (!signal) return yield* follow(next, new Waiting(), undefined);
    if (isOver()) return;
    const { waiting, pauses, stop } = await this.#ears.listen(row.key);
    try {
      yield* follow(next, waiting, signal, pauses);
    } finally {
      stop();
    }
  }
}
