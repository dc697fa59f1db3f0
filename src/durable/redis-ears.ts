import { type Pauses, Waiting } from './follow.js';
import type { Link } from './redis-link.js';

/** How often to look without being told: it may be that nobody tells, in milliseconds. */
const told: Pauses = { least: 1000, most: 1000 };
const untold: Pauses = { least: 2, most: 50 };

interface Ear {
  readonly waiting: Waiting;
  readers: number;
}

/** Hears of appends to rows that are being followed: a message on a channel named as the row. */
export class Ears {
  readonly #link: Link;
  readonly #ears = new Map<string, Ear>();
  #isClosed = false;

  constructor(link: Link) {
    this.#link = link;
    const { redis } = link;
    redis.on('message', (channel: string) => this.#ears.get(channel)?.waiting.tell());
    redis.on('ready', () => void this.#hearAgain());
  }

  /** Where a reader of a row waits, and how often it has to look. */
  async listen(key: string) {
    let ear = this.#ears.get(key);
    if (!ear) this.#ears.set(key, (ear = { waiting: new Waiting(), readers: 0 }));
    if (this.#isClosed) ear.waiting.close();
    ear.readers++;
    const heard = ear;
    // Where the user may not subscribe, or there is no connection now.
    const isTold = await this.#link.redis.subscribe(key).then(
      () => true,
      () => false,
    );
    const stop = () => {
      if (--heard.readers || this.#ears.get(key) !== heard) return;
      this.#ears.delete(key);
      this.#link.redis.unsubscribe(key).catch(() => {});
    };
    return { waiting: ear.waiting, pauses: isTold ? told : untold, stop };
  }

  close(): void {
    this.#isClosed = true;
    for (const { waiting } of this.#ears.values()) waiting.close();
  }

  async #hearAgain(): Promise<void> {
    const keys = [...this.#ears.keys()];
    if (keys.length) await this.#link.redis.subscribe(...keys).catch(() => {});
    for (const { waiting } of this.#ears.values()) waiting.tell();
  }
}
