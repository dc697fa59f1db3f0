// Many keys: recurBy against groupBy with a stream of its own a key, with the same LSTM.
//   npm run build && node test/bench/keys.mjs --help
// Events a second of processor time with arrivals spread over all keys, bytes a key beside the
// strings, and how long an event waited for its batch. Each in a process of its own.
import { execFileSync } from 'node:child_process';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { groupBy, map, mergeMap, Subject, scan } from 'rxjs';
import * as rxrecur from '../../dist/index.js';
import { gc } from './gc.mjs';
import { inputs } from './nets.mjs';
import { processorTime } from './processor-time.mjs';
import { quantile, spread } from './quantile.mjs';

const size = 16;
const maxDelay = 5; // ms
const { lstm, recur, recurBy } = rxrecur;

const key = ({ key }) => key;
const each = stream => source => source.pipe(groupBy(key), mergeMap(stream));

/** An operator from events to whatever tells that one was answered. */
const systems = {
  recurBy: layer => recurBy(layer, { key, select: ({ x }) => x, project: (_, event) => event }),
  'recurBy, batches': layer =>
    recurBy(layer, {
      key,
      select: ({ x }) => x,
      project: (_, event) => event,
      batch: { maxSize: 64, maxDelay },
    }),
  'groupBy + recur': layer =>
    each(group =>
      group.pipe(recur(layer, { select: ({ x }) => x, project: (_, event) => event, reuse: true })),
    ),
  'groupBy + scan': layer =>
    each(group =>
      group.pipe(
        scan(([state], event) => [layer.cell(state, event.x)[0], event], [undefined, undefined]),
        map(([, event]) => event),
      ),
    ),
};

const bytesNow = () => {
  gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

/** In a child: prints events a second, bytes a key and the 99th percentile of the wait in ms. */
async function child(system, count, events) {
  const xs = inputs(size);
  // Strings, numbers of their own made beforehand: not what is measured.
  const keys = Array.from({ length: count }, (_, i) => `key ${i}`);
  // Coprime to any count of 2s and 5s: each key once before any comes again.
  const stride = 7919;
  const source = new Subject();
  let answered = 0;
  const waits = [];
  const before = bytesNow();
  source.pipe(systems[system](lstm(size, size, { seed: 1 }))).subscribe(event => {
    answered++;
    if (event.at) waits.push(performance.now() - event.at);
  });
  let k = 0;
  const next = async (n, at) => {
    for (let i = 0; i < n; i++) {
      k = (k + stride) % count;
      source.next({ key: keys[k], x: xs[i & 15], at: at && i % 16 === 0 ? performance.now() : 0 });
      // Timers of batches must have their chance, as in a program that reads from a socket.
      if (i % 128 === 127) await turn();
    }
  };
  await next(Math.max(count, 20000), false);
  await new Promise(resolve => setTimeout(resolve, 10 * maxDelay));
  const bytes = (bytesNow() - before) / count;
  answered = 0;
  const start = processorTime();
  await next(events, true);
  await new Promise(resolve => setTimeout(resolve, 10 * maxDelay));
  const seconds = (processorTime() - start) / 1000;
  if (answered !== events) throw new Error(`${answered} of ${events} events were answered`);
  console.log(JSON.stringify({ rate: events / seconds, bytes, wait: quantile(waits, 0.99) }));
}

/** Rows for the report: each way against `recurBy`, in alternation of fresh processes. */
export async function measureKeys(node, { quick }) {
  if (!recurBy) {
    console.log('no keys: this build exports no recurBy');
    return [];
  }
  const run = (system, count) => {
    const events = quick ? 2e4 : 2e5;
    const args = [
      '--max-old-space-size=16000',
      fileURLToPath(import.meta.url),
      system,
      count,
      events,
    ].map(String);
    return JSON.parse(execFileSync(node, args, { encoding: 'utf8' }));
  };
  const rows = [];
  for (const count of quick ? [1, 1e3] : [1, 1e3, 1e5, 1e6]) {
    for (const system of Object.keys(systems).slice(1)) {
      const turns = Array.from({ length: quick ? 1 : 3 }, () => [
        run('recurBy', count),
        run(system, count),
      ]);
      const of = (i, what) => spread(turns.map(pair => pair[i][what])).median;
      const [ours, theirs] = [0, 1].map(i =>
        Object.fromEntries(['rate', 'bytes', 'wait'].map(what => [what, of(i, what)])),
      );
      const ratio = spread(turns.map(([a, b]) => a.rate / b.rate));
      rows.push({ keys: count, system, ours, theirs, ratio });
      console.log(
        `${count} keys, ${system}: ${Math.round(theirs.rate)} events/s, ` +
          `${Math.round(theirs.bytes)} bytes a key, p99 wait ${theirs.wait.toFixed(2)} ms; ` +
          `recurBy ${Math.round(ours.rate)}, ${Math.round(ours.bytes)}: ${ratio.median.toFixed(2)} ×`,
      );
    }
  }
  return rows;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const command = new Command('node test/bench/keys.mjs')
    .description(
      'Compares recurBy with groupBy and a stream for each key: events a second, bytes a key, and ' +
        'how long an event waits for its batch.',
    )
    .argument('[system]', `measure one process of this system, as JSON: ${Object.keys(systems)}`)
    .argument('[count]', 'with so many keys', Number, 1000)
    .argument('[events]', 'and so many events', Number, 20_000)
    .option('--quick', 'few keys, one turn of each')
    .parse();
  const [system, count, events] = command.processedArgs;
  if (system === undefined) await measureKeys(process.execPath, command.opts());
  else if (system in systems) await child(system, count, events);
  else command.error(`expected one of ${Object.keys(systems)}, got ${system}`);
}
