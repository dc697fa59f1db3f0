import type { Delivery } from './delivery.js';
import type { Position, StateFile } from './state-file.js';

/** Saves where the answers that have gone out end: every so often, and when the command ends. */
export class StateKeeper {
  readonly #file: StateFile;
  readonly #delivery: Delivery;
  readonly #timer: NodeJS.Timeout;
  #saved: Position | undefined;

  /** A save that fails on the way ends the command through `stop`. */
  constructor(file: StateFile, delivery: Delivery, seconds: number, stop: AbortController) {
    this.#file = file;
    this.#delivery = delivery;
    this.#timer = setInterval(() => {
      try {
        this.#save();
      } catch (error) {
        stop.abort(error);
      }
    }, seconds * 1000);
  }

  end(): void {
    clearInterval(this.#timer);
    this.#save();
  }

  #save(): void {
    const { written } = this.#delivery;
    if (!written || written === this.#saved) return;
    this.#saved = written;
    this.#file.write(written);
  }
}
