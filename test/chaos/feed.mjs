// Appends events as they would come, and knows what is acknowledged.
import { setTimeout as delay } from 'node:timers/promises';
import { partitionOf } from '../../dist/durable.js';
import { drawValue, partitions } from './jobs.mjs';

const bytesOf = value => new TextEncoder().encode(value);

export class Feed {
  /** What each partition has, as `key value`. */
  fed = Array.from({ length: partitions }, () => []);
  /** Appends that were refused, and done again. */
  retries = 0;
  #chaos;
  #keys;
  #rate;
  #isOver = false;
  #pause;
  #active = 0;
  #done;
  #start = performance.now();

  constructor(chaos, { keys, rate }) {
    this.#chaos = chaos;
    this.#keys = keys;
    this.#rate = rate;
  }

  begin() {
    this.#done = this.#run();
  }

  async end() {
    this.#isOver = true;
    await this.#done;
  }

  /** Nothing is appended while this work is done. */
  async paused(work) {
    let go;
    this.#pause = new Promise(resolve => {
      go = resolve;
    });
    while (this.#active) await delay(5);
    try {
      return await work();
    } finally {
      this.#pause = undefined;
      go();
    }
  }

  /** Does something with the log, unless others do. */
  async #do(work) {
    while (this.#pause) await this.#pause;
    this.#active++;
    try {
      return await work(this.#chaos.logs.log);
    } finally {
      this.#active--;
    }
  }

  async #run() {
    const { next } = this.#chaos;
    for (let tick = 0; !this.#isOver; tick++) {
      const by = Array.from({ length: partitions }, () => []);
      // Keys come and go: the range moves, so that states grow idle.
      const first = Math.floor(tick / 10) * 7;
      for (let i = 0; i < this.#rate / 20; i++) {
        const key = `k${(first + Math.floor(next() * this.#keys)) % (2 * this.#keys)}`;
        const value = JSON.stringify(drawValue(next, performance.now() - this.#start));
        by[partitionOf(key, partitions)].push({ key, value });
      }
      await Promise.all(by.map((events, p) => events.length && this.#append(p, events)));
      await delay(50);
    }
  }

  /** Appends until it is known that they are there. */
  async #append(p, events) {
    const before = this.fed[p].length;
    const stored = events.map(({ key, value }) => ({ key, value: bytesOf(value) }));
    for (let done = 0, isSure = true; done < events.length; ) {
      // What nobody has answered may still come: the rest follows what is there, or nothing.
      const after = isSure ? undefined : before + done;
      try {
        await this.#do(log => log.append(p, stored.slice(done), after));
        done = events.length;
      } catch (error) {
        const isOthers = !isSure && error.name === 'FencedError';
        if (!isOthers && !this.#chaos.mayRefuse(error)) throw error;
        this.retries++;
        isSure = false;
        await delay(50 + 100 * this.#chaos.next());
        done = (await this.#lastOffset(p)) - before;
      }
    }
    this.fed[p].push(...events.map(({ key, value }) => `${key} ${value}`));
  }

  async #lastOffset(p) {
    for (;;) {
      try {
        return await this.#do(log => log.lastOffset(p));
      } catch (error) {
        if (!this.#chaos.mayRefuse(error)) throw error;
        await delay(100);
      }
    }
  }
}
