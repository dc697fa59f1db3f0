import type { Told } from './event.js';
import type { Job } from './job.js';
import type { PartitionLog } from './log.js';
import { keptAfter, placeOf } from './position.js';
import { decodeRecord } from './record.js';
import type { Sink } from './sink.js';
import { sequenceOf, toldBy } from './told.js';

export interface RelaySetup {
  readonly log: PartitionLog;
  readonly job: Pick<Job, 'job'>;
  readonly sinks: readonly Sink[];
  /** Records that may wait for the sinks. */
  readonly credits: number;
}

/** Hands what is stored on to sinks, in order: again from the last one that each of them has. */
export class Relay {
  readonly #setup: RelaySetup;
  readonly #partition: number;
  #chain: Promise<void> = Promise.resolve();
  #waiting = 0;
  #failure: { readonly error: unknown } | undefined;
  /** The newest record that all sinks have. */
  #had = 0;

  constructor(setup: RelaySetup, partition: number) {
    this.#setup = setup;
    this.#partition = partition;
  }

  /** The newest record that all sinks have; `newest` where there are none. */
  revision(newest: number): number {
    return this.#setup.sinks.length ? this.#had : newest;
  }

  /** Tells the sinks what was stored and they have not had. */
  async catchUp(): Promise<void> {
    const { log, job, sinks } = this.#setup;
    if (!sinks.length) return;
    const kept = () => keptAfter(log, job.job, this.#partition);
    let after = await kept();
    for (;;) {
      try {
        await this.#tellAfter(after);
        return;
      } catch (error) {
        // A former owner's snapshot may have come meanwhile: then its sinks have had the records.
        const now = await kept();
        if (now <= after) throw error;
        after = now;
      }
    }
  }

  async #tellAfter(after: number): Promise<void> {
    const { log, job, sinks } = this.#setup;
    this.#had = after;
    const partition = this.#partition;
    const lasts = await Promise.all(
      sinks.map(async sink => sequenceOf(await sink.last(job.job, partition), job.job, partition)),
    );
    for await (const records of log.records(job.job, partition, after)) {
      for (const { revision, bytes } of records) {
        const told = toldBy(decodeRecord(bytes, placeOf(job.job, partition, revision)));
        for (const [i, sink] of sinks.entries()) {
          const news = this.#after(told, lasts[i]);
          if (news) await sink.write(job.job, partition, news);
        }
        this.#had = revision;
      }
    }
  }

  #after({ outputs, letters }: Told, last: number): Told | undefined {
    const { job } = this.#setup.job;
    const isNew = ({ id }: { readonly id: string }) => sequenceOf(id, job, this.#partition) > last;
    const news = { outputs: outputs.filter(isNew), letters: letters.filter(isNew) };
    return news.outputs.length || news.letters.length ? news : undefined;
  }

  /** Hands on what was stored just now; resolves when there is room for more. */
  async take(told: Told, revision: number): Promise<void> {
    const { sinks, job, credits } = this.#setup;
    if (!sinks.length) return;
    this.#waiting++;
    this.#chain = this.#chain.then(async () => {
      if (this.#failure) return;
      try {
        const isAny = told.outputs.length || told.letters.length;
        const write = (sink: Sink) => sink.write(job.job, this.#partition, told);
        if (isAny) await Promise.all(sinks.map(write));
        this.#had = revision;
      } catch (error) {
        this.#failure = { error };
      }
      this.#waiting--;
    });
    if (this.#waiting > credits) await this.#chain;
    if (this.#failure) throw this.#failure.error;
  }

  /** Resolves when the sinks have all. */
  async done(): Promise<void> {
    await this.#chain;
    if (this.#failure) throw this.#failure.error;
  }
}
