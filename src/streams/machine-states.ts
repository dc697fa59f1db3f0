import type { Machine } from './any-machine.js';
import { type AnyCell, internals } from './cell.js';
import type { KeyedOptions, KeyedStates } from './slot-states.js';
import type { Batch } from './state.js';
import { copyValue } from './values.js';

/** A machine a stream: for models with plain functions, whose state may be anything. */
export class MachineStates implements KeyedStates {
  readonly shape = undefined;
  cell: AnyCell;
  readonly #options: KeyedOptions;
  #machines: (Machine | undefined)[] = [];
  readonly #closed: number[] = [];
  readonly #inputs: unknown[] = [];
  readonly #outputs: unknown[] = [];
  #slots: readonly number[] = [];

  constructor(cell: AnyCell, options: KeyedOptions) {
    this.cell = cell;
    this.#options = options;
  }

  batch(slot: number): Batch {
    return this.#machines[slot]?.batch ?? null;
  }

  open(state: unknown, restored?: { readonly batch: Batch }): number {
    const machine = this.#start(this.cell, state, restored);
    const slot = this.#closed.pop() ?? this.#machines.length;
    this.#machines[slot] = machine;
    return slot;
  }

  close(slot: number): void {
    this.#machines[slot]?.release();
    this.#machines[slot] = undefined;
    this.#closed.push(slot);
  }

  state(slot: number): unknown {
    return this.#machines[slot]?.state();
  }

  pack(): never {
    throw new Error('states that may be anything cannot be packed');
  }

  unpack(): never {
    return this.pack();
  }

  stepOne(slot: number, x: unknown): unknown {
    const machine = this.#machines[slot];
    machine?.rollback();
    return machine?.step(x);
  }

  commitOne(slot: number): void {
    this.#machines[slot]?.commit();
  }

  read(item: number, x: unknown): void {
    // What waits must not change meanwhile.
    this.#inputs[item] = this.#options.most > 1 ? copyValue(x) : x;
  }

  step(slots: readonly number[], first: number, count: number): void {
    this.#slots = slots;
    for (let i = first; i < first + count; i++) {
      this.#outputs[i] = this.stepOne(slots[i], this.#inputs[i]);
    }
  }

  output(item: number): unknown {
    return this.#outputs[item];
  }

  commit(item: number): void {
    this.#machines[this.#slots[item]]?.commit();
  }

  use(cell: AnyCell): void {
    const machines: (Machine | undefined)[] = [];
    try {
      for (const old of this.#machines) {
        machines.push(old && this.#start(cell, old.state(), { batch: old.batch }));
      }
    } catch (error) {
      for (const machine of machines) machine?.release();
      throw error;
    }
    this.end();
    this.#machines = machines;
    this.cell = cell;
  }

  end(): void {
    for (const machine of this.#machines) machine?.release();
    this.#machines.length = 0;
  }

  #start(cell: AnyCell, state: unknown, restored?: { readonly batch: Batch }): Machine {
    const { backend, transferable } = this.#options;
    const origin = restored ? { restored: true, batch: restored.batch } : { finite: true };
    return cell[internals].start(state, { backend, transferable, ...origin });
  }
}
