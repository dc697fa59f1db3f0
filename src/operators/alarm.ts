import type { SchedulerLike, Subscription } from 'rxjs';

/** The longest that a timer of an engine can wait, in milliseconds; longer ones ring at once. */
const longest = 2 ** 31 - 1;

/** Rings when it is due by the scheduler's clock; when that is may change while it waits. */
export class Alarm {
  readonly #scheduler: SchedulerLike;
  readonly #due: () => number;
  readonly #ring: (time: number) => void;
  #action: Subscription | undefined;

  /** `due`: when it is to ring, Infinity for never; `ring` is told the time. */
  constructor(scheduler: SchedulerLike, due: () => number, ring: (time: number) => void) {
    this.#scheduler = scheduler;
    this.#due = due;
    this.#ring = ring;
  }

  /** Makes sure that it will ring. */
  set(): void {
    if (this.#action) return;
    const due = this.#due();
    if (due === Infinity) return;
    const wait = Math.max(0, due - this.#scheduler.now());
    let action: Subscription | undefined;
    let over = false;
    const wake = () => {
      over = true;
      action?.unsubscribe();
      this.#action = undefined;
      this.#wake(wait > longest ? -Infinity : due);
    };
    action = this.#scheduler.schedule(wake, Math.min(wait, longest));
    // Some schedulers do at once what need not wait.
    if (!over) this.#action = action;
  }

  stop(): void {
    this.#action?.unsubscribe();
    this.#action = undefined;
  }

  /** `reached`: it is that late at least, even where the clock lags behind its timers. */
  #wake(reached: number): void {
    const time = Math.max(this.#scheduler.now(), reached);
    if (this.#due() <= time) this.#ring(time);
    this.set();
  }
}
