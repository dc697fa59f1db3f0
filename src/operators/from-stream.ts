import { from, mergeAll, Observable } from 'rxjs';
import { valueIn, valueReader } from '../durable/codec.js';
import type { LogEvent } from '../durable/event.js';
import type { PartitionLog } from '../durable/log.js';
import { checkNames, demand } from '../errors.js';

/** How the events of a log are read. */
export interface FromStreamConfig<V> {
  /** False: to the last event that is there, then it completes. Default true: it goes on. */
  readonly follow?: boolean | undefined;
  /**
   * Offsets after which reading begins, by partition; and a job that has no records there.
   * Default: from the first event.
   */
  readonly after?: Readonly<Record<number, number>> | undefined;
  /** An event's value from its bytes. Default: JSON. */
  readonly decode?: ((bytes: Uint8Array) => V) | undefined;
}

/** The events of a log, which `durable` reads from where its job stands. */
export interface LogSource<V> extends Observable<LogEvent<V>> {
  readonly [logOf]: { readonly log: PartitionLog } & FromStreamConfig<V>;
}

/** The key of what a `LogSource` reads. */
export const logOf: unique symbol = Symbol.for('rxrecur.log') as never;

/**
 * The events of a log, each with its partition and its offset: in order within a partition, those
 * of different partitions as they come. `durable` takes it as its source, and then reads each
 * partition from where its job stands; a new job from `after`.
 *
 * Throws a RecurError at the call for wrong arguments; a value that cannot be decoded and a log
 * that is damaged are errors of the stream.
 *
 * @example
 * const log = memoryLog({ partitions: 1 });
 * await log.append(0, [{ key: 'a', value: new TextEncoder().encode('[1, 2]') }]);
 * const { key, offset } = await lastValueFrom(fromStream(log, { follow: false }));
 * `${key} ${offset}`; // → a 1
 */
export function fromStream<V = unknown>(
  log: PartitionLog,
  config: FromStreamConfig<V> = {},
): LogSource<V> {
  checkLog('fromStream', log);
  checkNames('fromStream', config, ['follow', 'after', 'decode']);
  const { follow = true, after = {}, decode } = config;
  demand(typeof follow === 'boolean', 'fromStream.follow', 'true or false', follow);
  demand(
    decode === undefined || typeof decode === 'function',
    'fromStream.decode',
    'a function',
    decode,
  );
  const read = valueReader(decode);
  const source = new Observable<LogEvent<V>>(subscriber => {
    const stopping = new AbortController();
    subscriber.add(() => stopping.abort());
    const partitions = Array.from({ length: log.partitions }, (_, partition) => {
      const start = after[partition] ?? 0;
      return from(eventsOf(log, partition, start, read, follow ? stopping.signal : undefined));
    });
    from(partitions).pipe(mergeAll()).subscribe(subscriber);
  });
  return Object.assign(source, { [logOf]: { log, ...config } });
}

async function* eventsOf<V>(
  log: PartitionLog,
  partition: number,
  after: number,
  read: (bytes: Uint8Array) => V,
  signal: AbortSignal | undefined,
): AsyncGenerator<LogEvent<V>> {
  for await (const events of log.read(partition, after, signal)) {
    for (const stored of events) {
      const { offset, time, key } = stored;
      yield { partition, offset, time, key, value: valueIn(stored, read) };
    }
  }
}

/** Throws a RecurError for what is no log. */
export function checkLog(where: string, log: unknown): asserts log is PartitionLog {
  const { partitions, commit } = Object(log) as Partial<PartitionLog>;
  const isLog = typeof partitions === 'number' && typeof commit === 'function';
  demand(isLog, `${where}.log`, 'a log, such as memoryLog() or await fileLog(…)', log);
}
