import { mismatch } from '../errors.js';
import * as check from './arguments.js';
import { LeasedLog } from './leases.js';
import type { Lease, Membership, NewEvent, PartitionLog } from './log.js';
import { NatsAppender } from './nats-append.js';
import { eventReader } from './nats-events.js';
import { type NatsLink, Unanswered } from './nats-link.js';
import type { Found } from './nats-messages.js';
import { readStream } from './nats-reader.js';
import { commitRecord } from './nats-records.js';
import { readSnapshot, writeSnapshot } from './nats-snapshots.js';
import { type Keeping, type Names, type StreamName, Streams } from './nats-streams.js';
import { NatsTerms } from './nats-terms.js';
import { gone } from './refusals.js';

/** The connections of a log: one for events and states, one for leases and members. */
export interface Links {
  readonly data: NatsLink;
  readonly leases: NatsLink;
}

/** Room for the headers of a message, of those that a stream adds too. */
const headerBytes = 512;

const why = `the server's max_payload is ${headerBytes} bytes more: raise it there`;

/** The port on JetStream: a stream for the events of each partition, and two for each job's. */
export class NatsPartitions extends LeasedLog implements PartitionLog {
  readonly name: string;
  readonly partitions: number;
  override readonly maxBytes: number;
  readonly #links: Links;
  readonly #names: Names;
  readonly #streams: Streams;
  readonly #appenders: readonly NatsAppender[];
  protected readonly terms: NatsTerms;

