import type { PartitionLog, StoredEvent } from './log.js';

/** Events of a partition on their way to their steps: pulled as long as there is room for them. */
export class Intake {
  readonly #most: number;
  readonly #stopping = new AbortController();
  #events: readonly StoredEvent[] = [];
  /** Those before it are taken. */
  #at = 0;
  #failure: { readonly error: unknown } | undefined;
  #wake: () => void = () => {};
  #room: () => void = () => {};
  /** True once no more events will come. */
  ended = false;

  /** `most`: with so many waiting nothing is pulled. */
  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#events.length - this.#at;
  }

  get stopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Pulls events after an offset, and goes on as new ones come, or to the last one. */
  async read(log: PartitionLog, partition: number, after: number, follow: boolean): Promise<void> {
    const { signal } = this.#stopping;
    try {
      for await (const some of log.read(partition, after, follow ? signal : undefined)) {
        this.#events = this.size ? this.#events.slice(this.#at).concat(some) : some;
        this.#at = 0;
        this.#wake();
        while (this.size >= this.#most && !signal.aborted) {
          await new Promise<void>(resolve => {
            this.#room = resolve;
          });
        }
        if (signal.aborted) break;
      }
    } catch (error) {
      this.fail(error);
    }
    this.ended = true;
    this.#wake();
  }

  /** Takes the next event; undefined: none is there yet. Throws what ended the reading. */
  next(): StoredEvent | undefined {
    if (this.#failure) throw this.#failure.error;
    if (!this.size) return undefined;
    const event = this.#events[this.#at++];
    if (this.size < this.#most) this.#room();
    return event;
  }

  /** Resolves when something is to be done: `isAny` says so, or events have come, or the end. */
  async wait(isAny: () => boolean): Promise<void> {
    if (this.size || this.ended || this.stopped || this.#failure || isAny()) return;
    await new Promise<void>(resolve => {
      this.#wake = resolve;
    });
  }

  /** Whoever waits or takes next is told of this error. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wake();
  }

  wake(): void {
    this.#wake();
  }

  stop(): void {
    this.#stopping.abort();
    this.#wake();
    this.#room();
  }
}
