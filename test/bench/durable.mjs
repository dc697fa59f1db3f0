// Durable jobs. `npm run build`, then `node test/bench/durable.mjs --help`.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { from, lastValueFrom } from 'rxjs';
import { recurBy } from '../../dist/index.js';
import { adapters, decode, model, openLog } from './durable-job.mjs';
import {
  bytesOf,
  fill,
  moved,
  restored,
  run,
  spread,
  thousands,
  worker,
} from './durable-parts.mjs';
import { quantile } from './quantile.mjs';

const command = new Command('node test/bench/durable.mjs')
  .description(
    'Events a second that a durable job of LSTM 16 commits (2 inputs, 1,000 keys, 4 partitions) on ' +
      'each log, beside recurBy in batches of 256; two workers on one log, and on two, beside one; how long a million keys ' +
      'of LSTM 64 take to restore from a file, and a partition to change hands after SIGTERM.',
  )
  .option('--quick', 'a hundredth of the events and keys, one round')
  .option('--rounds <n>', 'of all in turn; medians are printed', '5')
  .option('--only <part>', 'one of speed, workers, restore, hand-over')
  .parse();
const { quick, only, ...options } = command.opts();
const rounds = quick ? 1 : Number(options.rounds);
const events = quick ? 4e3 : 4e5;
const keys = quick ? 1e4 : 1e6;
const folders = [];

function folder() {
  const path = mkdtempSync(join(tmpdir(), 'rxrecur-durable-'));
  folders.push(path);
  return path;
}

async function undurable() {
  const all = Array.from({ length: events }, (_, i) => ({
    key: `key ${i % 1000}`,
    value: bytesOf(i),
  }));
  const begin = performance.now();
  const config = {
    ...{ key: ({ key }) => key, select: ({ value }) => decode(value), backend: 'simd' },
    batch: { maxSize: 256, maxDelay: 10 },
  };
  await lastValueFrom(from(all).pipe(recurBy(model, config)));
  return (performance.now() - begin) / 1000;
}

async function speed() {
  const times = new Map(['recurBy', ...adapters].map(name => [name, []]));
  for (let round = 0; round < rounds; round++) {
    times.get('recurBy').push(await undurable());
    for (const adapter of adapters) {
      const log = await openLog(adapter, folder());
      await fill(log, events);
      times.get(adapter).push(await run(log));
      await log.close();
    }
  }
  const rate = name => events / quantile(times.get(name), 0.5);
  for (const name of times.keys()) {
    const ratio = rate(name) / rate('recurBy');
    console.log(`${name}: ${thousands(rate(name))} events/s, ${ratio.toFixed(2)} of recurBy`);
  }
}

/** Seconds until these workers have read all that is in their folders. */
async function together(adapter, paths) {
  const all = await Promise.all(paths.map((path, i) => worker(adapter, path, `w${i}`, false)));
  const begin = performance.now();
  for (const child of all) child.send('go');
  await Promise.all(all.map(child => once(child, 'exit')));
  return (performance.now() - begin) / 1000;
}

/** One worker, two that share a log, and two that have nothing to do with each other. */
async function workers() {
  const count = 4 * events;
  for (const adapter of ['file', 'lmdb']) {
    const filled = async () => {
      const path = folder();
      const log = await openLog(adapter, path);
      await fill(log, count);
      await log.close();
      return path;
    };
    const times = { one: [], two: [], apart: [] };
    for (let round = 0; round < rounds; round++) {
      times.one.push(await together(adapter, [await filled()]));
      const shared = await filled();
      times.two.push(await together(adapter, [shared, shared]));
      times.apart.push(await together(adapter, [await filled(), await filled()]));
    }
    const rate = name => count / quantile(times[name], 0.5);
    const [one, two, apart] = [rate('one'), rate('two'), 2 * rate('apart')];
    console.log(
      `${adapter}: one worker ${thousands(one)} events/s, two ${thousands(two)}, ` +
        `${(two / one).toFixed(2)} times; two jobs with a log each, which is as much as this ` +
        `machine can do at once, ${(apart / one).toFixed(2)} times`,
    );
  }
}

async function restore() {
  const log = await openLog('file', folder(), 8);
  console.log(await restored(log, keys));
  await log.close();
}

async function handOver() {
  const times = [];
  for (let round = 0; round < rounds; round++) {
    times.push(...(await moved('file', folder(), { pause: quick ? 1500 : 3000 })));
  }
  console.log(`hand-over on SIGTERM: ${spread(times)}`);
}

const parts = { speed, workers, restore, 'hand-over': handOver };
for (const [name, part] of Object.entries(parts)) {
  if (only === undefined || only === name) await part();
  for (const path of folders.splice(0)) rmSync(path, { recursive: true, force: true });
}
process.exit();
