import { demand, mismatch } from '../errors.js';
import { jsonBytes, valueReader } from './codec.js';
import type { DeadLetter, DurableOutput, Told } from './event.js';
import type { PartitionLog } from './log.js';
import type { Sink } from './sink.js';
import { sequenceOf } from './told.js';

/** What a log holds of an output: its value; or, of a dead letter, its kind and reason. */
export type Relayed = Pick<DurableOutput, 'id' | 'offset' | 'y'> | Omit<DeadLetter, 'partition'>;

/**
 * A sink: outputs become the events of another log, by the same keys, in the same partitions, each
 * once. That log is this job's own: nobody else appends to it. It has as many partitions.
 *
 * Its writes throw a RecurError where somebody else has appended to that log.
 *
 * @example
 * const [log, alarms] = [memoryLog({ partitions: 2 }), memoryLog({ partitions: 2 })];
 * const job = { job: 'alarms', model: gru(1, 4), sinks: [toStream(alarms)] };
 * fromStream<number[]>(log, { follow: false }).pipe(durable(log, job)).subscribe();
 */
export function toStream(
  log: PartitionLog,
  options: { readonly letters?: boolean | undefined } = {},
): Sink {
  demand(typeof log?.append === 'function', 'toStream.log', 'a log', log);
  const { letters: withLetters = false } = options;
  const read = valueReader<Relayed>(undefined);
  return {
    name: log.name,
    async last(_job, partition) {
      checkPartition(log, partition);
      const last = await log.lastOffset(partition);
      if (!last) return undefined;
      for await (const events of log.read(partition, last - 1)) {
        return read(events[events.length - 1].value).id;
      }
      return undefined;
    },
    async write(job, partition, { outputs, letters }: Told) {
      checkPartition(log, partition);
      const own = letters.map(({ partition: _, ...letter }) => letter);
      const all = [
        ...outputs.map(({ id, key, offset, y }) => ({ id, key, offset, y })),
        ...(withLetters ? own : []),
      ].sort((a, b) => sequenceOf(a.id, job, partition) - sequenceOf(b.id, job, partition));
      const events = all.map(({ key, ...value }) => ({ key, value: jsonBytes(value) }));
      if (events.length) await log.append(partition, events);
    },
  };
}

function checkPartition(log: PartitionLog, partition: number): void {
  if (partition < log.partitions) return;
  const expected = 'a log of as many partitions as that of the events';
  throw mismatch('toStream.log', expected, `${log.partitions}`);
}
