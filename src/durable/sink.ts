import type { Told } from './event.js';

/** Where outputs go on, each once: told again after a restart, it keeps what it has not had. */
export interface Sink {
  /** What it is and where, in messages. */
  readonly name: string;
  /** The id of the last one that it keeps of a job's partition; undefined: it has none. */
  last(job: string, partition: number): Promise<string | undefined>;
  /** Keeps these, in order; resolves when they are stored. */
  write(job: string, partition: number, told: Told): Promise<void>;
  /**
   * True: it drops what has an id that it has had, in whichever order, so that outputs may come to
   * it before they are stored.
   */
  readonly deduplicates?: boolean | undefined;
}
