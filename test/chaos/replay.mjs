// What one uninterrupted, sequential run over a partition's events gives: each event alone, each
// key by a stream of its own.
import { textOf } from './records.mjs';

/**
 * `changes`: what was asked for from outside, in order, each with the number of turns before it:
 * `{ at, set }`, `{ at, gone }`, or `{ at, key, state }`.
 */
export function replay(job, partition, events, changes = []) {
  const run = new Run(job, partition, changes);
  for (const event of events) run.take(event);
  run.change(Number.POSITIVE_INFINITY);
  const states = new Map([...run.keys].map(([key, { stream }]) => [key, stream.state()]));
  const { answers, faults, dropped } = run;
  return { answers, states, faults, dropped };
}

class Run {
  answers = [];
  dropped = 0;
  faults = [];
  /** In the order of their last use. */
  keys = new Map();
  #job;
  #partition;
  #changes;
  #set = 0;
  #now = 0;
  #latest = Number.NEGATIVE_INFINITY;
  #waiting = [];

  constructor(job, partition, changes) {
    this.#job = job;
    this.#partition = partition;
    this.#changes = [...changes];
  }

  take({ key, offset, time, value }) {
    const own = JSON.parse(textOf(value));
    const event = { key, offset, time, value: own };
    const { late = 'arrival', lateness } = this.#job;
    if (late === 'arrival') return this.#step(event);
    if (own.at < this.#latest - lateness) {
      if (late === 'drop') this.dropped++;
      else this.#answer(event, { kind: 'late' });
      return;
    }
    this.#latest = Math.max(this.#latest, own.at);
    if (late !== 'reorder') return this.#step(event);
    this.#waiting.push(event);
    this.#waiting.sort((a, b) => a.value.at - b.value.at || a.offset - b.offset);
    while (this.#waiting.length && this.#waiting[0].value.at <= this.#latest - lateness) {
      this.#step(this.#waiting.shift());
    }
  }

  /** Does what was asked for before this turn. */
  change(turn) {
    for (; this.#changes.length && this.#changes[0].at <= turn; this.#changes.shift()) {
      const [{ set, gone, key, state }] = this.#changes;
      if (set !== undefined) {
        this.#set = set;
        for (const { stream } of this.keys.values()) stream.use(set);
      } else if (gone !== undefined) this.keys.delete(gone);
      else {
        this.keys.delete(key);
        this.keys.set(key, { stream: this.#job.open(this.#set, state.value), last: state.time });
        // It counts as used when the last event was stepped.
        const isThen = !this.#job.idle || !this.#now || state.time === this.#now;
        if (!isThen) this.faults.push(`${key} is imported as of ${state.time}, not ${this.#now}`);
      }
    }
  }

  #answer({ key, offset }, what) {
    this.change(this.answers.length);
    const id = `${this.#job.name}:${this.#partition}:${this.answers.length}:0`;
    this.answers.push({ id, key, offset, ...what });
  }

  #step(event) {
    this.change(this.answers.length);
    const { key, time, value } = event;
    const { idle, resets, evicts, refuses, isBorn } = this.#job;
    this.#now = Math.max(this.#now, time);
    for (const [other, { last }] of this.keys) {
      if (idle && last + idle <= this.#now) this.keys.delete(other);
    }
    const before = resets && value.reset && this.keys.get(key);
    if (before) before.stream = this.#job.open(this.#set);
    if (evicts && value.evict) this.keys.delete(key);
    const isRefused = refuses(value);
    const own = isRefused && !isBorn ? undefined : this.#use(key);
    this.#answer(event, isRefused ? { kind: 'poison' } : { y: own.stream.step(value) });
  }

  /** A key is used now, and begins if it has no state. */
  #use(key) {
    const own = this.keys.get(key) ?? { stream: this.#job.open(this.#set) };
    this.keys.delete(key);
    const { maxKeys = Number.POSITIVE_INFINITY } = this.#job;
    for (const oldest of this.keys.keys()) {
      if (own.last !== undefined || this.keys.size < maxKeys) break;
      this.keys.delete(oldest);
    }
    this.keys.set(key, own);
    own.last = this.#now;
    return own;
  }
}
