import { Worker } from 'node:worker_threads';
import type { DeadLetter } from '../durable/event.js';
import type { PartitionMetrics } from '../durable/metrics.js';
import type { Logs } from './serve-logs.js';
import type { JobModel } from './serve-model.js';
import { openSink } from './serve-output.js';
import { Work } from './serve-work.js';

/** A worker of the job, in this thread or in one of its own. */
export type Working = Pick<Work, 'done' | 'drain' | 'stop'>;

export interface WorkersSetup {
  readonly job: JobModel;
  readonly logs: Logs;
  write(text: string): Promise<void>;
  metrics(worker: number, all: readonly PartitionMetrics[]): void;
  deadLetter(letter: DeadLetter): void;
}

/** As many workers as --workers says: one works in this thread. */
export async function startWorkers(setup: WorkersSetup): Promise<readonly Working[]> {
  const { options } = setup.job;
  if (options.workers === 1) return [await workHere(setup)];
  return Array.from({ length: options.workers }, (_, i) => workInThread(setup, i));
}

async function workHere({ job, logs, write, ...told }: WorkersSetup): Promise<Working> {
  const { source, log } = logs;
  const { sink, close } = await openSink(job, log, write);
  const work = new Work({
    ...{ job, source, log, sink },
    metrics: all => told.metrics(0, all),
    deadLetter: letter => told.deadLetter(letter),
  });
  const done = work.done.finally(() => close?.());
  return { done, drain: () => work.drain(), stop: () => work.stop() };
}

/** What a thread says. */
interface Said {
  readonly text?: string;
  readonly metrics?: readonly PartitionMetrics[];
  readonly letter?: DeadLetter;
}

function workInThread({ job, write, ...told }: WorkersSetup, index: number): Working {
  const url = new URL('./serve-thread.js', import.meta.url);
  const worker = new Worker(url, { workerData: job.options });
  const done = new Promise<void>((resolve, reject) => {
    worker.on('message', ({ text, metrics, letter }: Said) => {
      if (metrics) told.metrics(index, metrics);
      if (letter) told.deadLetter(letter);
      if (text !== undefined) write(text).then(() => worker.postMessage('written'), reject);
    });
    worker.on('error', reject);
    worker.on('exit', () => resolve());
  });
  const say = (message: 'drain' | 'stop') => worker.postMessage(message);
  return { done, drain: () => say('drain'), stop: () => say('stop') };
}
