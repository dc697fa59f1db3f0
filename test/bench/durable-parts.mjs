// Parts of the benchmarks of durable jobs, on any log.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { lastValueFrom, take, toArray } from 'rxjs';
import { durable, fromStream, partitionOf } from '../../dist/durable.js';
import { lstm } from '../../dist/index.js';
import { decode, model, openLog, partitions } from './durable-job.mjs';
import { quantile } from './quantile.mjs';

export const thousands = number => Math.round(number).toLocaleString('en');
export const bytesOf = i => new Uint8Array(Float32Array.of((i % 97) / 97, (i % 89) / 89).buffer);

/** Appends events of so many keys in turn. */
export async function fill(log, count, keyCount = 1000) {
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
export function run(log, options = {}) {
  const begin = performance.now();
  let last = begin;
  return new Promise((resolve, reject) => {
    fromStream(log, { follow: false, decode })
      .pipe(durable(log, { job: 'bench', model, ...options }))
      .subscribe({
        next: () => {
          last = performance.now();
        },
        error: reject,
        complete: () => resolve((last - begin) / 1000),
      });
  });
}

/** Starts a worker of so many milliseconds' leases; it waits to be told. */
export async function worker(adapter, path, member, follow, ttl) {
  const given = JSON.stringify({ adapter, folder: path, member, follow, ttl });
  const child = fork(fileURLToPath(new URL('durable-worker.mjs', import.meta.url)), [given]);
  await once(child, 'message');
  return child;
}

/** Makes states of so many keys of LSTM 64, and says how long one worker takes to restore them. */
export async function restored(log, keys) {
  const big = lstm(2, 64, { seed: 1 });
  await fill(log, keys, keys);
  // Outputs are left out, and snapshots stand for the records.
  const job = { job: 'bench', model: big, project: () => 0, snapshotBytes: 2 ** 24 };
  const source = fromStream(log, { follow: false, decode });
  const made = performance.now();
  await new Promise((complete, error) =>
    source.pipe(durable(log, job)).subscribe({ complete, error }),
  );
  const making = ((performance.now() - made) / 1000).toFixed(1);
  const count = log.partitions;
  for (let p = 0, i = 0; p < count; i++) {
    const key = `key ${i}`;
    if (partitionOf(key, count) === p) await log.append(p++, [{ key, value: bytesOf(i) }]);
  }
  const begin = performance.now();
  await lastValueFrom(fromStream(log, { decode }).pipe(durable(log, job), take(count), toArray()));
  const seconds = ((performance.now() - begin) / 1000).toFixed(2);
  return `${thousands(keys)} keys of LSTM 64 restored in ${seconds} s (made in ${making} s)`;
}

/**
 * Milliseconds from a signal to the first output of each partition that moves: one of two workers
 * gets the signal, while events come.
 */
export async function moved(adapter, path, { pause, signal = 'SIGTERM', ttl }) {
  const log = await openLog(adapter, path);
  await fill(log, 4000);
  const all = [
    await worker(adapter, path, 'a', true, ttl),
    await worker(adapter, path, 'b', true, ttl),
  ];
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
  await delay(pause);
  const others = [...Array(partitions).keys()].filter(p => !came[1].has(p));
  const begin = Date.now();
  all[0].kill(signal);
  const limit = Date.now() + 20_000;
  while (others.some(p => !came[1].has(p)) && Date.now() < limit) await delay(5);
  feeding = false;
  await feeder;
  all[1].kill('SIGTERM');
  await once(all[1], 'exit');
  await log.close();
  return others.map(p => (came[1].get(p) ?? Infinity) - begin);
}

/** Median, 95 % and maximum of milliseconds. */
export function spread(times) {
  const [middle, high, most] = [0.5, 0.95, 1].map(share => quantile(times, share));
  return `${middle} ms, ${high} at p95, ${most} at most (${times.length} partitions)`;
}
