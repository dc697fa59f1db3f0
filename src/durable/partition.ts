import { asRecurError, demand, mismatch, type RecurError } from '../errors.js';
import { backendOf } from '../streams/backend.js';
import { weightsOf } from '../streams/digest.js';
import { decode, encode } from '../streams/encoding.js';
import { loadedStates } from '../streams/keyed-snapshots.js';
import type { KeyedStream } from '../streams/keyed-stream.js';
import type { LogEvent, Told } from './event.js';
import { type Job, openStream } from './job.js';
import type { StoredEvent } from './log.js';
import { checkBackend, identityOf, isModel, migrated } from './migrate.js';
import { Pending } from './pending.js';
import { partitionOf } from './places.js';
import type { RecordHead, RecordParts } from './record.js';
import { checkFollows } from './record-head.js';
import { type Output, tell } from './told.js';
import { Turn } from './turn.js';

const none: readonly never[] = [];

/** A record, and what it tells. */
export interface Written extends RecordParts {
  readonly told: Told;
}

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
  /** The hash of the parameters of the job's own model. */
  readonly #own: string;
  #params: unknown;
  #swapped = false;
  #failure: RecurError | undefined;

  constructor(job: Job, partition: number) {
    this.job = job;
    this.partition = partition;
    this.#where = `${job.job}.${partition}`;
    this.#turn = new Turn(job);
    this.#own = weightsOf(job.cell);
    this.#stream = openStream(job, {
      now: () => this.#now,
      keyOf: event => this.#keyOf(event),
      refused: ({ event, at }, error) => this.#pending.letter('poison', event, error, at),
      gone: key => this.#pending.gone.add(key),
    });
  }

  get size(): number {
    return this.#stream.size;
  }

  /** Events that are in no record yet. */
  get fresh(): number {
    return Math.max(this.to - this.#from, this.#pending.done);
  }

  /** Where reading begins: before the first event that is not in a record, or waits. */
  get after(): number {
    return [...this.#again].reduce((first, offset) => Math.min(first, offset - 1), this.to);
  }

  /** Takes an event of the log. Throws a RecurError for what no later event can mend. */
  accept({ offset, time, key, value }: StoredEvent): void {
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
      event.value = this.job.decode(value);
      own = this.#turn.timeOf(event);
      demand(Number.isFinite(own), 'time', 'milliseconds', own);
    } catch (error) {
      this.#pending.letter('poison', event, asRecurError(error, 'durable'));
      return;
    }
    if (isAgain) this.#turn.wait({ event, time: own });
    else if (this.#turn.isLate(own)) this.#late(event);
    else this.#turn.take(event, own, this.#step);
    if (this.#failure) throw this.#failure;
  }

  #late(event: LogEvent): void {
    if (this.job.late === 'drop') this.#pending.dropped++;
    else {
      const { lateness } = this.job;
      const error = mismatch('time', `at most ${lateness} ms behind the latest`, 'an older event');
      this.#pending.letter('late', event, error);
    }
  }

  readonly #step = (event: LogEvent): void => {
    const { resets, evictions, idle } = this.job;
    this.#now = Math.max(this.#now, event.time);
    const stream = this.#stream;
    try {
      if (idle !== undefined) this.#put(stream.evictIdle(this.#now, idle));
      for (const key of resets?.(event) ?? none) this.#put(stream.reset(key));
      for (const key of evictions?.(event) ?? none) this.#put(stream.evict(key));
    } catch (error) {
      this.#pending.letter('poison', event, asRecurError(error, 'durable'));
      return;
    }
    this.#put(stream.accept({ event, at: this.#pending.done++ }));
    const { failure } = stream;
    if (failure) this.#failure ??= asRecurError(failure.error, this.#where);
  };

  #put(outputs: readonly unknown[]): void {
    for (const output of outputs as readonly Output[]) this.#pending.outputs.push(output);
  }

  #keyOf(event: LogEvent): string {
    const { key, partitions } = this.job;
    if (!key) return event.key;
    const own = key(event as never);
    demand(typeof own === 'string', 'durable.key', 'a text', own, 'String(…) makes one');
    if (own === event.key || partitionOf(own, partitions) === this.partition) return own;
    const hint = 'let `ingest` append events by the same key';
    const expected = `a key of partition ${this.partition}, which the event is in`;
    this.#failure ??= mismatch('durable.key', expected, `'${own}'`, hint);
    throw this.#failure;
  }

  /** Does what was asked for from outside; it is in the next record. */
  reset(key: string): void {
    this.#put(this.#stream.reset(key));
  }

  import(key: string, snapshot: unknown): void {
    this.#put(this.#stream.flush());
    this.#stream.restore(key, snapshot);
  }

  /** Goes on with other parameters. */
  use(params: unknown): void {
    const before = weightsOf(this.#stream.cell);
    this.#swap(params, 'durable.weights');
    if (weightsOf(this.#stream.cell) === before) return;
    this.#params = encode(this.#stream.cell.params);
    this.#swapped = true;
  }

  /** All that happened since the last record, as one, and the outputs in it. */
  record(epoch: number, cause?: string): Written {
    this.#put(this.#stream.flush());
    const { table } = this.#stream;
    const { unused, ...news } = table.news();
    const pending = this.#pending;
    const { values, ...told } = pending.parts(this.#from, key => table.slotOf(key) === undefined);
    const swapped = this.#swapped && { params: this.#params };
    const stays = unused.length && { unused };
    const head: RecordHead = { ...this.#head(epoch, cause), ...swapped, ...told, ...stays };
    table.settle();
    this.#sequence += pending.done;
    this.#from = this.to;
    this.#pending = new Pending();
    this.#swapped = false;
    return { head, ...news, values, told: tell(head, pending.outputs, told.letters ?? none) };
  }

  #head(epoch: number, cause: string | undefined): RecordHead {
    const { job, member, backend } = this.job;
    const { cell } = this.#stream;
    const { time } = this.#turn;
    // Those that have not been read again wait as well.
    const waiting = [...this.#turn.waiting, ...this.#again].sort((a, b) => a - b);
    return {
      ...{ format: 'rxrecur/record', version: 1, job, partition: this.partition, epoch, member },
      ...{ backend: backendOf(cell, backend), ...identityOf(cell) },
      ...{ from: this.#from, to: this.to, sequence: this.#sequence, done: this.#pending.done },
      ...(Number.isFinite(time) && { time }),
      ...(this.job.idle !== undefined && { now: this.#now }),
      ...(this.#params !== undefined && { model: this.#own }),
      ...(waiting.length && { waiting }),
      ...(cause !== undefined && { cause }),
    };
  }

  /** The states of all keys, in parts: the first part has none. */
  *snapshot(epoch: number, kept: number): Generator<RecordParts> {
    const head = { ...this.#head(epoch, 'snapshot'), from: this.to };
    yield { head: { ...head, kept, ...(this.#params !== undefined && { params: this.#params }) } };
    const { table } = this.#stream;
    const all = table.slots(false);
    for (let i = 0; i < all.length; i += 4096) {
      const slots = all.slice(i, i + 4096);
      yield { head, states: table.write(slots), times: table.times(slots) };
    }
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
    if (head.params !== undefined) this.#goOn(head);
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

  /** Goes on with the parameters that a record says, unless they are those of another model. */
  #goOn({ params, model }: RecordHead): void {
    if (!isModel(model, this.#own, this.job.migrate !== undefined)) return;
    this.#swap(decode(params), `${this.#where}.params`);
    this.#params = params;
  }

  #swap(params: unknown, where: string): void {
    this.#put(this.#stream.use(params));
    const { failure } = this.#stream;
    if (failure) throw asRecurError(failure.error, where);
  }

  /** Gives all room back. */
  readonly end = () => this.#stream.end();
}
