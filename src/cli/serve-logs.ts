import type { PartitionLog } from '../durable/log.js';
import { isSameLog, openLog } from './log-places.js';
import type { ServeOptions } from './serve-options.js';

/** The logs of a job. */
export interface Logs {
  /** Its events. */
  readonly source: PartitionLog;
  /** Its states and outputs, and its events unless they are in another log. */
  readonly log: PartitionLog;
  close(): Promise<void>;
}

/** Opens the log of --state, and that of --from where it is another one. Throws a Stop. */
export async function openLogs({ source: from, state, partitions }: ServeOptions): Promise<Logs> {
  if (from.kind !== 'log' || isSameLog(from.log, state)) {
    const log = await openLog(state, partitions);
    return { source: log, log, close: () => log.close() };
  }
  const source = await openLog(from.log);
  try {
    const log = await openLog(state, partitions ?? source.partitions);
    const close = async () => {
      await Promise.all([source.close(), log.close()]);
    };
    return { source, log, close };
  } catch (error) {
    await source.close();
    throw error;
  }
}