  constructor(name: string, partitions: number, links: Links, names: Names, keeping: Keeping) {
    super();
    this.name = name;
    this.partitions = partitions;
    this.maxBytes = Math.min(check.largest, links.data.maxPayload - headerBytes);
    this.#links = links;
    this.#names = names;
    this.#streams = new Streams(links.data, () => keeping);
    this.#appenders = Array.from({ length: partitions }, (_, partition) => {
      return new NatsAppender(this.#streams, names.events(partition), partition);
    });
    this.terms = new NatsTerms(new Streams(links.leases, () => keeping), names.notes);
  }

  protected get isClosed(): boolean {
    return this.#links.data.closed;
  }

  async append(partition: number, events: readonly NewEvent[], after?: number): Promise<number> {
    const offsets = await this.#append(partition, events, after);
    return offsets[offsets.length - 1];
  }

  async appendEach(partition: number, events: readonly NewEvent[]): Promise<readonly number[]> {
    return this.#append(partition, events);
  }

  async #append(partition: number, events: readonly NewEvent[], after?: number) {
    this.checkPartition(partition);
    check.checkEvents(events, this.maxBytes, why);
    if (after !== undefined) check.checkPlace('append.after', after);
    return this.#appenders[partition].append(events, after);
  }

  async lastOffset(partition: number): Promise<number> {
    return (await this.#streams.ends(this.#events(partition))).last;
  }

  async firstOffset(partition: number): Promise<number> {
    return (await this.#streams.ends(this.#events(partition))).first;
  }

  read(partition: number, after: number, signal?: AbortSignal) {
    const name = this.#events(partition);
    check.checkPlace('read.after', after);
    const what = `events of partition ${partition}`;
    return this.#follow(name, what, after, signal, eventReader());
  }

  async forget(partition: number, through: number): Promise<void> {
    const name = this.#events(partition);
    check.checkPlace('forget.through', through);
    await this.#streams.purge(name, through);
  }

  async jobs(): Promise<readonly string[]> {
    this.checkOpen();
    return this.#names.jobsOf(await this.#streams.list(this.#names.allRecords));
  }

  async restore(job: string, partition: number) {
    const records = this.#records(job, partition);
    const snapshot = await readSnapshot(this.#streams, this.#names.snapshots(job, partition));
    if (snapshot) await this.#checkLast(records, `${job}.${partition}`, snapshot.revision);
    return snapshot;
  }

  records(job: string, partition: number, after: number, signal?: AbortSignal) {
    const name = this.#records(job, partition);
    check.checkPlace('records.after', after);
    const what = `records of ${job}.${partition}`;
    return this.#follow(name, what, after, signal, found => {
      return found.map(({ seq, data }) => ({ revision: seq, bytes: new Uint8Array(data) }));
    });
  }

  async commit(job: string, partition: number, after: number, record: Uint8Array) {
    const name = this.#records(job, partition);
    check.checkPlace('commit.after', after);
    check.checkBytes('commit.record', record, this.maxBytes, why);
    const own = new Uint8Array(record);
    return commitRecord(this.#streams, name, { job, partition, after }, own);
  }

  async snapshot(
    job: string,
    partition: number,
    revision: number,
    chunks: AsyncIterable<Uint8Array>,
    keep: number,
  ): Promise<void> {
    const records = this.#records(job, partition);
    check.checkSnapshot(revision, keep, (await this.#streams.ends(records)).last);
    const name = this.#names.snapshots(job, partition);
    const checkChunk = (chunk: Uint8Array) => {
      check.checkBytes('snapshot.chunk', chunk, this.maxBytes, why);
    };
    const isKept = await writeSnapshot(this.#streams, name, revision, chunks, checkChunk);
    if (isKept) await this.#streams.purge(records, keep);
  }

  /** A lease that could not be renewed in time is over. */
  override async lease(
    job: string,
    partition: number,
    member: string,
    ttl: number,
  ): Promise<Lease | undefined> {
    const lease = await super.lease(job, partition, member, ttl);
    if (!lease) return undefined;
    return { ...lease, renew: () => inTime(lease.renew(), ttl, false) };
  }

  override async join(job: string, member: string, ttl: number): Promise<Membership> {
    const membership = await super.join(job, member, ttl);
    return { ...membership, renew: () => inTime(membership.renew(), ttl, undefined) };
  }

  async close(): Promise<void> {
    await Promise.all([this.#links.data.close(), this.#links.leases.close()]);
  }

  /** Throws where a server has lost records that a snapshot stands for: none could follow it. */
  async #checkLast(records: StreamName, where: string, revision: number): Promise<void> {
    for (let times = 0; times < 3; times++) {
      if ((await this.#streams.ends(records)).last >= revision) return;
      // A leader that was elected just now may have to catch up.
      await this.#links.data.pause(1000);
    }
    const { last } = await this.#streams.ends(records);
    if (last >= revision) return;
    const hint = 'the server has lost records that it had acknowledged; restore its store';
    throw mismatch(where, `record ${revision}, as in its snapshot`, `${last} as the last`, hint);
  }

  #events(partition: number): StreamName {
    this.checkPartition(partition);
    return this.#names.events(partition);
  }

  #records(job: string, partition: number): StreamName {
    this.checkJob(job, partition);
    return this.#names.records(job, partition);
  }

  async *#follow<T>(
    name: StreamName,
    what: string,
    after: number,
    signal: AbortSignal | undefined,
    decode: (found: readonly Found[]) => readonly T[],
  ): AsyncGenerator<readonly T[]> {
    const link = this.#links.data;
    try {
      if (signal) await this.#streams.ensure(name);
      const { first, last } = await this.#streams.ends(name);
      if (after + 1 < first) throw gone(what, after, first);
      const count = signal ? Infinity : Math.max(0, last - after);
      const lack = async (had: number, at: number | undefined) => {
        const first = at ?? (await this.#streams.ends(name)).first;
        if (first > had + 1) throw gone(what, had, first);
      };
      const range = { stream: name.stream, after, count, lack };
      for await (const found of readStream(link, range, signal)) yield decode(found);
    } catch (error) {
      // A log that is closed ends its readers.
      if (!link.closed) throw error;
    }
  }
}

/** What a renewal says, or says after its time if nobody has answered. */
async function inTime<T>(renewal: Promise<T>, ttl: number, otherwise: T): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<T>(resolve => {
    timer = setTimeout(() => resolve(otherwise), ttl);
  });
  try {
    return await Promise.race([renewal, late]);
  } catch (error) {
    if (error instanceof Unanswered) return otherwise;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
