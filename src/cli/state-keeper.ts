import type { Output } from './output.js';
import { OutputFile } from './output-file.js';
import type { Position, StateFile } from './state-file.js';

interface Parts {
  readonly file: StateFile;
  readonly output: Output;
  /** Where the stream is. */
  readonly position: () => Position;
  /** Between two saves. */
  readonly seconds: number;
  /** Ends the command where a save fails on the way. */
  readonly stop: AbortController;
}

/** A position, and the bytes of the output's file whose answers end there. */
interface Reached {
  readonly position: Position;
  readonly bytes: number | undefined;
}

/**
 * Saves where the answers that have gone out end: before the first of them, every so often, and
 * when the command ends. At each moment the answers after the last save can be cut off a file.
 */
export class StateKeeper {
  readonly #parts: Parts;
  readonly #timer: NodeJS.Timeout;
  readonly #start: Reached;
  #begun = false;
  #reached: Reached | undefined;
  #saved: Reached | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#start = { position: parts.position(), bytes: this.#bytes };
    this.#timer = setInterval(() => {
      try {
        if (this.#reached !== this.#saved) this.#save(this.#reached);
      } catch (error) {
        parts.stop.abort(error);
      }
    }, parts.seconds * 1000);
  }

  /** Before answers go out. A file's first ones could not be told from those before otherwise. */
  begin(): void {
    if (!this.#begun && this.#bytes !== undefined) this.#save(this.#start);
    this.#begun = true;
  }

  /** The answers of all rows up to this position have gone out. */
  reach(position: Position): void {
    this.#reached = { position, bytes: this.#bytes };
  }

  position(): Position {
    return this.#parts.position();
  }

  /** The end of the command; `finished` if that is the end of the rows. */
  end(finished: boolean): void {
    clearInterval(this.#timer);
    if (finished || this.#reached !== this.#saved) this.#save(this.#reached, finished);
  }

  get #bytes(): number | undefined {
    const { output } = this.#parts;
    return output instanceof OutputFile ? output.length : undefined;
  }

  #save(reached: Reached | undefined, finished = false): void {
    if (!reached) return;
    this.#saved = reached;
    const { file, output } = this.#parts;
    const { position, bytes = 0 } = reached;
    const end = output instanceof OutputFile ? output.end(bytes) : undefined;
    file.write({ ...position, output: end, finished });
  }
}
