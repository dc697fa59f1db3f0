// What all processes of the example agree on.
import { chain, dense, gru } from 'rxrecur';
import { fileLog, toFile } from 'rxrecur/durable/file';

export const partitions = 12;
export const job = 'alarms';
/** Smooth in, and how far the last reading is from what was smooth: an untrained net will do. */
export const model = chain(gru(1, 16, { seed: 1 }), dense(16, 1, { seed: 2 }));
/** Milliseconds until others take the partitions of a worker that was killed. */
export const ttl = 1000;
export const alarmAbove = 0.35;

export const openLog = folder => fileLog(`${folder}/log`, { partitions });
export const outputFile = folder => `${folder}/outputs.ndjson`;
export const outputs = folder => toFile(outputFile(folder));
