// Kills and stops the workers of a durable job at random moments while events come, and checks
// that nothing is lost, doubled or wrong.
import { fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { partitionOf } from '../../dist/durable.js';
import { check, decodeRecord } from './check.mjs';
import { drawValue, name, partitions, random } from './job.mjs';
import { openLogs } from './logs.mjs';

const help = `node test/chaos/chaos.mjs [--adapter file|lmdb] [--kills N] [--stops N] [--seed N]

Four workers share a durable job (LSTM 16 and a dense layer, 300 keys that come and go, 6
partitions) while events are appended. At random moments workers get SIGKILL, or SIGSTOP for twice
their lease's time, after which they go on as zombies; each killed one is replaced. Then two workers
read the rest, and a checker that shares only the model with them compares all outputs in the log
and in a sink with a sequential run, bit by bit, and the final states; records must follow each
other, an epoch have one owner. Exit code 1 if anything was lost, doubled or wrong.

  --adapter    default: file
  --kills N    SIGKILLs (default 20)
  --stops N    SIGSTOPs (default 0)
  --seed N     of all that is random but the clock (default: another one each time; printed)
  --keys N     (default 300)
  --rate N     events a second (default 2000)

Needs 'npm run build'. A SIGKILL leaves the page cache as it is: no power cut is tried here.
`;

const { values: given } = parseArgs({
  options: {
    help: { type: 'boolean' },
    adapter: { type: 'string', default: 'file' },
    ...Object.fromEntries(
      Object.entries({
        kills: 20,
        stops: 0,
        seed: Math.floor(Math.random() * 2 ** 32),
        keys: 300,
        rate: 2000,
      }).map(([option, value]) => [option, { type: 'string', default: String(value) }]),
    ),
  },
});
if (given.help) {
  process.stdout.write(help);
  process.exit();
}
const { adapter } = given;
const [kills, stops, seed, keys, rate] = ['kills', 'stops', 'seed', 'keys', 'rate'].map(option =>
  Number(given[option]),
);
if (![kills, stops, seed, keys, rate].every(Number.isSafeInteger)) throw new Error(help);
if (!['file', 'lmdb'].includes(adapter)) throw new Error(help);

const ttl = 1500;
const crew = 4;
const next = random(seed);
const folder = mkdtempSync(join(tmpdir(), 'rxrecur-chaos-'));
mkdirSync(join(folder, 'log'));
mkdirSync(join(folder, 'sunk'));
const logs = await openLogs(adapter, folder);
const say = line => process.stdout.write(`${line}\n`);
say(`${adapter}: ${kills} SIGKILLs, ${stops} SIGSTOPs, seed ${seed}`);

let count = 0;
const workers = new Set();
const exits = new Map();
const errors = [];

function start() {
  const member = `w${count++}`;
  const options = {
    ...{ adapter, folder, member, ttl },
    maxEvents: Math.ceil(2 ** (9 * next())),
    snapshotBytes: Math.ceil(2 ** (14 + 6 * next())),
  };
  const path = fileURLToPath(new URL('worker.mjs', import.meta.url));
  const child = fork(path, [JSON.stringify(options)], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const worker = { child, member, held: [] };
  worker.over = new Promise(resolve => child.once('exit', (...how) => resolve(how)));
  child.on('message', ({ held }) => {
    worker.held = held;
  });
  let text = '';
  child.stderr.on('data', some => (text += some));
  child.once('exit', (code, signal) => {
    workers.delete(worker);
    exits.set(signal ?? code, (exits.get(signal ?? code) ?? 0) + 1);
    if (text) errors.push(`${member}: ${text}`);
  });
  workers.add(worker);
  return worker;
}

const fed = Array.from({ length: partitions }, () => []);
let feeding = true;

/** Appends events as they would come; what is acknowledged is in \`fed\`. */
async function feed() {
  let tick = 0;
  while (feeding) {
    const by = Array.from({ length: partitions }, () => []);
    // Keys come and go: the range moves, so that states grow idle.
    const first = Math.floor(tick++ / 10) * 7;
    for (let i = 0; i < rate / 20; i++) {
      const key = `k${(first + Math.floor(next() * keys)) % (2 * keys)}`;
      const value = JSON.stringify(drawValue(next));
      by[partitionOf(key, partitions)].push({ key, value });
    }
    const bytes = value => new TextEncoder().encode(value);
    await Promise.all(
      by.map(async (events, p) => {
        if (!events.length) return;
        await logs.log.append(
          p,
          events.map(({ key, value }) => ({ key, value: bytes(value) })),
        );
        fed[p].push(...events.map(({ key, value }) => `${key} ${value}`));
      }),
    );
    await delay(50);
  }
}

async function positionIn(p) {
  const snapshot = await logs.log.restore(name, p);
  let to = 0;
  if (snapshot) for await (const chunk of snapshot.chunks()) ({ to } = decodeRecord(chunk).head);
  for await (const records of logs.log.records(name, p, snapshot?.revision ?? 0)) {
    ({ to } = decodeRecord(records.at(-1).bytes).head);
  }
  return to;
}

async function isDone() {
  for (let p = 0; p < partitions; p++) {
    if ((await positionIn(p)) < fed[p].length) return false;
    const last = await logs.sunk.lastOffset(p);
    if (last < fed[p].length) return false;
  }
  return true;
}

/** A worker that works; or, if none has begun after a while, any. */
async function somebody() {
  for (let tries = 0; ; tries++) {
    const awake = [...workers].filter(worker => !zombies.has(worker));
    const busy = awake.filter(({ held }) => held.length);
    const some = tries < 20 ? busy : awake;
    if (some.length > (tries < 20 ? 0 : 1)) return some[Math.floor(next() * some.length)];
    await delay(100);
  }
}

const begin = performance.now();
const fault = Array.from({ length: kills + stops }, (_, i) => i < kills).sort(() => next() - 0.5);
const done = { kills: 0, stops: 0 };
const zombies = new Set();
for (let i = 0; i < crew; i++) start();
const feeder = feed();
for (const isKill of fault) {
  const worker = await somebody();
  await delay(300 * next() ** 2);
  if (isKill) {
    worker.child.kill('SIGKILL');
    workers.delete(worker);
    done.kills++;
  } else {
    worker.child.kill('SIGSTOP');
    done.stops++;
    zombies.add(worker);
    // Somebody else has its partitions in the meantime.
    delay(ttl * (1.5 + next())).then(() => {
      worker.child.kill('SIGCONT');
      zombies.delete(worker);
    });
    await delay(ttl / 2);
  }
  while (workers.size < crew) start();
}
while (zombies.size) await delay(100);
await delay(2000);
feeding = false;
await feeder;
for (const worker of [...workers].slice(2)) worker.child.kill('SIGTERM');
const limit = performance.now() + 120_000;
while (!(await isDone())) {
  if (performance.now() > limit) {
    say('the workers have not read all within two minutes');
    process.exitCode = 1;
    break;
  }
  while (workers.size < 2) start();
  await delay(300);
}
const rest = [...workers];
for (const { child } of rest) child.kill('SIGTERM');
await Promise.race([Promise.all(rest.map(({ over }) => over)), delay(15_000)]);
for (const { child } of rest) child.kill('SIGKILL');
const { faults, seen, notes } = await check(logs, fed);
const ended = [...exits].map(([how, times]) => `${how}: ${times}`).join(', ');
say(
  `${done.kills} killed, ${done.stops} stopped, ${((performance.now() - begin) / 1000).toFixed(0)} s; ends: ${ended}`,
);
say(
  Object.entries(seen)
    .map(([what, n]) => `${n} ${what}`)
    .join(', '),
);
say(
  Object.entries(faults)
    .map(([what, n]) => `${what} ${n}`)
    .join(', '),
);
for (const line of [...notes, ...errors.slice(0, 5)]) say(line);
if (errors.length) say(`${errors.length} workers ended with an error`);
if (Object.values(faults).some(n => n > 0) || errors.length) process.exitCode = 1;
await logs.log.close();
await logs.sunk.close();
if (process.exitCode) say(`kept: ${folder}`);
else rmSync(folder, { recursive: true });
process.exit();
