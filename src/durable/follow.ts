/** Where readers of a log wait: for a write of this process, for a time, for their signal. */
export class Waiting {
  /** How many times somebody has told. */
  count = 0;
  closed = false;
  readonly #waiting = new Set<() => void>();

  /** Resolves when somebody has told since `count` was so many; at the latest after `ms`. */
  wait(count: number, signal: AbortSignal, ms: number): Promise<void> {
    return new Promise(resolve => {
      if (this.count !== count || this.closed || signal.aborted) return resolve();
      const done = () => {
        this.#waiting.delete(done);
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = ms < Infinity ? setTimeout(done, ms) : undefined;
      signal.addEventListener('abort', done);
      this.#waiting.add(done);
    });
  }

  tell(): void {
    this.count++;
    for (const done of [...this.#waiting]) done();
  }

  close(): void {
    this.closed = true;
    this.tell();
  }
}

/** How long to wait between two looks at what another process may write, in milliseconds. */
export interface Pauses {
  readonly least: number;
  readonly most: number;
}

/**
 * What `next` finds, then what comes, until the signal aborts or the log is closed. Without a
 * signal it ends as soon as `next` finds nothing.
 */
export async function* follow<T>(
  next: () => readonly T[] | Promise<readonly T[]>,
  waiting: Waiting,
  signal: AbortSignal | undefined,
  pauses: Pauses = { least: Infinity, most: Infinity },
): AsyncGenerator<readonly T[]> {
  let pause = pauses.least;
  while (!signal?.aborted && !waiting.closed) {
    const { count } = waiting;
    const found = await next();
    if (found.length) {
      pause = pauses.least;
      yield found;
    } else if (!signal) return;
    else {
      await waiting.wait(count, signal, pause);
      pause = Math.min(2 * pause, pauses.most);
    }
  }
}
