import { mismatch, RecurError } from '../errors.js';
import type { LoadedLayer } from '../io/loaded-layer.js';
import { type Session, sessions } from '../streams/session.js';
import type { Answer } from './answers.js';
import type { Columns } from './columns.js';
import { eventOf, numbersOf, type Size } from './ports.js';
import type { Fields } from './rows.js';
import type { Position } from './state-file.js';
import { unusable } from './stop.js';

/** A model in a stream of rows. */
export class RowStream {
  readonly #session: Session;
  readonly #event: (x: Float64Array) => unknown;
  #rows = 0;

  constructor(layer: LoadedLayer) {
    const { inputSize, outputSize }: { inputSize: Size; outputSize: Size } = layer;
    const numbers = numbersOf(outputSize);
    const project = (y: unknown) => checkFinite(numbers(y));
    this.#session = sessions('run', layer, { reuse: true, project }).start();
    this.#event = eventOf(inputSize);
  }

  /** Goes on from a position; throws a Stop if it is of a model of another shape. */
  restore({ rows, snapshot }: Position, path: string): void {
    try {
      this.#session.restore(snapshot);
    } catch (error) {
      throw unusable(`state file ${path}: ${(error as Error).message}; it is left as it is`);
    }
    this.#rows = rows;
  }

  /**
   * The answer to a row; its `y` is overwritten by the next one. Throws a RecurError for a bad
   * row, and is then where it was before it.
   */
  answer(fields: Fields, columns: Columns): Answer {
    const x = this.#event(columns.input(fields));
    const kept = columns.kept(fields);
    const before = columns.resets(fields) ? this.#session.snapshot() : undefined;
    if (before) this.#session.reset();
    try {
      return { kept, y: this.#session.step(x) as Float32Array };
    } catch (error) {
      if (before) this.#session.restore(before);
      throw error;
    }
  }

  /** Counts a row, answered or not. */
  count(): void {
    this.#rows++;
  }

  position(): Position {
    return { rows: this.#rows, snapshot: this.#session.snapshot() };
  }
}

/** A model may overflow on numbers that are finite. */
function checkFinite(y: Float32Array): Float32Array {
  const at = y.findIndex(value => !Number.isFinite(value));
  if (at >= 0) throw mismatch(`answer [${at}]`, 'a finite number', String(y[at]));
  return y;
}

/** Rethrows what is no RecurError: a fault, not a bad row. */
export function asBadRow(error: unknown): string {
  if (error instanceof RecurError) return error.message;
  throw error;
}
