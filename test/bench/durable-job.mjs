// What durable.mjs and its workers share.
import { fileLog } from '../../dist/durable/file-log.js';
import { lmdbLog } from '../../dist/durable/lmdb-log.js';
import { memoryLog } from '../../dist/durable.js';
import { lstm } from '../../dist/index.js';

export const partitions = 4;
export const model = lstm(2, 16, { seed: 1 });
export const adapters = ['memory', 'file', 'lmdb'];

/** Two float32 numbers from an event's bytes, which begin at a multiple of eight. */
export const decode = bytes => new Float32Array(bytes.buffer, bytes.byteOffset, 2);

export function openLog(adapter, folder, count = partitions) {
  const open = {
    memory: memoryLog,
    file: options => fileLog(folder, options),
    lmdb: options => lmdbLog(folder, options),
  };
  return open[adapter]({ partitions: count });
}
