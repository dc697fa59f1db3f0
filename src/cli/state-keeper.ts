import type { Snapshot } from '../streams/snapshot.js';
import type { Output } from './output.js';
import { OutputFile } from './output-file.js';
import type { Position, StateFile } from './state-file.js';

interface Parts {
  readonly file: StateFile;
  readonly output: Output;
  /** Where the stream is, with the states that have changed since it was asked last. */
  readonly position: () => Position;
  /** Between two saves. */
  readonly seconds: number;
  /** Ends the command where a save fails on the way. */
  readonly stop: AbortController;
}

/** How far answers have gone out: rows, and the bytes of the output's file where these end. */
interface Reached {
  readonly rows: number;
  readonly bytes: number | undefined;
}

/**
 * Saves where the answers that have gone out end: before the first of them, every so often, and
 * when the command ends. At each moment the answers after the last save can be cut off a file.
 */
export class StateKeeper {
  readonly #parts: Parts;
  readonly #timer: NodeJS.Timeout;
  #begun = false;
  #reached: Reached;
  #saved: Reached;
  /** The states at what was reached. */
  readonly #states = new Map<string, Snapshot>();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#reached = this.#saved = this.#reach(parts.position());
    this.#timer = setInterval(() => {
      try {
        if (this.#reached !== this.#saved) this.#save();
      } catch (error) {
        parts.stop.abort(error);
      }
    }, parts.seconds * 1000);
  }

  /** Before answers go out. A file's first ones could not be told from those before otherwise. */
  begin(): void {
    if (!this.#begun && this.#bytes !== undefined) this.#save();
    this.#begun = true;
  }

  /** The answers of all rows up to this position have gone out. */
  reach(position: Position): void {
    this.#reached = this.#reach(position);
  }

  position(): Position {
    return this.#parts.position();
  }

  /** The end of the command; `finished` if that is the end of the rows. */
  end(finished: boolean): void {
    clearInterval(this.#timer);
    if (finished || this.#reached !== this.#saved) this.#save(finished);
  }

  get #bytes(): number | undefined {
    const { output } = this.#parts;
    return output instanceof OutputFile ? output.length : undefined;
  }

  #reach({ rows, states }: Position): Reached {
    for (const [key, snapshot] of states) this.#states.set(key, snapshot);
    return { rows, bytes: this.#bytes };
  }

  #save(finished = false): void {
    this.#saved = this.#reached;
    const { file, output } = this.#parts;
    const { rows, bytes = 0 } = this.#reached;
    const end = output instanceof OutputFile ? output.end(bytes) : undefined;
    file.write({ rows, states: this.#states, output: end, finished });
  }
}
