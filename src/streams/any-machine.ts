import type { NdArray } from '../arrays/ndarray.js';
import type { Rows } from '../code/places.js';
import type { Backend } from '../kernels/backends.js';
import type { Batch, Blocks, Origin } from './state.js';

/**
 * A model at one place in one stream. `step` is tentative: steps build on each other, and what
 * the machine answers for (`state`, `batch`) changes only at `commit`; `rollback` forgets them.
 */
export interface Machine {
  /** The input is `settled`, or a function's own affair. */
  step(x: unknown): unknown;
  /** Steps a whole sequence at once, if it can; false: it did nothing, for `step` to say why. */
  sequence?(steps: Sequence): boolean;
  commit(): void;
  rollback(): void;
  /** On from the place of another machine of the same model, its tentative steps included. */
  follow(other: Machine): void;
  /** A copy of the committed state, in the cell's public form. */
  state(): unknown;
  readonly batch: Batch;
  /** Gives back its room. It must not be used again. */
  release(): void;
  /** Takes a whole chunk, in the form in which it came, and answers in that form. */
  chunk?(cell: unknown, steps: readonly unknown[] | NdArray): unknown;
  /** Where its state is and of which batch, tentative steps included. */
  readonly blocks?: Blocks & { readonly batch: Batch };
}

/** Vectors to step one after another: some of them in, and out again, in a memory. */
export interface Sequence {
  readonly count: number;
  /** Inputs first … first + count into rows; false: one is not finite or not of the rows' size. */
  read(
    first: number,
    count: number,
    memory: Float32Array,
    rows: Rows,
    /** True: who runs them refuses what is not finite. */
    isChecked?: boolean,
  ): boolean;
  /** Outputs first … first + count of so many. */
  write(first: number, count: number, memory: Float32Array, rows: Rows, total: number): void;
}

export interface StartOptions extends Origin {
  /** Emit one reused view instead of distinct arrays. */
  readonly reuse?: boolean | undefined;
  /** Emit arrays that share no buffer. */
  readonly transferable?: boolean | undefined;
}

/** How a machine starts. */
export interface BirthOptions extends StartOptions {
  /** Pins the backend. */
  readonly backend?: Backend | undefined;
}
