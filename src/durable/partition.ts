import { asRecurError, demand, mismatch, type RecurError } from '../errors.js';
import { loadedStates } from '../streams/keyed-snapshots.js';
import type { KeyedStream } from '../streams/keyed-stream.js';
import type { LogEvent } from './event.js';
import { type Job, openStream } from './job.js';
import type { StoredEvent } from './log.js';
import { checkBackend, migrated } from './migrate.js';
import { Params } from './params.js';
import { Pending } from './pending.js';
import { partitionOf } from './places.js';
import type { RecordHead, RecordParts } from './record.js';
import { checkFollows } from './record-head.js';
import { type Output, tell } from './told.js';
import { Turn } from './turn.js';
import { headOf, statesIn, type Written } from './written.js';

const none: readonly never[] = [];

/** The keyed streams of one partition: events in, records out. */
export class Partition {
  readonly job: Job;
  readonly partition: number;
  readonly #where: string;
  readonly #stream: KeyedStream;
  #turn: Turn;
  /** Offset of the last event that came in, and of that in the last record. */
  to = 0;
  #from = 0;
  /** Events that had their turn in records. */
  #sequence = 0;
  #now = 0;
  #pending = new Pending();
  /** Offsets at or below `to` that still have to come, after a restart. */
  #again: Set<number> = new Set();
  #epoch = 0;
  readonly #params: Params;
  #failure: RecurError | undefined;
  /** A record is whole at so many bytes: the rest is for what nobody counts. */
  readonly #room: number;
  /** A key's state in a record, as far as is known. */
  #stateBytes = 0;

