import { once } from 'node:events';
import type { DeadLetter } from '../durable/event.js';
import type { PartitionLog } from '../durable/log.js';
import { internals } from '../streams/cell.js';
import { type Model, readModel } from './model-file.js';
import { openStdout } from './output.js';
import { columnsOf, type Size, totalOf } from './ports.js';
import { checkOutput } from './same-file.js';
import { MetricsServer } from './serve-metrics.js';
import { storeMessages } from './serve-mqtt.js';
import type { ServeOptions } from './serve-options.js';
import { type RowsSetup, storeRows } from './serve-rows.js';
import { startWorkers, type Working } from './serve-workers.js';
import { stopOnSignals } from './signals.js';
import { asUnusable, logPlace, openStateLog } from './state-log.js';
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
  const { to, from } = options;
  if (to !== undefined && !logPlace(to)) checkOutput(to, [options.model, from]);
  const log = await openStateLog(options.state, options.partitions);
  const server = options.metrics === undefined ? undefined : new MetricsServer();
  try {
    await server?.listen(options.metrics as number);
    await serveOn(log, options, model, stop, server);
  } catch (error) {
    if (!(error instanceof Stop && error.code === terminated)) throw asUnusable(error);
  } finally {
    server?.close();
    await log.close();
  }
}

async function serveOn(
  log: PartitionLog,
  options: ServeOptions,
  { layer }: Model,
  stop: AbortController,
  server: MetricsServer | undefined,
): Promise<void> {
  const { inputSize: size } = layer as { readonly inputSize: Size };
  const columns = columnsOf(options.columns, size);
  const inputSize = totalOf(size);
  const stdout = openStdout();
  const workers = await startWorkers({
    ...{ options, layer, log },
    write: text => stdout.write(text),
    metrics: (worker, all) => server?.take(worker, all),
    deadLetter: tellLetter,
  });
  const all = Promise.all(workers.map(({ done }) => done));
  // A worker that fails ends the reading, too.
  all.catch(error => stop.abort(error));
  const failure = await failureOf(readAll({ log, options, columns, inputSize }, stop.signal));
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

type Reading = RowsSetup;

async function readAll(setup: Reading, stop: AbortSignal): Promise<void> {
  const { from } = setup.options;
  if (from.startsWith('mqtt')) await storeMessages(setup, stop);
  else if (from !== 'none') await storeRows(setup, stop);
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
