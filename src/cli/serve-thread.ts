import { parentPort, workerData } from 'node:worker_threads';
import { openModel } from './model-file.js';
import { openLogs } from './serve-logs.js';
import { openJob } from './serve-model.js';
import type { ServeOptions } from './serve-options.js';
import { openSink } from './serve-output.js';
import { Work } from './serve-work.js';

/** One worker of `rxrecur serve --workers N`, in a thread of its own. */

const port = parentPort as NonNullable<typeof parentPort>;
const options = workerData as ServeOptions;
const waiting: (() => void)[] = [];

/** Stdout is the main thread's: it says when it has taken a text. */
const write = (text: string) =>
  new Promise<void>(resolve => {
    waiting.push(resolve);
    port.postMessage({ text });
  });

const { layer } = await (await openModel(options.model, options)).read();
const job = await openJob(options, layer);
const logs = await openLogs(options);
const { sink, close } = await openSink(job, logs.log, write);
const work = new Work({
  ...{ job, sink, source: logs.source, log: logs.log },
  metrics: metrics => port.postMessage({ metrics }),
  deadLetter: letter => port.postMessage({ letter }),
});
port.on('message', (message: 'drain' | 'stop' | 'written') => {
  if (message === 'written') waiting.shift()?.();
  else work[message]();
});
try {
  await work.done;
} finally {
  await close?.();
  await logs.close();
  port.close();
}
