// What durable.mjs and its workers share.
import { fileLog } from '../../dist/durable/file-log.js';
import { lmdbLog } from '../../dist/durable/lmdb-log.js';
import { natsLog } from '../../dist/durable/nats-log.js';
import { memoryLog } from '../../dist/durable.js';
import { lstm } from '../../dist/index.js';

export const partitions = 4;
export const model = lstm(2, 16, { seed: 1 });
export const adapters = ['memory', 'file', 'lmdb'];

/** Two float32 numbers from an event's bytes, which begin at a multiple of eight. */
export const decode = bytes => new Float32Array(bytes.buffer, bytes.byteOffset, 2);

/** A log in a folder, or in JetStream at a place `URL#NAME`. */
export function openLog(adapter, folder, count = partitions) {
  const [url, name] = folder.split('#');
  const open = {
    memory: memoryLog,
    file: options => fileLog(folder, options),
    lmdb: options => lmdbLog(folder, options),
    nats: options => natsLog(url, { ...options, name }),
  };
  return open[adapter]({ partitions: count });
}
