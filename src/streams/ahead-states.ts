import { asRecurError } from '../errors.js';
import type { Forecast } from './ahead.js';
import type { AnyCell } from './cell.js';
import { keyedStates } from './keyed-states.js';
import { settler } from './settle.js';
import type { KeyedOptions, KeyedStates } from './slot-states.js';
import type { Batch, StateShape } from './state.js';
import { copyValue } from './values.js';

/** Keyed states whose outputs are forecasts: each output, and those of so many steps after it. */
export function aheadStates(steps: number) {
  return (cell: AnyCell, options: KeyedOptions): KeyedStates =>
    new AheadStates(cell, options, steps);
}

/** Looks ahead on copies of the states, which are kept apart: the streams never notice. */
class AheadStates implements KeyedStates {
  readonly #live: KeyedStates;
  readonly #copies: KeyedStates;
  readonly #steps: number;
  #settle: (x: unknown) => unknown;
  /** Inputs that wait, and the streams that took their step together. */
  readonly #inputs: unknown[] = [];
  #slots: readonly number[] = [];

  constructor(cell: AnyCell, options: KeyedOptions, steps: number) {
    this.#live = keyedStates(cell, options);
    this.#copies = keyedStates(cell, { ...options, most: 1 });
    this.#steps = steps;
    this.#settle = settler(cell, true);
  }

  get cell(): AnyCell {
    return this.#live.cell;
  }

  get shape(): StateShape | undefined {
    return this.#live.shape;
  }

  open(state: unknown, restored?: { readonly batch: Batch }): number {
    return this.#live.open(state, restored);
  }

  close(slot: number): void {
    this.#live.close(slot);
  }

  state(slot: number): unknown {
    return this.#live.state(slot);
  }

  pack(slots: readonly number[]): Float32Array<ArrayBuffer> {
    return this.#live.pack(slots);
  }

  unpack(packed: Float32Array): number[] {
    return this.#live.unpack(packed);
  }

  batch(slot: number): Batch {
    return this.#live.batch(slot);
  }

  stepOne(slot: number, x: unknown): Forecast<unknown> {
    return this.#forecast(slot, x, this.#live.stepOne(slot, x));
  }

  commitOne(slot: number): void {
    this.#live.commitOne(slot);
  }

  read(item: number, x: unknown): void {
    this.#live.read(item, x);
    this.#inputs[item] = copyValue(x);
  }

  step(slots: readonly number[], first: number, count: number): void {
    this.#live.step(slots, first, count);
    this.#slots = slots;
  }

  output(item: number): Forecast<unknown> {
    return this.#forecast(this.#slots[item], this.#inputs[item], this.#live.output(item));
  }

  commit(item: number): void {
    this.#live.commit(item);
  }

  use(cell: AnyCell): void {
    this.#live.use(cell);
    this.#copies.use(cell);
    this.#settle = settler(cell, true);
  }

  end(): void {
    this.#live.end();
    this.#copies.end();
  }

  /** A stream's state is still that before its step: a copy takes the step, and goes on from it. */
  #forecast(slot: number, x: unknown, y: unknown): Forecast<unknown> {
    const copies = this.#copies;
    const copy = copies.open(this.#live.state(slot), { batch: this.#live.batch(slot) });
    const ahead: unknown[] = [];
    try {
      for (let i = 0, input = x; i <= this.#steps; i++) {
        input = copies.stepOne(copy, i ? this.#settle(input) : input);
        copies.commitOne(copy);
        if (i) ahead.push(input);
      }
    } catch (error) {
      throw asRecurError(error, 'forecast');
    } finally {
      copies.close(copy);
    }
    return { y, ahead };
  }
}
