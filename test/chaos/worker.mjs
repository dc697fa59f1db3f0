// A worker, which chaos.mjs starts and kills. Its argument is JSON: adapter, folder, member,
// maxEvents, snapshotBytes, ttl.
import { filter, map } from 'rxjs';
import { durable, fromStream, toStream } from '../../dist/durable.js';
import { idle, model, name } from './job.mjs';
import { openLogs } from './logs.mjs';

const [, , given = '--help'] = process.argv;
if (given === '--help') {
  process.stdout.write('node test/chaos/worker.mjs JSON: a worker of chaos.mjs, which starts it\n');
  process.exit();
}
const { adapter, folder, ...options } = JSON.parse(given);
const { log, sunk } = await openLogs(adapter, folder);
const stopping = new AbortController();
process.on('SIGTERM', () => stopping.abort());

// Half of the partitions keep all records beside their snapshots, so that the checker sees them.
const keeping = new Proxy(log, {
  get(target, property) {
    const value = target[property];
    if (typeof value !== 'function') return value;
    if (property !== 'snapshot') return value.bind(target);
    return (job, partition, revision, chunks, keep) =>
      target.snapshot(job, partition, revision, chunks, partition % 2 ? keep : 0);
  },
});

fromStream(log)
  .pipe(
    durable(keeping, {
      ...{ job: name, model, idle, ...options },
      select: ({ value }) => value.x,
      reset: events =>
        events.pipe(
          filter(({ value }) => value.reset),
          map(({ key }) => key),
        ),
      sinks: [toStream(sunk, { letters: true })],
      signal: stopping.signal,
      metrics: all => process.send?.({ held: all.map(({ partition }) => partition) }),
      metricsEvery: 100,
    }),
  )
  .subscribe({
    error: error => {
      process.stderr.write(`${error.stack}\n`);
      process.exit(3);
    },
    complete: async () => {
      await log.close();
      await sunk.close();
      process.exit(0);
    },
  });
