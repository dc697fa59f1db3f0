import { parentPort, workerData } from 'node:worker_threads';
import { openModel } from './model-file.js';
import type { Size } from './ports.js';
import type { ServeOptions } from './serve-options.js';
import { openSink } from './serve-output.js';
import { Work } from './serve-work.js';
import { openStateLog } from './state-log.js';

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
const log = await openStateLog(options.state);
const { outputSize } = layer as { readonly outputSize: Size };
const { sink, close } = await openSink(options, outputSize, log, write);
const work = new Work({
  ...{ log, layer, sink, job: options.job, ttl: options.lease * 1000 },
  fromOffset: options.fromOffset,
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
  await log.close();
  port.close();
}
