import { Observable, type OperatorFunction, tap } from 'rxjs';
import { jsonBytes } from '../durable/codec.js';
import type { NewEvent, PartitionLog } from '../durable/log.js';
import { partitionOf } from '../durable/places.js';
import { asRecurError, checkNames, demand, mismatch, type RecurError } from '../errors.js';
import { checkLog } from './from-stream.js';
import { callback, checkValues, count, type Fits, isFunction } from './option-checks.js';
import { checkSource } from './source.js';

/** How events without offsets go into a log. */
export interface IngestConfig<T> {
  /** The key of an event: its partition, and the state that it steps. */
  readonly key: (event: T) => string;
  /** An event's bytes. Default: JSON. */
  readonly encode?: ((event: T) => Uint8Array) | undefined;
  /** Events that may wait to be stored: 65,536. */
  readonly buffer?: number | undefined;
  /** When that many wait: 'error' (default) ends the stream, 'drop' tells `dropped` of one more. */
  readonly overflow?: 'error' | 'drop' | undefined;
  readonly dropped?: ((event: T) => void) | undefined;
  /** An event that has no key or no bytes: 'error' (default), or a function that is told of it. */
  readonly onInvalid?: 'error' | ((error: RecurError, event: T) => void) | undefined;
}

/** An event that is stored. */
export interface Ingested<T> {
  readonly event: T;
  readonly partition: number;
  readonly offset: number;
}

/**
 * Appends the events of a source without offsets (MQTT, WebSocket, standard input) to a log, and
 * emits each when it is stored: acknowledge it then. The events of a key keep their order. The
 * output completes when all are stored; unsubscribing drops those that wait.
 *
 * Throws a RecurError at the call for wrong arguments. A log that refuses events ends the stream
 * with its error; so do too many events that wait, unless `overflow` says otherwise.
 *
 * @example
 * const log = memoryLog({ partitions: 4 });
 * const events = of({ id: 'a', x: [1] }, { id: 'a', x: [2] });
 * const { event, offset } = await lastValueFrom(events.pipe(ingest(log, { key: ({ id }) => id })));
 * `${event.id} ${offset}`; // → a 2
 */
export function ingest<T>(
  log: PartitionLog,
  config: IngestConfig<T>,
): OperatorFunction<T, Ingested<T>> {
  checkLog('ingest', log);
  checkIngest(config);
  return source => {
    checkSource('ingest', source, 'from(…) makes one');
    return new Observable<Ingested<T>>(subscriber => {
      const intake = new LogWriter(log, config, subscriber);
      subscriber.add(() => intake.stop());
      source.pipe(tap(event => intake.take(event))).subscribe({
        error: cause => intake.end(() => subscriber.error(cause)),
        complete: () => intake.end(() => subscriber.complete()),
      });
    });
  };
}

const policies: readonly unknown[] = ['error', 'drop'];

const fitting: Readonly<Record<string, Fits>> = {
  key: callback,
  encode: callback,
  buffer: count,
  overflow: [value => policies.includes(value), "'error' or 'drop'"],
  dropped: callback,
  onInvalid: [value => value === 'error' || isFunction(value), "'error' or a function"],
};

function checkIngest(config: unknown): void {
  checkNames('ingest', config, Object.keys(fitting));
  const { key } = config as IngestConfig<unknown>;
  demand(isFunction(key), 'ingest.key', 'a function', key);
  checkValues('ingest', config as object, fitting);
}

interface Waiting<T> {
  readonly event: T;
  readonly stored: NewEvent;
}

/** Who takes what is stored. */
interface Taker<T> {
  next(ingested: Ingested<T>): void;
  error(cause: unknown): void;
}

/** Events of one subscription on their way into a log: one append of a partition at a time. */
class LogWriter<T> {
  readonly #log: PartitionLog;
  readonly #config: IngestConfig<T>;
  readonly #taker: Taker<T>;
  readonly #waiting: Waiting<T>[][];
  readonly #busy = new Set<number>();
  #count = 0;
  #step = 0;
  #isOver = false;
  #whenDone: (() => void) | undefined;

  constructor(log: PartitionLog, config: IngestConfig<T>, taker: Taker<T>) {
    this.#log = log;
    this.#config = config;
    this.#taker = taker;
    this.#waiting = Array.from({ length: log.partitions }, () => []);
  }

  /** Takes an event. Throws what ends the stream. */
  take(event: T): void {
    const { key, encode = jsonBytes, buffer = 65_536, overflow = 'error' } = this.#config;
    const step = this.#step++;
    let stored: NewEvent;
    try {
      const own = key(event);
      demand(typeof own === 'string' && own !== '', 'ingest.key', 'a text that is not empty', own);
      stored = { key: own, value: encode(event) };
    } catch (error) {
      const { onInvalid } = this.#config;
      const why = asRecurError(error, 'ingest', { step });
      if (typeof onInvalid !== 'function') throw why;
      onInvalid(why, event);
      return;
    }
    if (this.#count >= buffer) {
      const hint = 'the source is faster than the log: see `buffer` and `overflow`';
      const got = 'one more';
      if (overflow === 'error') {
        throw mismatch('ingest', `at most ${buffer} events that wait`, got, hint);
      }
      this.#config.dropped?.(event);
      return;
    }
    this.#count++;
    const partition = partitionOf(stored.key, this.#log.partitions);
    this.#waiting[partition].push({ event, stored });
    // Those that come at once go together.
    if (!this.#busy.has(partition)) queueMicrotask(() => this.#append(partition));
    this.#busy.add(partition);
  }

  async #append(partition: number): Promise<void> {
    for (;;) {
      const some = this.#waiting[partition];
      if (!some.length || this.#isOver) break;
      this.#waiting[partition] = [];
      try {
        const events = some.map(({ stored }) => stored);
        const offsets = await offsetsOf(this.#log, partition, events);
        this.#count -= some.length;
        for (const [i, { event }] of some.entries()) {
          if (!this.#isOver) this.#taker.next({ event, partition, offset: offsets[i] });
        }
      } catch (error) {
        this.#isOver = true;
        this.#taker.error(error);
      }
    }
    this.#busy.delete(partition);
    if (!this.#count && !this.#isOver) this.#whenDone?.();
  }

  /** Calls back when all is stored. */
  end(whenDone: () => void): void {
    this.#whenDone = whenDone;
    if (!this.#count && !this.#isOver) whenDone();
  }

  stop(): void {
    this.#isOver = true;
  }
}

/** Appends events; the offset of each. */
async function offsetsOf(
  log: PartitionLog,
  partition: number,
  events: readonly NewEvent[],
): Promise<readonly number[]> {
  if (log.appendEach) return log.appendEach(partition, events);
  const last = await log.append(partition, events);
  return events.map((_, i) => last - events.length + 1 + i);
}
