/** Milliseconds between two drawings. */
const period = 250;
const eraseLine = '\r\u001b[K';

/** A line on stderr that counts rows while it is a terminal; nothing otherwise. */
export class Progress {
  rows = 0;
  skipped = 0;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #sharesTerminal: boolean;
  readonly #started = performance.now();
  #drawn = false;
  #aside = false;
  #last = { rows: 0, time: this.#started };

  /** `toStdout`: the answers go to stdout, perhaps to the same terminal. */
  constructor(toStdout: boolean) {
    this.#sharesTerminal = toStdout && process.stdout.isTTY;
    if (!process.stderr.isTTY) return;
    this.#timer = setInterval(() => {
      if (!this.#aside) this.#draw();
    }, period).unref();
  }

  /** Does other output, to stderr, or to stdout where that is the same terminal, in its place. */
  async aside(to: 'stdout' | 'stderr', output: () => Promise<void>): Promise<void> {
    if (!this.#timer || (to === 'stdout' && !this.#sharesTerminal)) return output();
    this.#aside = true;
    if (this.#drawn) await new Promise(resolve => process.stderr.write(eraseLine, resolve));
    this.#drawn = false;
    await output();
    this.#aside = false;
  }

  /** The last line, with the rate over all of the time. */
  end(): void {
    if (!this.#timer) return;
    clearInterval(this.#timer);
    this.#last = { rows: 0, time: this.#started };
    this.#draw();
    process.stderr.write('\n');
    this.#drawn = false;
  }

  #draw(): void {
    const time = performance.now();
    const seconds = Math.max(time - this.#last.time, 1) / 1000;
    const rate = Math.round((this.rows - this.#last.rows) / seconds);
    this.#last = { rows: this.rows, time };
    const skipped = this.skipped ? `, ${grouped(this.skipped)} skipped` : '';
    process.stderr.write(
      `${eraseLine}${grouped(this.rows)} rows, ${grouped(rate)} rows/s${skipped}`,
    );
    this.#drawn = true;
  }
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}
