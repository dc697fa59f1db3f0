import { join } from 'node:path';
import { fileLog } from '../../dist/durable/file-log.js';
import { lmdbLog } from '../../dist/durable/lmdb-log.js';
import { partitions } from './job.mjs';

/** A folder's two logs: of the events and the job, and of what a sink has. */
export async function openLogs(adapter, folder) {
  const open = adapter === 'lmdb' ? lmdbLog : fileLog;
  const options = { partitions, ...(adapter === 'file' && { segmentBytes: 2 ** 19 }) };
  return {
    log: await open(join(folder, 'log'), options),
    sunk: await open(join(folder, 'sunk'), options),
  };
}
