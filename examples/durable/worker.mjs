// One worker: node examples/durable/worker.mjs FOLDER, started by demo.mjs, which it tells of
// what it does.
import { durable, fromStream } from 'rxrecur/durable';
import { alarmAbove, job, model, openLog, outputs, ttl } from './job.mjs';

const [folder] = process.argv.slice(2);
if (!folder || folder === '--help') {
  console.log('node examples/durable/worker.mjs FOLDER\n\nIs started by demo.mjs.');
  process.exit(0);
}
const tell = message => process.connected && process.send?.(message);
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
// Nobody is told any more: the demo has gone.
process.once('disconnect', () => stop.abort());

const log = await openLog(folder);
fromStream(log)
  .pipe(
    durable(log, {
      ...{ job, model, ttl, signal: stop.signal, sinks: [outputs(folder)] },
      member: `worker-${process.pid}`,
      metrics: metrics => tell({ metrics }),
      metricsEvery: 250,
    }),
  )
  .subscribe({
    next({ key, offset, y: [y] }) {
      if (Math.abs(y) > alarmAbove) tell({ alarm: { key, offset, y } });
    },
    error: error => {
      console.error(error.message);
      process.exit(1);
    },
    complete: async () => {
      await log.close();
      process.exit(0);
    },
  });
