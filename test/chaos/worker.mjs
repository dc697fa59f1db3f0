// A worker, which chaos.mjs starts and kills. Its argument is JSON: adapter, places, names of jobs,
// forget, member, and other options of `durable`.
import { Subject } from 'rxjs';
import { durable, fromStream, toStream } from '../../dist/durable.js';
import { jobsOf } from './jobs.mjs';
import { openLogs, sunkName } from './logs.mjs';

const [, , given = '--help'] = process.argv;
if (given === '--help') {
  process.stdout.write('node test/chaos/worker.mjs JSON: a worker of chaos.mjs, which starts it\n');
  process.exit();
}
const { adapter, places, names, forget, ...options } = JSON.parse(given);
const logs = await openLogs({ adapter, places });
const stopping = new AbortController();
process.on('SIGTERM', () => stopping.abort());
// Without a campaign there is no work.
process.on('disconnect', () => process.exit());

/** A log that keeps records beside snapshots where the checker is to see them. */
function keeping(log, keepsAll) {
  return new Proxy(log, {
    get(target, property) {
      const value = target[property];
      if (typeof value !== 'function') return value;
      if (property !== 'snapshot') return value.bind(target);
      return (job, partition, revision, chunks, keep) => {
        const kept = keepsAll || partition % 2 === 0 ? 0 : keep;
        return target.snapshot(job, partition, revision, chunks, kept);
      };
    },
  });
}

/** Parameter sets by number, which chaos.mjs asks for. */
const sets = new Subject();
process.on('message', ({ swap }) => sets.next(swap));

function run(job) {
  const weights = new Subject();
  if (job.swaps) sets.subscribe(set => weights.next(job.paramsOf(set)));
  const source = fromStream(logs.log).pipe(
    durable(keeping(logs.log, job.keepsAll), {
      ...{ job: job.name, ...job.options, ...options },
      ...(job.swaps && { weights }),
      sinks: [toStream(logs[sunkName(job.name)], { letters: true })],
      signal: stopping.signal,
      metrics: all => {
        process.send?.({ job: job.name, held: all.map(({ partition }) => partition) });
      },
      metricsEvery: 100,
    }),
  );
  return new Promise((complete, error) => source.subscribe({ complete, error }));
}

try {
  await Promise.all(jobsOf(names, forget).map(run));
  await logs.close();
  process.exit(0);
} catch (error) {
  process.stderr.write(`${error.stack}\n`);
  process.exit(3);
}
