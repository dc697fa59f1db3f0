import type { Backend } from '../kernels/backends.js';
import type { AnyCell } from './cell.js';
import type { Batch, StateShape } from './state.js';

/** The states of many streams through one model; a slot is a stream's number. */
export interface KeyedStates {
  /** The model, with its present parameters. */
  readonly cell: AnyCell;
  /** Of states that are vectors: what a packed one holds. Undefined: states may be anything. */
  readonly shape: StateShape | undefined;
  /** A stream at a state (undefined: the initial one), or at a snapshot's, of its batch. */
  open(state: unknown, restored?: { readonly batch: Batch }): number;
  close(slot: number): void;
  /** A copy of a stream's state, in the cell's public form. */
  state(slot: number): unknown;
  /** The states of streams, one packed block after another. Only where there is a shape. */
  pack(slots: readonly number[]): Float32Array<ArrayBuffer>;
  /** A stream at each of the states that `pack` has packed; their slots. Only where it can. */
  unpack(packed: Float32Array): number[];
  batch(slot: number): Batch;
  /** Steps one stream by a `settled` input; what came out. The stream goes on at `commitOne`. */
  stepOne(slot: number, x: unknown): unknown;
  commitOne(slot: number): void;
  /** Copies a `settled` input, which may wait: `item` is its number among those that wait. */
  read(item: number, x: unknown): void;
  /**
   * Steps streams, all different: slots[i] by input i, from `first` on, `count` of them. Throws,
   * nothing done, where the step of one of them would.
   */
  step(slots: readonly number[], first: number, count: number): void;
  /** What came out for an input that was stepped. */
  output(item: number): unknown;
  /** The stream of an input goes on to its next state. */
  commit(item: number): void;
  /** Goes on with the same model with other parameters; no input may wait. */
  use(cell: AnyCell): void;
  /** Gives everything back. */
  end(): void;
}

export interface KeyedOptions {
  readonly backend?: Backend | undefined;
  /** Inputs that may wait at once. */
  readonly most: number;
  readonly transferable?: boolean | undefined;
}
