// One worker: node examples/durable/worker.mjs PLACE, started by demo.mjs, which it tells of
// what it does.
import { durable, fromStream } from 'rxrecur/durable';
import { alarmAbove, job, model, placeOf, ttl } from './job.mjs';

const [place] = process.argv.slice(2);
if (!place || place === '--help') {
  console.log('node examples/durable/worker.mjs FOLDER|URL\n\nIs started by demo.mjs.');
  process.exit(0);
}
const tell = message => process.connected && process.send?.(message);
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
// The demo has gone, and with it what it had started.
process.once('disconnect', () => process.exit(1));
if (process.send && !process.connected) process.exit(1);
// Ctrl-C is for the demo, which ends this process, too.
process.on('SIGINT', () => {});

const { openLog, openSink } = await placeOf(place);
const [log, sink] = await Promise.all([openLog(place), openSink(place)]);
fromStream(log)
  .pipe(
    durable(log, {
      ...{ job, model, ttl, signal: stop.signal, sinks: [sink] },
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
      await Promise.all([log.close(), sink.close()]);
      process.exit(0);
    },
  });
