import { demand, mismatch } from '../errors.js';
import { jsonBytes, valueReader } from './codec.js';
import type { DeadLetter, DurableOutput, Told } from './event.js';
import { FencedError, type PartitionLog, UnknownError } from './log.js';
import type { Sink } from './sink.js';
import { sequenceOf } from './told.js';

/** What a log holds of an output: its value; or, of a dead letter, its kind and reason. */
export type Relayed = Pick<DurableOutput, 'id' | 'offset' | 'y'> | Omit<DeadLetter, 'partition'>;

/** Where the outputs of a partition end: the last offset, and its id. */
interface End {
  readonly offset: number;
  readonly id: string | undefined;
}

/**
 * A sink: outputs become the events of another log, by the same keys, in the same partitions, each
 * once, whoever writes them. That log is this job's own: nobody else appends to it. It has as many
 * partitions.
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
  const ends = new Map<number, End>();
  const look = async (job: string, partition: number) => {
    const end = await endOf(log, job, partition);
    ends.set(partition, end);
    return end;
  };
  return {
    name: log.name,
    last: async (job, partition) => (await look(job, partition)).id,
    async write(job, partition, { outputs, letters }: Told) {
      const all = [
        ...outputs.map(({ id, key, offset, y }) => ({ id, key, offset, y })),
        ...(withLetters ? letters.map(({ partition: _, ...letter }) => letter) : []),
      ].sort((a, b) => sequenceOf(a.id, job, partition) - sequenceOf(b.id, job, partition));
      let end = ends.get(partition) ?? (await look(job, partition));
      for (let unknown = 0; ; ) {
        // A former owner of the partition may still be writing: what is there is not written again.
        const had = sequenceOf(end.id, job, partition);
        const news = all.filter(({ id }) => sequenceOf(id, job, partition) > had);
        if (!news.length) return;
        const events = news.map(({ key, ...value }) => ({ key, value: jsonBytes(value) }));
        try {
          const offset = await log.append(partition, events, end.offset);
          ends.set(partition, { offset, id: news[news.length - 1].id });
          return;
        } catch (error) {
          ends.delete(partition);
          // Some of it may be stored: the ids tell. What comes late follows nothing that is last.
          const isUnknown = error instanceof UnknownError && ++unknown < 3;
          if (!isUnknown && !(error instanceof FencedError)) throw error;
          end = await look(job, partition);
        }
      }
    },
  };
}

const read = valueReader<Relayed>(undefined);

async function endOf(log: PartitionLog, job: string, partition: number): Promise<End> {
  if (partition >= log.partitions) {
    const expected = 'a log of as many partitions as that of the events';
    throw mismatch('toStream.log', expected, `${log.partitions}`);
  }
  const offset = await log.lastOffset(partition);
  if (!offset) return { offset, id: undefined };
  for await (const [{ value }] of log.read(partition, offset - 1)) {
    const { id } = Object(read(value)) as { readonly id?: unknown };
    if (typeof id === 'string' && sequenceOf(id, job, partition) >= 0) return { offset, id };
    const hint = 'a log that takes the outputs of a job is its own';
    throw mismatch(`toStream.${partition}`, `an output of ${job} at ${offset}`, String(id), hint);
  }
  return endOf(log, job, partition);
}
