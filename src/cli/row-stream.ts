import { mismatch, RecurError } from '../errors.js';
import type { LoadedLayer } from '../io/loaded-layer.js';
import { backendOf } from '../streams/backend.js';
import type { AnyCell } from '../streams/cell.js';
import { graphOf, weightsOf } from '../streams/digest.js';
import { keyedStates } from '../streams/keyed-states.js';
import { layerSignature } from '../streams/model.js';
import { settler } from '../streams/settle.js';
import type { KeyedStates } from '../streams/slot-states.js';
import { checkFits, Snapshot } from '../streams/snapshot.js';
import type { Columns } from './columns.js';
import { eventOf, numbersOf, type Size, totalOf } from './ports.js';
import type { Fields } from './rows.js';
import type { Position } from './state-file.js';
import { unusable } from './stop.js';

/** What goes out for one row. */
export interface Answer {
  /** The kept fields as they are written. */
  readonly kept: readonly string[];
  /** The outputs, and those of the steps ahead; the next answer overwrites it. */
  readonly y: Float32Array;
}

export interface RowStreamOptions {
  /** Each key has a stream of its own, which begins with its first row. */
  readonly keyed: boolean;
  /** Steps to go on from each row, on the outputs. */
  readonly ahead: number;
}

/** A model in a stream of rows, or in one for each key. */
export class RowStream {
  readonly #cell: AnyCell;
  readonly #states: KeyedStates;
  readonly #slots = new Map<string, number>();
  readonly #changed = new Set<string>();
  readonly #ahead: number;
  readonly #event: (x: Float32Array) => unknown;
  /** One vector of a record of inputs. */
  readonly #settle: (x: unknown) => unknown;
  readonly #numbers: (y: unknown) => Float32Array;
  readonly #outputs: Float32Array;
  #rows = 0;

  constructor({ cell }: LoadedLayer, { keyed, ahead }: RowStreamOptions) {
    const { inputSize, outputSize } = cell as { inputSize: Size; outputSize: Size };
    this.#cell = cell;
    this.#states = keyedStates(cell, { most: 1 });
    this.#ahead = ahead;
    this.#event = eventOf(inputSize);
    this.#settle = settler(cell, true);
    this.#numbers = numbersOf(outputSize);
    this.#outputs = new Float32Array(totalOf(outputSize) * (1 + ahead));
    if (!keyed) this.#go('', this.#states.open(undefined));
  }

  /** Goes on from a position; throws a Stop if it is of a model of another shape. */
  restore({ rows, states }: Position, path: string): void {
    try {
      for (const [key, snapshot] of states) {
        checkFits(snapshot, this.#cell);
        const { state, batch } = snapshot;
        this.#go(key, this.#states.open(state, { batch }));
      }
    } catch (error) {
      throw unusable(`state file ${path}: ${(error as Error).message}; it is left as it is`);
    }
    this.#rows = rows;
  }

  /** The answer to a row. Throws a RecurError for a bad one, and is then where it was before it. */
  answer(fields: Fields, columns: Columns): Answer {
    const x = this.#event(columns.input(fields));
    const kept = columns.kept(fields);
    const key = columns.key(fields);
    const old = columns.resets(fields) ? undefined : this.#slots.get(key);
    const states = this.#states;
    if (old !== undefined && !this.#ahead) {
      const y = checkFinite(this.#numbers(states.stepOne(old, this.#settle(x))));
      states.commitOne(old);
      this.#changed.add(key);
      return { kept, y };
    }
    const slot = old === undefined ? states.open(undefined) : this.#copy(old);
    let y: Float32Array;
    try {
      y = this.#step(slot, x);
    } catch (error) {
      states.close(slot);
      throw error;
    }
    this.#go(key, slot);
    return { kept, y };
  }

  /** Counts a row, answered or not. */
  count(): void {
    this.#rows++;
  }

  /** Where the stream is: its rows, and the states that have changed since the last call. */
  position(): Position {
    const cell = this.#cell;
    const layer = layerSignature(cell);
    const header = { layer, graph: graphOf(cell), weights: weightsOf(cell) };
    const states = new Map<string, Snapshot>();
    for (const key of this.#changed) {
      const slot = this.#slots.get(key) as number;
      const batch = this.#states.batch(slot);
      const state = this.#states.state(slot);
      states.set(key, new Snapshot({ backend: backendOf(cell), batch, ...header }, state));
    }
    this.#changed.clear();
    return { rows: this.#rows, states };
  }

  /** A key goes on in a slot, and its last one is free. */
  #go(key: string, slot: number): void {
    const old = this.#slots.get(key);
    this.#slots.set(key, slot);
    this.#changed.add(key);
    if (old !== undefined) this.#states.close(old);
  }

  #copy(slot: number): number {
    return this.#states.open(this.#states.state(slot), { batch: this.#states.batch(slot) });
  }

  /** Steps a slot, and then a copy of it, each time on the output before. */
  #step(slot: number, x: unknown): Float32Array {
    const states = this.#states;
    const outputs = this.#outputs;
    const once = (at: number, input: unknown, i: number) => {
      const y = states.stepOne(at, this.#settle(input));
      const numbers = checkFinite(this.#numbers(y));
      outputs.set(numbers, i * numbers.length);
      states.commitOne(at);
      return y;
    };
    let y = once(slot, x, 0);
    if (!this.#ahead) return outputs;
    const copy = this.#copy(slot);
    try {
      for (let i = 1; i <= this.#ahead; i++) y = once(copy, y, i);
    } finally {
      states.close(copy);
    }
    return outputs;
  }
}

/** A model may overflow on numbers that are finite. */
export function checkFinite(y: Float32Array): Float32Array {
  for (let i = 0; i < y.length; i++) {
    if (!Number.isFinite(y[i])) {
      throw mismatch(`answer [${i}]`, 'a finite number', String(y[i]));
    }
  }
  return y;
}

/** Rethrows what is no RecurError: a fault, not a bad row. */
export function asBadRow(error: unknown): string {
  if (error instanceof RecurError) return error.message;
  throw error;
}
