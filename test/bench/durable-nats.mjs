// Durable jobs on NATS JetStream. `npm run build`, then `node test/bench/durable-nats.mjs --help`.
import { Command } from 'commander';
import { toStream } from '../../dist/durable.js';
import { startNats } from '../nats-server.mjs';
import { openLog } from './durable-job.mjs';
import { fill, moved, restored, run, spread, thousands } from './durable-parts.mjs';
import { quantile } from './quantile.mjs';

const command = new Command('node test/bench/durable-nats.mjs')
  .description(
    'Events a second that a durable job of LSTM 16 (2 inputs, 1,000 keys, 4 partitions) reads from a ' +
      'filled stream of a nats-server on this machine, steps and commits; the same with outputs ' +
      'relayed into other streams of it; how long a million keys of LSTM 64 take to restore; how ' +
      'long partitions rest when their worker is killed (leases of 2 s) and when it is told to end.',
  )
  .option('--quick', 'a hundredth of the events and keys, one round')
  .option('--rounds <n>', 'of all in turn; medians are printed', '5')
  .option('--only <part>', 'one of speed, restore, takeover, hand-over')
  .parse();
const { quick, only, ...options } = command.opts();
const rounds = quick ? 1 : Number(options.rounds);
const events = quick ? 4e3 : 4e5;
const keys = quick ? 1e4 : 1e6;

const server = await startNats();
let count = 0;
const place = () => `${server.url}#bench-${count++}`;

async function speed() {
  const times = { committed: [], relayed: [], filled: [] };
  for (let round = 0; round < rounds; round++) {
    const log = await openLog('nats', place());
    const begin = performance.now();
    await fill(log, events);
    times.filled.push((performance.now() - begin) / 1000);
    times.committed.push(await run(log));
    const outputs = await openLog('nats', place());
    times.relayed.push(await run(log, { job: 'relayed', sinks: [toStream(outputs)] }));
    await outputs.close();
    await log.close();
  }
  for (const [name, seconds] of Object.entries(times)) {
    console.log(`${name}: ${thousands(events / quantile(seconds, 0.5))} events/s`);
  }
}

async function restore() {
  const log = await openLog('nats', place(), 8);
  console.log(await restored(log, keys));
  await log.close();
}

async function moves(name, how) {
  const times = [];
  for (let round = 0; round < 2 * rounds; round++) {
    times.push(...(await moved('nats', place(), { pause: quick ? 2000 : 3000, ...how })));
  }
  console.log(`${name}: ${spread(times)}`);
}

const parts = {
  speed,
  restore,
  takeover: () => moves('takeover after SIGKILL, leases of 2 s', { signal: 'SIGKILL', ttl: 2000 }),
  'hand-over': () => moves('hand-over on SIGTERM', { ttl: 2000 }),
};
try {
  for (const [name, part] of Object.entries(parts)) {
    if (only === undefined || only === name) await part();
  }
} finally {
  await server.end();
}
process.exit();
