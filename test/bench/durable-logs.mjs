// The speed of the logs on disk. `npm run build`, then `node test/bench/durable-logs.mjs --help`.
import { randomFillSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { fileLog } from '../../dist/durable/file-log.js';
import { lmdbLog } from '../../dist/durable/lmdb-log.js';
import { memoryLog } from '../../dist/durable.js';

const command = new Command('node test/bench/durable-logs.mjs')
  .description(
    'Prints for each log what it stores and reads in a second: commits of 256 KiB, of one ' +
      'partition and of four at once; appends of 512 events of 64 bytes; all of them read back; ' +
      'a snapshot of 512 MB in chunks of 1 MiB, written and restored. Medians of 5 turns.',
  )
  .option('--quick', 'one turn of a few MB')
  .option('--folder <path>', 'where the logs are made, and removed', tmpdir())
  .parse();
const { quick, folder } = command.opts();
const turns = quick ? 1 : 5;
const commits = quick ? 4 : 100;
const appends = quick ? 4 : 200;
const snapshotChunks = quick ? 4 : 488;

const adapters = {
  memory: () => memoryLog({ partitions: 4 }),
  file: place => fileLog(place, { partitions: 4 }),
  'file, sync none': place => fileLog(place, { partitions: 4, sync: 'none' }),
  lmdb: place => lmdbLog(place, { partitions: 4 }),
  'lmdb, sync none': place => lmdbLog(place, { partitions: 4, sync: 'none' }),
};

const median = numbers => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
const round = number => Number(number.toPrecision(3)).toLocaleString('en');

async function timed(work) {
  const seconds = [];
  for (let turn = 0; turn < turns; turn++) {
    const start = performance.now();
    await work(turn);
    seconds.push((performance.now() - start) / 1000);
  }
  return median(seconds);
}

/** Random bytes: none of the systems below could store them as fewer. */
const filled = length => randomFillSync(new Uint8Array(length));

async function count(batches) {
  let found = 0;
  for await (const batch of batches) found += batch.length;
  return found;
}

async function measure(log) {
  const record = filled(2 ** 18);
  const commitTo = async (job, partition) => {
    for (let i = 0; i < commits; i++) await log.commit(job, partition, i, record);
  };
  const mb = (commits * record.length) / 1e6;
  const one = await timed(turn => commitTo(`one ${turn}`, 0));
  const four = await timed(turn =>
    Promise.all([0, 1, 2, 3].map(partition => commitTo(`four ${turn}`, partition))),
  );
  const records = await timed(turn => count(log.records(`one ${turn}`, 0, 0)));
  const batch = Array.from({ length: 512 }, (_, i) => ({ key: `key ${i}`, value: filled(64) }));
  const append = await timed(async () => {
    for (let i = 0; i < appends; i++) await log.append(1, batch);
  });
  const events = await timed(async () => {
    const found = await count(log.read(1, 0));
    if (found !== turns * appends * batch.length) throw new Error(`${found} events came back`);
  });
  const chunk = filled(2 ** 20);
  const snapshotMb = (snapshotChunks * chunk.length) / 1e6;
  async function* chunks() {
    for (let i = 0; i < snapshotChunks; i++) yield chunk;
  }
  const snapshot = await timed(() => log.snapshot('one 0', 0, commits, chunks(), 0));
  const restore = await timed(async () => {
    let found = 0;
    for await (const part of (await log.restore('one 0', 0)).chunks()) found += part.length;
    if (found !== snapshotChunks * chunk.length) throw new Error(`${found} bytes came back`);
  });
  return {
    'commits/s': round(commits / one),
    'MB/s': round(mb / one),
    'four partitions, MB/s': round((4 * mb) / four),
    'records read, MB/s': round(mb / records),
    'events appended/s': round((appends * batch.length) / append),
    'events read/s': round((turns * appends * batch.length) / events),
    'snapshot, MB/s': round(snapshotMb / snapshot),
    'restore, MB/s': round(snapshotMb / restore),
    [`restore of ${round(snapshotMb)} MB, s`]: round(restore),
  };
}

console.log(`Node ${process.version}, ${folder}`);
for (const [name, open] of Object.entries(adapters)) {
  const place = mkdtempSync(join(folder, 'rxrecur-bench-'));
  const log = await open(place);
  try {
    const figures = Object.entries(await measure(log));
    console.log(`${name}: ${figures.map(pair => pair.join(' ')).join(' · ')}`);
  } finally {
    await log.close();
    rmSync(place, { recursive: true });
  }
}
