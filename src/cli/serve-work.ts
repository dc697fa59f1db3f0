import type { DeadLetter, LogEvent } from '../durable/event.js';
import type { PartitionLog } from '../durable/log.js';
import type { PartitionMetrics } from '../durable/metrics.js';
import type { Sink } from '../durable/sink.js';
import type { LoadedLayer } from '../io/loaded-layer.js';
import { durable } from '../operators/durable.js';
import { fromStream } from '../operators/from-stream.js';
import { eventOf, type Size } from './ports.js';

export interface WorkSetup {
  readonly log: PartitionLog;
  readonly layer: LoadedLayer;
  readonly job: string;
  readonly sink: Sink;
  /** The offset of the first event of a new job, in each partition. */
  readonly fromOffset?: number | undefined;
  /** Milliseconds. */
  readonly ttl: number;
  metrics(all: readonly PartitionMetrics[]): void;
  deadLetter(letter: DeadLetter): void;
}

/** An event as `serve` stores it; other programs may store vectors. */
type Stored = { readonly x: readonly number[] } | readonly number[];

/** One worker of a job, until it is stopped. */
export class Work {
  readonly #setup: WorkSetup;
  readonly #following = new AbortController();
  readonly #stopping = new AbortController();
  #isDrained = false;
  /** Resolves when all partitions are given up. Rejects with what ended it. */
  readonly done: Promise<void>;

  constructor(setup: WorkSetup) {
    this.#setup = setup;
    this.done = this.#run();
  }

  /** The log gets no more events: ends when all are stepped. */
  drain(): void {
    this.#isDrained = true;
    this.#following.abort();
  }

  /** Hands its partitions over. */
  stop(): void {
    this.#stopping.abort();
    this.#following.abort();
  }

  async #run(): Promise<void> {
    await this.#work(true, this.#following.signal);
    const { signal } = this.#stopping;
    if (this.#isDrained && !signal.aborted) await this.#work(false, signal);
  }

  #work(follow: boolean, signal: AbortSignal): Promise<void> {
    const { log, layer, job, sink, fromOffset = 1, ttl } = this.#setup;
    const { metrics, deadLetter: deadLetters } = this.#setup;
    const toEvent = eventOf((layer as { readonly inputSize: Size }).inputSize);
    const after = Object.fromEntries(
      Array.from({ length: log.partitions }, (_, p) => [p, fromOffset - 1]),
    );
    const select = ({ value }: LogEvent<Stored>) =>
      toEvent(Float32Array.from('x' in value ? value.x : value));
    const options = { job, model: layer, select, sinks: [sink], ttl, signal, metrics, deadLetters };
    return new Promise((resolve, reject) => {
      fromStream<Stored>(log, { follow, after })
        .pipe(durable(log, options as never))
        .subscribe({ error: reject, complete: resolve });
    });
  }
}
