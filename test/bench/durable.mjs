// Durable jobs. `npm run build`, then `node test/bench/durable.mjs --help`.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { from, lastValueFrom, take, toArray } from 'rxjs';
import { durable, fromStream, partitionOf } from '../../dist/durable.js';
import { lstm, recurBy } from '../../dist/index.js';
import { adapters, decode, model, openLog, partitions } from './durable-job.mjs';
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

const thousands = number => Math.round(number).toLocaleString('en');
const bytesOf = i => new Uint8Array(Float32Array.of((i % 97) / 97, (i % 89) / 89).buffer);

/** Appends events of so many keys in turn. */
async function fill(log, count, keyCount = 1000) {
  const by = Array.from({ length: log.partitions }, () => []);
  for (let i = 0; i < count; i++) {
    const key = `key ${i % keyCount}`;
    by[partitionOf(key, log.partitions)].push({ key, value: bytesOf(i) });
  }
  for (const [p, own] of by.entries()) {
    for (let i = 0; i < own.length; i += 4096) await log.append(p, own.slice(i, i + 4096));
  }
}

/** Seconds from the subscription to the last output; the outputs are told when they are stored. */
function run(log) {
  const begin = performance.now();
  let last = begin;
  return new Promise((resolve, reject) => {
    fromStream(log, { follow: false, decode })
      .pipe(durable(log, { job: 'bench', model }))
      .subscribe({
        next: () => {
          last = performance.now();
        },
        error: reject,
        complete: () => resolve((last - begin) / 1000),
      });
  });
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

/** Starts a worker; it waits to be told. */
async function worker(adapter, path, member, follow) {
  const given = JSON.stringify({ adapter, folder: path, member, follow });
  const child = fork(fileURLToPath(new URL('durable-worker.mjs', import.meta.url)), [given]);
  await once(child, 'message');
  return child;
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
  const path = folder();
  const big = lstm(2, 64, { seed: 1 });
  const log = await openLog('file', path, 8);
  await fill(log, keys, keys);
  // Outputs are left out, and snapshots stand for the records.
  const job = { job: 'bench', model: big, project: () => 0, snapshotBytes: 2 ** 24 };
  const source = fromStream(log, { follow: false, decode });
  const made = performance.now();
  await new Promise((complete, error) =>
    source.pipe(durable(log, job)).subscribe({ complete, error }),
  );
  console.log(`made in ${((performance.now() - made) / 1000).toFixed(1)} s`);
  for (let p = 0, i = 0; p < 8; i++) {
    const key = `key ${i}`;
    if (partitionOf(key, 8) === p) await log.append(p++, [{ key, value: bytesOf(i) }]);
  }
  const begin = performance.now();
  await lastValueFrom(fromStream(log, { decode }).pipe(durable(log, job), take(8), toArray()));
  const seconds = (performance.now() - begin) / 1000;
  console.log(`${thousands(keys)} keys of LSTM 64 restored in ${seconds.toFixed(2)} s`);
  await log.close();
}

async function handOver() {
  const times = [];
  for (let round = 0; round < rounds; round++) {
    const path = folder();
    const log = await openLog('file', path);
    await fill(log, 4000);
    const all = [await worker('file', path, 'a', true), await worker('file', path, 'b', true)];
    for (const child of all) child.send('go');
    const came = [new Map(), new Map()];
    for (const [i, child] of all.entries()) {
      child.on('message', ({ partition, at }) => came[i].set(partition, at));
    }
    let feeding = true;
    const feeder = (async () => {
      while (feeding) {
        await fill(log, 40, 1000);
        await delay(5);
      }
    })();
    await delay(quick ? 1500 : 3000);
    const others = [...Array(partitions).keys()].filter(p => !came[1].has(p));
    const begin = Date.now();
    all[0].kill('SIGTERM');
    const limit = Date.now() + 20_000;
    while (others.some(p => !came[1].has(p)) && Date.now() < limit) await delay(5);
    for (const p of others) times.push((came[1].get(p) ?? Infinity) - begin);
    feeding = false;
    await feeder;
    all[1].kill('SIGTERM');
    await once(all[1], 'exit');
    await log.close();
  }
  const [middle, most] = [0.5, 1].map(share => quantile(times, share));
  console.log(`hand-over on SIGTERM: ${middle} ms, ${most} at most (${times.length} partitions)`);
}

const parts = { speed, workers, restore, 'hand-over': handOver };
for (const [name, part] of Object.entries(parts)) {
  if (only === undefined || only === name) await part();
  for (const path of folders.splice(0)) rmSync(path, { recursive: true, force: true });
}
process.exit();
