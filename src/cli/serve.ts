import { once } from 'node:events';
import type { DeadLetter } from '../durable/event.js';
import { internals } from '../streams/cell.js';
import { asUnusable } from './log-places.js';
import { readModel } from './model-file.js';
import { openStdout } from './output.js';
import { checkOutput } from './same-file.js';
import { type Logs, openLogs } from './serve-logs.js';
import { MetricsServer } from './serve-metrics.js';
import { type JobModel, openJob } from './serve-model.js';
import { storeMessages } from './serve-mqtt.js';
import type { ServeOptions } from './serve-options.js';
import { type RowsSetup, storeRows } from './serve-rows.js';
import { startWorkers, type Working } from './serve-workers.js';
import { stopOnSignals } from './signals.js';
import { complain, Stop, unusable } from './stop.js';

/** As shells count SIGTERM: asked to end, it has handed over, and all is well. */
const terminated = 143;

/**
 * Stores the events of a source in a log and steps a job's model with them, until the source ends
 * or a signal comes. Ends early with a throw of a Stop.
 */
export async function serve(options: ServeOptions): Promise<void> {
  const stop = stopOnSignals();
  const model = await readModel(options.model, options);
  const { why } = model.layer.cell[internals];
  if (why) {
    throw unusable(`${options.model}: it takes sequences as wholes, and rows have no end; ${why}`);
  }
  const job = await openJob(options, model.layer);
  const { target, source, scale } = options;
  const file = source.kind === 'rows' ? source.file : undefined;
  if (target.kind === 'file') checkOutput(target.path, [options.model, file, scale]);
  const logs = await openLogs(options);
  const server = options.metrics === undefined ? undefined : new MetricsServer();
  try {
    await server?.listen(options.metrics as number);
    await serveOn(job, logs, stop, server);
  } catch (error) {
    if (!(error instanceof Stop && error.code === terminated)) throw asUnusable(error);
  } finally {
    server?.close();
    await logs.close();
  }
}

async function serveOn(
  job: JobModel,
  logs: Logs,
  stop: AbortController,
  server: MetricsServer | undefined,
): Promise<void> {
  const stdout = openStdout();
  const workers = await startWorkers({
    ...{ job, logs },
    write: text => stdout.write(text),
    metrics: (worker, all) => server?.take(worker, all),
    deadLetter: tellLetter,
  });
  const all = Promise.all(workers.map(({ done }) => done));
  // A worker that fails ends the reading, too.
  all.catch(error => stop.abort(error));
  const failure = await failureOf(
    readAll({ job, log: logs.log, options: job.options }, stop.signal),
  );
  await endWorkers(workers, stop.signal);
  await all;
  if (failure !== undefined) throw failure;
}

/** They step what is stored, unless a signal has come: then they hand over. */
async function endWorkers(workers: readonly Working[], stop: AbortSignal): Promise<void> {
  const hand = () => {
    for (const worker of workers) worker.stop();
  };
  if (stop.aborted) hand();
  else stop.addEventListener('abort', hand, { once: true });
  if (!stop.aborted) for (const worker of workers) worker.drain();
}

/** Stores what comes, unless the events are in a log: then until a signal comes. */
async function readAll(setup: RowsSetup, stop: AbortSignal): Promise<void> {
  const { source } = setup.options;
  if (source.kind === 'mqtt') await storeMessages({ ...setup, url: source.url }, stop);
  else if (source.kind === 'rows') await storeRows({ ...setup, file: source.file }, stop);
  else if (!stop.aborted) await once(stop, 'abort');
  stop.throwIfAborted();
}

async function failureOf(work: Promise<void>): Promise<unknown> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return error;
  }
}

function tellLetter({ id, kind, key, reason }: DeadLetter): void {
  complain(`${kind} event ${id} of ${key}: ${reason}; it has no output`);
}
