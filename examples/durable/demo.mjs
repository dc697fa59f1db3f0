// A thousand sensors, three workers, a page, and a button that kills a worker.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { jobStates } from 'rxrecur/durable';
import { check } from './check.mjs';
import { job, partitions, placeOf, reading, sensors } from './job.mjs';

const help = `node examples/durable/demo.mjs [--nats] [--quick] [--port NUMBER]

Simulates a thousand sensors whose readings go into a log of files, and starts three worker
processes that share it. A page shows keys, owners, lag and alarms, and has a button that kills a
worker (SIGKILL); it is started again. Ctrl-C ends all, and checks that nothing was lost or doubled.

  --nats          sensors publish to mosquitto, a process stores their messages in NATS JetStream,
                  and outputs become messages, too; starts both servers on free ports, and as root
                  on Debian installs those that are missing
  --quick         no page: some seconds, one kill, the check; exit code 1 if it fails
  --port NUMBER   of the page (default: 8080; 0: one that is free)`;

const { values } = parseArgs({
  options: {
    help: { type: 'boolean' },
    nats: { type: 'boolean' },
    quick: { type: 'boolean' },
    port: { type: 'string', default: '8080' },
  },
});
if (values.help) {
  console.log(help);
  process.exit(0);
}

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) {
  // Whoever asks twice does not want to wait for the check.
  process.on(signal, () => (stopping.signal.aborted ? process.exit(1) : stopping.abort()));
}
const { begin, openLog, readOutputs } = await placeOf(values.nats ? 'nats:' : '');
const { place, feed, end: endPlace } = await begin();
const log = await openLog(place);
const workers = new Map();
const pages = new Set();
const totals = { events: 0, kills: 0 };
const alarms = [];
let isOver = false;

function start() {
  const child = fork(fileURLToPath(new URL('worker.mjs', import.meta.url)), [place]);
  const worker = { child, metrics: [] };
  workers.set(child.pid, worker);
  child.on('message', ({ metrics, alarm }) => {
    if (metrics) worker.metrics = metrics;
    if (alarm) alarms.unshift(alarm);
    alarms.length = Math.min(alarms.length, 10);
  });
  child.once('exit', () => {
    workers.delete(child.pid);
    if (!isOver) start();
  });
}

function kill() {
  const [worker] = [...workers.values()].sort((a, b) => b.metrics.length - a.metrics.length);
  worker?.child.kill('SIGKILL');
  totals.kills++;
}

/** A reading of each fifth sensor. */
async function read(tick) {
  const readings = [];
  for (let i = tick % 5; i < sensors; i += 5) readings.push({ sensor: i, x: reading(i, tick) });
  await feed(log, readings);
  totals.events += readings.length;
}

/** All that the page shows. */
function news() {
  const rows = [...workers].map(([pid, { metrics }]) => ({
    pid,
    partitions: metrics.map(({ partition }) => partition),
    keys: metrics.reduce((sum, { keys }) => sum + keys, 0),
    lag: metrics.reduce((sum, { lag }) => sum + lag, 0),
    events: metrics.reduce((sum, { events }) => sum + events, 0),
  }));
  return { ...totals, workers: rows, alarms };
}

function serve() {
  const page = readFileSync(new URL('page.html', import.meta.url));
  const server = createServer((request, response) => {
    if (request.url === '/kill' && request.method === 'POST') {
      kill();
      response.end();
    } else if (request.url === '/news') {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      pages.add(response);
      request.once('close', () => pages.delete(response));
    } else {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
      response.end(page);
    }
  });
  server.listen(Number(values.port), '127.0.0.1');
  server.once('listening', () => console.log(`http://127.0.0.1:${server.address().port}`));
  setInterval(() => {
    for (const response of pages) response.write(`data: ${JSON.stringify(news())}\n\n`);
  }, 250);
}

/** Resolves when all events are stored, and the workers have stepped them. */
async function caughtUp() {
  // Until a worker has a partition there are no states to ask for.
  while (![...workers.values()].some(({ metrics }) => metrics.length)) await delay(50);
  const all = Array.from({ length: partitions }, (_, p) => p);
  for (;;) {
    const lasts = await Promise.all(all.map(p => log.lastOffset(p)));
    const stored = lasts.reduce((sum, last) => sum + last, 0);
    const offsets = new Map();
    for await (const { partition, offset } of jobStates(log, job).list()) {
      offsets.set(partition, offset);
    }
    const isStepped = lasts.every((last, p) => (offsets.get(p) ?? 0) >= last);
    if (isStepped && stored >= totals.events) return;
    await delay(200);
  }
}

async function end() {
  await caughtUp();
  isOver = true;
  const exits = [...workers.values()].map(({ child }) => once(child, 'exit'));
  for (const { child } of workers.values()) child.kill('SIGTERM');
  await Promise.all(exits);
  const faults = await check(log, await readOutputs(place));
  await log.close();
  await endPlace();
  const verdict = faults.join(', ') || 'nothing lost, nothing doubled, all bits equal';
  console.log(`${totals.events} events, ${totals.kills} kills: ${verdict}`);
  process.exit(faults.length ? 1 : 0);
}

for (let i = 0; i < 3; i++) start();
if (values.quick) setTimeout(() => stopping.abort(), 5000);
else serve();
if (values.quick) setTimeout(kill, 3000);
for (let tick = 0; !stopping.signal.aborted; tick++) {
  await read(tick);
  await delay(100);
}
await end();
