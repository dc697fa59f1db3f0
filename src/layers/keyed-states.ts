import { type NdArray, wrap } from '../arrays/ndarray.js';
import { Slab } from '../arrays/slab.js';
import { type AnyCell, internals } from '../equations/cell.js';
import type { Engine } from '../equations/engine.js';
import { readVector, refuseInput } from '../equations/inputs.js';
import type { Machine } from '../equations/machine.js';
import {
  type Batch,
  type Blocks,
  layOut,
  readState,
  type StateShape,
  writeState,
} from '../equations/state.js';
import { demand } from '../errors.js';
import type { Backend } from '../kernels/backends.js';
import { made } from './function-cell.js';
import { copyValue } from './values.js';

/** The states of many streams through one model; a slot is a stream's number. */
export interface KeyedStates {
  /** A stream at a state (undefined: the initial one), or at a snapshot's, of its batch. */
  open(state: unknown, restored?: { readonly batch: Batch }): number;
  close(slot: number): void;
  /** A copy of a stream's state, in the cell's public form. */
  state(slot: number): unknown;
  batch(slot: number): Batch;
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
  /** Gives everything back. */
  end(): void;
}

export interface KeyedOptions {
  readonly backend?: Backend | undefined;
  /** Inputs that may wait at once. */
  readonly most: number;
  readonly transferable?: boolean | undefined;
}

/** Keyed states of a model: in a slab where it is all equations, else a machine a key. */
export function keyedStates(cell: AnyCell, options: KeyedOptions): KeyedStates {
  const { engines, shape, initialState } = cell[internals];
  if (!engines || !shape) return new MachineStates(cell, options);
  return new SlabStates(engines.get(options.backend), shape, initialState, options);
}

/** States in the engine's memory, one block a stream and nothing else. */
class SlabStates implements KeyedStates {
  readonly #engine: Engine;
  readonly #shape: StateShape;
  readonly #where: string;
  readonly #initial: unknown;
  /** Where the slabs begin. */
  readonly #slabs: number[] = [];
  #opened = 0;
  readonly #closed: number[] = [];
  /** Inputs and outputs of those that wait, their slots and forms, and room for their states. */
  readonly #inputs: Float32Array;
  readonly #outputs: Float32Array;
  readonly #forms: (NdArray | undefined)[] = [];
  #slots: readonly number[] = [];
  readonly #states: number;
  readonly #most: number;
  readonly #outputSlab: Slab;

