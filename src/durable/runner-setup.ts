import type { Told } from './event.js';
import type { Job } from './job.js';
import type { PartitionLog } from './log.js';
import type { Sink } from './sink.js';

/** Where outputs are: in records, or with sinks that know each id again. */
export type OutputsMode = 'atomic' | 'msgid';

/** How a worker runs its partitions. */
export interface RunnerSetup {
  /** Where events come from, and where records go: often the same log. */
  readonly source: PartitionLog;
  readonly log: PartitionLog;
  readonly job: Job;
  /** False: the source is read to its end, then all is done. */
  readonly follow: boolean;
  /** Offsets after which a job without records begins, by partition. Default: 0. */
  readonly starts?: Readonly<Record<number, number>> | undefined;
  /** Events in a record at most, and their bytes. */
  readonly maxEvents: number;
  /** Bytes of records after which a snapshot stands for them. */
  readonly snapshotBytes: number;
  /** True: with each snapshot, events that all jobs have in their states are given up. */
  readonly forget: boolean;
  /** Records that may wait for the sinks. */
  readonly credits: number;
  readonly sinks: readonly Sink[];
  /** `msgid`: sinks have outputs before they are stored, and records have none. */
  readonly outputs: OutputsMode;
  /** The parameters of now, if they were swapped. */
  params(): unknown;
  /** Is told of what is stored. */
  tell(told: Told): void;
}
