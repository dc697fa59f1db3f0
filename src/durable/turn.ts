import type { LogEvent } from './event.js';

/** How events are treated whose time is behind that of others. */
export type Late = 'arrival' | 'reorder' | 'drop' | 'side output';

export interface TurnConfig {
  /** When an event happened, in milliseconds; else when it was appended. */
  readonly time?: ((event: LogEvent<never>) => number) | undefined;
  readonly late: Late;
  /** Milliseconds by which an event may be behind the latest one. */
  readonly lateness: number;
}

/** An event whose time is known. */
export interface Timed {
  readonly event: LogEvent;
  readonly time: number;
}

/** Whose turn it is: events in the order of their log, or of their own times. */
export class Turn {
  readonly #config: TurnConfig;
  /** The largest time so far. */
  time: number;
  /** Those that wait, in the order of their times. */
  #waiting: Timed[] = [];

  constructor(config: TurnConfig, time = Number.NEGATIVE_INFINITY) {
    this.#config = config;
    this.time = time;
  }

  /** Offsets of those that wait. */
  get waiting(): number[] {
    return this.#waiting.map(({ event }) => event.offset).sort((a, b) => a - b);
  }

  timeOf(event: LogEvent): number {
    const { time } = this.#config;
    return time ? time(event as LogEvent<never>) : event.time;
  }

  /** True for an event that comes too late: it has no turn. */
  isLate(time: number): boolean {
    const { late, lateness } = this.#config;
    return late !== 'arrival' && time < this.time - lateness;
  }

  /** Takes an event; `next` gives those whose turn it is. */
  take(timed: Timed): void {
    if (timed.time > this.time) this.time = timed.time;
    if (this.#config.late === 'reorder') this.wait(timed);
    else this.#waiting.push(timed);
  }

  /** True where it is somebody's turn. */
  get isDue(): boolean {
    const [first] = this.#waiting;
    const { late, lateness } = this.#config;
    return first !== undefined && (late !== 'reorder' || first.time <= this.time - lateness);
  }

  /** The next whose turn it is. */
  next(): LogEvent | undefined {
    return this.isDue ? this.#waiting.shift()?.event : undefined;
  }

  /** An event waits again, after a restart. */
  wait(timed: Timed): void {
    let at = this.#waiting.length;
    while (at > 0 && this.#waiting[at - 1].time > timed.time) at--;
    this.#waiting.splice(at, 0, timed);
  }
}
