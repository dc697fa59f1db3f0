import { setImmediate } from 'node:timers/promises';
import type { Output } from './output.js';
import type { Progress } from './progress.js';
import { unlessStopped } from './signals.js';
import type { StateKeeper } from './state-keeper.js';

/** Characters after which answers go out: well within the 4096 bytes that a pipe takes whole. */
const enough = 2048;
/** Milliseconds for which answers are held back, and signals have to wait, at most. */
const patience = 10;
/** Milliseconds that a reader who has stopped reading is given when a signal ends the command. */
const grace = 1000;

/**
 * Answers on their way out: gathered while their rows come in one go, and written before the next
 * are read.
 */
export class Delivery {
  readonly #output: Output;
  readonly #progress: Progress;
  readonly #stop: AbortSignal;
  readonly #keeper: StateKeeper | undefined;
  #text = '';
  #turned = performance.now();

  /** `keeper` is told how far the answers have gone out. */
  constructor(
    output: Output,
    progress: Progress,
    stop: AbortSignal,
    keeper: StateKeeper | undefined,
  ) {
    this.#output = output;
    this.#progress = progress;
    this.#stop = stop;
    this.#keeper = keeper;
  }

  add(text: string): void {
    this.#text += text;
  }

  get due(): boolean {
    return this.#text.length >= enough || performance.now() - this.#turned > patience;
  }

  /** Waits for a write, but not for ever if a signal ends the command. */
  unlessStopped(write: Promise<void>): Promise<void> {
    return unlessStopped(this.#stop, write, grace);
  }

  /**
   * Writes what there is, waits until it has gone out, and lets signals and timers in. At the
   * `end` it writes in any case: a file without answers loses what it held.
   */
  async flush({ end = false } = {}): Promise<void> {
    const text = this.#text;
    const position = this.#keeper?.position();
    this.#text = '';
    if (text || end) {
      this.#keeper?.begin();
      const write = () => this.#output.write(text);
      await this.unlessStopped(this.#progress.aside('stdout', write));
    }
    if (position) this.#keeper?.reach(position);
    if (performance.now() - this.#turned > patience) {
      await setImmediate();
      this.#turned = performance.now();
    }
    this.#stop.throwIfAborted();
  }
}
