// A worker of durable.mjs, which starts it. Its argument is JSON: adapter, folder, member, follow,
// ttl.
import { durable, fromStream } from '../../dist/durable.js';
import { decode, model, openLog } from './durable-job.mjs';

const [, , given = '--help'] = process.argv;
if (given === '--help') {
  process.stdout.write('node test/bench/durable-worker.mjs JSON: durable.mjs starts it\n');
  process.exit();
}
const { adapter, folder, member, follow, count, ttl } = JSON.parse(given);
const log = await openLog(adapter, folder, count);
const stopping = new AbortController();
process.on('SIGTERM', () => stopping.abort());
process.send({ ready: true });
process.once('message', () => {
  const seen = new Map();
  fromStream(log, { follow, decode })
    .pipe(durable(log, { job: 'bench', model, member, ttl, signal: stopping.signal }))
    .subscribe({
      next({ partition }) {
        // The first one of each partition after a pause tells when it has come.
        if (follow && !seen.has(partition)) process.send({ partition, at: Date.now() });
        seen.set(partition, true);
      },
      error(error) {
        process.stderr.write(`${error.stack}\n`);
        process.exit(1);
      },
      async complete() {
        await log.close();
        process.exit(0);
      },
    });
});
