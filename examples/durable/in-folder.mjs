// Log and outputs in a folder of files: there is no server.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jsonBytes, partitionOf } from 'rxrecur/durable';
import { fileLog, toFile } from 'rxrecur/durable/file';
import { partitions } from './job.mjs';

export const openLog = folder => fileLog(join(folder, 'log'), { partitions });

const outputFile = folder => join(folder, 'outputs.ndjson');

export const openSink = folder => ({ ...toFile(outputFile(folder)), close: async () => {} });

export function readOutputs(folder) {
  const lines = readFileSync(outputFile(folder), 'utf8').trim().split('\n');
  return lines.map(line => JSON.parse(line));
}

/** Resolves to the place, what sends readings on their way, and what removes it. */
export async function begin() {
  const place = mkdtempSync(join(tmpdir(), 'rxrecur-durable-'));
  const feed = async (log, readings) => {
    const events = Array.from({ length: partitions }, () => []);
    for (const { sensor, x } of readings) {
      const key = `sensor ${sensor}`;
      events[partitionOf(key, partitions)].push({ key, value: jsonBytes([x]) });
    }
    await Promise.all(events.map((some, p) => (some.length ? log.append(p, some) : 0)));
  };
  return { place, feed, end: async () => rmSync(place, { recursive: true }) };
}
