import type { DeadLetter } from '../durable/event.js';
import type { PartitionLog } from '../durable/log.js';
import type { PartitionMetrics } from '../durable/metrics.js';
import type { Sink } from '../durable/sink.js';
import { durable } from '../operators/durable.js';
import { fromStream } from '../operators/from-stream.js';
import { decoderOf, type JobModel, modelOptions } from './serve-model.js';

export interface WorkSetup {
  readonly job: JobModel;
  /** Where events come from, and where states and outputs go: often the same log. */
  readonly source: PartitionLog;
  readonly log: PartitionLog;
  readonly sink: Sink;
  metrics(all: readonly PartitionMetrics[]): void;
  deadLetter(letter: DeadLetter): void;
}

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
    const { job, source, log, sink, metrics, deadLetter: deadLetters } = this.#setup;
    const { job: name, fromOffset = 1, lease, outputs } = job.options;
    const after = Object.fromEntries(
      Array.from({ length: source.partitions }, (_, p) => [p, fromOffset - 1]),
    );
    const told = { sinks: [sink], outputs, signal, metrics, deadLetters };
    const options = { job: name, ttl: lease * 1000, ...modelOptions(job), ...told };
    return new Promise((resolve, reject) => {
      fromStream(source, { follow, after, decode: decoderOf(job) })
        .pipe(durable(log, options as never))
        .subscribe({ error: reject, complete: resolve });
    });
  }
}