  constructor(
    engine: Engine,
    shape: StateShape,
    initial: unknown,
    { most, transferable }: KeyedOptions,
  ) {
    this.#engine = engine;
    this.#shape = shape;
    this.#initial = initial;
    [{ where: this.#where }] = engine.units;
    this.#most = most;
    this.#inputs = new Float32Array(most * engine.input.size);
    this.#outputs = new Float32Array(most * this.#output.size);
    this.#states = engine.pool.take(2 * most);
    this.#outputSlab = new Slab(transferable);
  }

  get #output() {
    const { outputs } = this.#engine;
    return outputs[outputs.length - 1];
  }

  batch(): Batch {
    return 0;
  }

  open(state: unknown, restored?: { readonly batch: Batch }): number {
    const begin = state === undefined && !restored ? made(this.#initial) : state;
    const given = readState(this.#shape, begin, {
      restored: restored !== undefined,
      batch: restored?.batch,
      finite: !restored,
    });
    demand(!given.batch, `${this.#where}.initialState`, 'the state of one stream', 'a batch');
    const slot = this.#closed.pop() ?? this.#opened++;
    const slab = slabOf(slot);
    const { pool } = this.#engine;
    this.#slabs[slab] ??= pool.take(slotsOf(slab));
    pool.memory.fill(0, this.#at(slot), this.#at(slot) + pool.block);
    layOut(given, this.#blocks(slot));
    return slot;
  }

  close(slot: number): void {
    this.#closed.push(slot);
    // The slot may be another key's next.
    this.#outputSlab.end();
  }

  state(slot: number): unknown {
    return writeState(this.#shape, this.#blocks(slot), 0);
  }

  read(item: number, x: unknown): void {
    const { size } = this.#engine.input;
    this.#forms[item] = readVector(this.#where, x, this.#inputs, item * size, size);
  }

  step(slots: readonly number[], first: number, count: number): void {
    this.#slots = slots;
    const { room } = this.#engine;
    for (let done = 0; done < count; done += room) {
      this.#some(first + done, Math.min(room, count - done));
    }
  }

  /** Steps items first … first + count, whose next states wait behind the present ones. */
  #some(first: number, count: number): void {
    const { input, pool } = this.#engine;
    const { memory, block } = pool;
    const now = this.#states + first * block;
    const next = now + this.#most * block;
    for (let j = 0; j < count; j++) {
      const from = this.#at(this.#slots[first + j]);
      memory.copyWithin(now + j * block, from, from + block);
      const x = (first + j) * input.size;
      copy(this.#inputs, x, memory, input.at + j * input.stride, input.size);
    }
    const odd = count === 1 ? this.#engine.step(now, next) : this.#engine.streams(now, next, count);
    if (odd) refuseInput(this.#engine, odd, count);
    const { at, stride, size } = this.#output;
    for (let j = 0; j < count; j++) {
      copy(memory, at + j * stride, this.#outputs, (first + j) * size, size);
    }
  }

  output(item: number): unknown {
    const { size } = this.#output;
    // Who keeps a key's output keeps nothing of another key.
    const y = this.#outputSlab.take(size, this.#slots[item]);
    copy(this.#outputs, item * size, y, 0, size);
    const array = this.#forms[item];
    return array ? wrap(y, [size], array) : y;
  }

  commit(item: number): void {
    const { memory, block } = this.#engine.pool;
    const from = this.#states + (this.#most + item) * block;
    memory.copyWithin(this.#at(this.#slots[item]), from, from + block);
  }

  end(): void {
    const { pool } = this.#engine;
    pool.give(this.#states, 2 * this.#most);
    for (const [slab, at] of this.#slabs.entries()) pool.give(at, slotsOf(slab));
    this.#slabs.length = 0;
  }

  #at(slot: number): number {
    const slab = slabOf(slot);
    const before = slab ? slotsOf(slab) : 0;
    return this.#slabs[slab] + (slot - before) * this.#engine.pool.block;
  }

  #blocks(slot: number): Blocks {
    const { pool, states } = this.#engine;
    const { memory, block } = pool;
    return { memory, at: this.#at(slot), block, offsets: states, streams: 1 };
  }
}

/** Slabs of 16, 16, 32, 64 … slots: each further one doubles them. */
const slabOf = (slot: number) => 32 - Math.clz32(slot >> 4);
const slotsOf = (slab: number) => 16 << Math.max(0, slab - 1);

function copy(from: Float32Array, at: number, to: Float32Array, start: number, n: number): void {
  for (let i = 0; i < n; i++) to[start + i] = from[at + i];
}

/** A machine a stream: for models with plain functions, whose state may be anything. */
class MachineStates implements KeyedStates {
  readonly #cell: AnyCell;
  readonly #options: KeyedOptions;
  readonly #machines: (Machine | undefined)[] = [];
  readonly #closed: number[] = [];
  readonly #inputs: unknown[] = [];
  readonly #outputs: unknown[] = [];
  #slots: readonly number[] = [];

  constructor(cell: AnyCell, options: KeyedOptions) {
    this.#cell = cell;
    this.#options = options;
  }

  batch(slot: number): Batch {
    return this.#machines[slot]?.batch ?? null;
  }

  open(state: unknown, restored?: { readonly batch: Batch }): number {
    const { backend, transferable } = this.#options;
    const origin = restored ? { restored: true, batch: restored.batch } : { finite: true };
    const machine = this.#cell[internals].start(state, { backend, transferable, ...origin });
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

  read(item: number, x: unknown): void {
    // What waits must not change meanwhile.
    this.#inputs[item] = this.#options.most > 1 ? copyValue(x) : x;
  }

  step(slots: readonly number[], first: number, count: number): void {
    this.#slots = slots;
    for (let i = first; i < first + count; i++) {
      const machine = this.#machines[slots[i]];
      machine?.rollback();
      this.#outputs[i] = machine?.step(this.#inputs[i]);
    }
  }

  output(item: number): unknown {
    return this.#outputs[item];
  }

  commit(item: number): void {
    this.#machines[this.#slots[item]]?.commit();
  }

  end(): void {
    for (const machine of this.#machines) machine?.release();
    this.#machines.length = 0;
  }
}