  /** `most`: the bytes that a record can have. */
  constructor(job: Job, partition: number, most: number) {
    this.job = job;
    this.#room = 0.75 * most;
    this.partition = partition;
    this.#where = `${job.job}.${partition}`;
    this.#turn = new Turn(job);
    this.#stream = openStream(job, {
      now: () => this.#now,
      keyOf: event => this.#keyOf(event),
      refused: ({ event, at }, error) => this.#pending.letter('poison', event, error, at),
      gone: key => this.#pending.gone(key),
    });
    this.#params = new Params(job.cell, this.#stream);
  }

  get size(): number {
    return this.#stream.size;
  }

  /** Events that are in no record yet. */
  get fresh(): number {
    return Math.max(this.to - this.#from, this.#pending.done);
  }

  /** True where the next record is as long as it may be. */
  get isFull(): boolean {
    return this.#pending.bytes >= this.#room;
  }

  /** True where it is the turn of an event that has come in. */
  get isDue(): boolean {
    return this.#again.size === 0 && this.#turn.isDue;
  }

  /** Where reading begins: before the first event that is not in a record, or waits. */
  get after(): number {
    return [...this.#again].reduce((first, offset) => Math.min(first, offset - 1), this.to);
  }

  /**
   * Takes an event of the log, while the record is not full and nothing is due. Throws a RecurError
   * for what no later event can mend.
   */
  accept(stored: StoredEvent): void {
    const { offset, time, key } = stored;
    const isAgain = offset <= this.to;
    if (isAgain && !this.#again.delete(offset)) return;
    if (!isAgain && offset !== this.to + 1) {
      const hint = 'events were dropped from the log before this job had read them';
      throw mismatch(`${this.#where}.offset`, String(this.to + 1), String(offset), hint);
    }
    if (!isAgain) this.to = offset;
    const event = { partition: this.partition, offset, time, key, value: undefined as unknown };
    let own = time;
    try {
      event.value = this.job.decode(stored);
      own = this.#turn.timeOf(event);
      demand(Number.isFinite(own), 'time', 'milliseconds', own);
    } catch (error) {
      this.#pending.letter('poison', event, asRecurError(error, 'durable'));
      return;
    }
    if (isAgain) this.#turn.wait({ event, time: own });
    else if (this.#turn.isLate(own)) this.#late(event);
    else this.#turn.take({ event, time: own });
    this.goOn();
  }

  /** Steps the events whose turn it is, until the record is full. */
  goOn(): void {
    if (this.#again.size) return;
    while (!this.isFull) {
      const event = this.#turn.next();
      if (!event) break;
      this.#step(event);
      if (this.#failure) throw this.#failure;
    }
  }

  #late(event: LogEvent): void {
    if (this.job.late === 'drop') this.#pending.dropped++;
    else {
      const { lateness } = this.job;
      const error = mismatch('time', `at most ${lateness} ms behind the latest`, 'an older event');
      this.#pending.letter('late', event, error);
    }
  }

  #step(event: LogEvent): void {
    const { resets, evictions, idle } = this.job;
    this.#now = Math.max(this.#now, event.time);
    const stream = this.#stream;
    try {
      if (idle !== undefined) this.#put(stream.evictIdle(this.#now, idle));
      for (const key of resets?.(event) ?? none) this.reset(key);
      for (const key of evictions?.(event) ?? none) this.#put(stream.evict(key));
    } catch (error) {
      this.#pending.letter('poison', event, asRecurError(error, 'durable'));
      return;
    }
    this.#put(stream.accept({ event, at: this.#pending.done++ }));
    if (!this.#stateBytes) this.#weigh();
    if (stream.failure) this.#failure ??= asRecurError(stream.failure.error, this.#where);
  }

  /** Finds out how many bytes a key's state has in a record. */
  #weigh(): void {
    this.#put(this.#stream.flush());
    const { table } = this.#stream;
    const [slot] = table.slots(true);
    if (slot !== undefined) this.#stateBytes = 1.5 * table.write([slot]).length;
  }

  #put(outputs: readonly unknown[]): void {
    for (const output of outputs as readonly Output[]) this.#pending.output(output);
  }

  #keyOf(event: LogEvent): string {
    const { key, partitions } = this.job;
    const own = key ? key(event as never) : event.key;
    demand(typeof own === 'string', 'durable.key', 'a text', own, 'String(…) makes one');
    this.#pending.touch(own, this.#stateBytes);
    if (own === event.key || partitionOf(own, partitions) === this.partition) return own;
    const hint = 'let `ingest` append events by the same key';
    const expected = `a key of partition ${this.partition}, which the event is in`;
    this.#failure ??= mismatch('durable.key', expected, `'${own}'`, hint);
    throw this.#failure;
  }

  /** Does what was asked for from outside; it is in the next record. */
  reset(key: unknown): void {
    if (typeof key === 'string') this.#pending.touch(key, this.#stateBytes);
    this.#put(this.#stream.reset(key));
  }

  import(key: string, snapshot: unknown): void {
    this.#put(this.#stream.flush());
    this.#stream.restore(key, snapshot);
  }

  /** Goes on with other parameters. */
  use(params: unknown): void {
    this.#put(this.#params.use(params));
  }

  /** All that happened since the last record, as one, and the outputs in it. */
  record(epoch: number, cause?: string): Written {
    this.#put(this.#stream.flush());
    const { table } = this.#stream;
    const { each, unused, ...news } = table.news();
    const pending = this.#pending;
    const { values, ...told } = pending.parts(this.#from, key => table.slotOf(key) === undefined);
    const head = { ...this.#head(epoch, cause), ...this.#params.written(false), ...told, unused };
    this.#stateBytes = Math.max(this.#stateBytes, 1.5 * each);
    table.settle();
    this.#sequence += pending.done;
    this.#from = this.to;
    this.#pending = new Pending();
    return { head, ...news, values, told: tell(head, pending.outputs, told.letters ?? none) };
  }

  #head(epoch: number, cause: string | undefined): RecordHead {
    const { job, partition } = this;
    // Those that have not been read again wait as well.
    const waiting = [...this.#turn.waiting, ...this.#again].sort((a, b) => a - b);
    return headOf(job, this.#stream.cell, {
      ...{ partition, epoch, cause, waiting, from: this.#from, to: this.to },
      ...{ sequence: this.#sequence, done: this.#pending.done },
      ...{ time: this.#turn.time, now: this.#now },
      model: this.#params.model,
    });
  }

  /** The states of all keys, in parts: the first part has none. */
  *snapshot(epoch: number, kept: number): Generator<RecordParts> {
    const head = { ...this.#head(epoch, 'snapshot'), from: this.to };
    yield { head: { ...head, kept, ...this.#params.written(true) } };
    for (const part of statesIn(this.#stream.table, this.#room)) yield { head, ...part };
  }

  /** A job without records begins after this event. */
  begin(after: number): void {
    this.to = this.#from = after;
  }

  /** Goes on from a record, or from a part of a snapshot; `begins`: the first part of one. */
  apply({ head, states, times }: RecordParts, begins = false): void {
    const before = { to: this.#from, sequence: this.#sequence, epoch: this.#epoch };
    const { job } = this;
    checkFollows(head, { job: job.job, partition: this.partition, ...(!begins && { before }) });
    checkBackend(head, this.#stream.cell, this.job.backend);
    this.#put(this.#params.goOn(head, job.migrate !== undefined, this.#where));
    for (const key of head.gone ?? none) this.#stream.evict(key);
    const loaded = states && { states: loadedStates(states), times, unused: head.unused };
    if (loaded) migrated(this.#stream, loaded, job.migrate);
    // Nothing of that is news.
    this.#pending = new Pending();
    this.to = this.#from = head.to;
    this.#sequence = head.sequence + head.done;
    this.#epoch = head.epoch;
    this.#now = Math.max(this.#now, head.now ?? 0);
    this.#turn = new Turn(this.job, head.time);
    this.#again = new Set(head.waiting ?? none);
  }

  /** Gives all room back. */
  readonly end = () => this.#stream.end();
}
