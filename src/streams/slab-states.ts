import { type NdArray, wrap } from '../arrays/ndarray.js';
import type { Engine } from '../code/engine.js';
import type { Rows } from '../code/places.js';
import { demand } from '../errors.js';
import { type AnyCell, internals } from './cell.js';
import { made } from './function-cell.js';
import { firstIn, readVector, refuseInput } from './inputs.js';
import { copy, packedOffsets, packStates, unpackState } from './packed-states.js';
import { SlabPlaces } from './slab-places.js';
import { SlotSlabs } from './slot-slabs.js';
import type { KeyedOptions, KeyedStates } from './slot-states.js';
import {
  type Batch,
  type Blocks,
  layOut,
  readState,
  type StateShape,
  writeState,
} from './state.js';

/**
 * States in the engine's memory, one block a stream and nothing else. A step of one stream writes
 * to the block that is spare, which then is the stream's, and its old one is spare: nothing is
 * copied.
 */
export class SlabStates implements KeyedStates {
  cell: AnyCell;
  readonly shape: StateShape;
  readonly #options: KeyedOptions;
  #engine: Engine;
  #input: Rows;
  #output: Rows;
  readonly #where: string;
  readonly #initial: unknown;
  /** Where each stream's block is. */
  readonly #places = new SlabPlaces();
  /** Inputs and outputs of those that wait, their slots and forms, and room for their states. */
  readonly #inputs: Float32Array;
  readonly #outputs: Float32Array;
  readonly #forms: (NdArray | undefined)[] = [];
  #slots: readonly number[] = [];
  #states: number;
  readonly #most: number;
  /** A block that is no stream's now, and the one that was taken for it. */
  #spare: number;
  #taken: number;
  /** Where outputs come from. */
  readonly #answers: SlotSlabs;

  constructor(cell: AnyCell, engine: Engine, shape: StateShape, options: KeyedOptions) {
    const { most, transferable } = options;
    this.cell = cell;
    this.#options = options;
    const { pool, inputs, output, model } = engine;
    const [input] = inputs;
    this.#engine = engine;
    this.#input = input;
    this.#output = output;
    this.shape = shape;
    this.#initial = cell[internals].initialState;
    this.#where = firstIn(model);
    this.#most = most;
    this.#inputs = new Float32Array(most * input.size);
    this.#outputs = new Float32Array(most * this.#output.size);
    this.#states = pool.take(2 * most);
    this.#spare = this.#taken = pool.take(1);
    this.#answers = new SlotSlabs(this.#output.size, transferable);
  }

  batch(): Batch {
    return 0;
  }

  open(state: unknown, restored?: { readonly batch: Batch }): number {
    const begin = state === undefined && !restored ? made(this.#initial) : state;
    const given = readState(this.shape, begin, {
      restored: restored !== undefined,
      batch: restored?.batch,
      finite: !restored,
    });
    demand(!given.batch, `${this.#where}.initialState`, 'the state of one stream', 'a batch');
    const slot = this.#places.reopen() ?? this.#add();
    const { pool } = this.#engine;
    const at = this.#places.at[slot];
    pool.memory.fill(0, at, at + pool.block);
    layOut(given, this.#blocks(slot));
    return slot;
  }

  close(slot: number): void {
    this.#places.close(slot);
    // The slot may be another key's next.
    this.#answers.end(slot);
  }

  state(slot: number): unknown {
    return writeState(this.shape, this.#blocks(slot), 0);
  }

  pack(slots: readonly number[]): Float32Array<ArrayBuffer> {
    const { pool, states } = this.#engine;
    const places = slots.map(slot => this.#places.at[slot]);
    return packStates(packedOffsets(this.shape), pool.memory, places, states);
  }

  unpack(packed: Float32Array): number[] {
    const offsets = packedOffsets(this.shape);
    const size = offsets[offsets.length - 1];
    return Array.from({ length: size ? packed.length / size : 0 }, (_, i) => {
      const slot = this.#places.reopen() ?? this.#add();
      unpackState(offsets, packed, i * size, this.#blocks(slot));
      return slot;
    });
  }

  stepOne(slot: number, x: unknown): unknown {
    const { pool } = this.#engine;
    const input = this.#input;
    // Nobody's code runs between here and the step, so that nobody writes to what streams share.
    const array = readVector(this.#where, x, pool.memory, input.at, input.size);
    const odd = this.#engine.step(this.#places.at[slot], this.#spare);
    if (odd) refuseInput(this.#engine, odd, 1);
    return this.#answer(pool.memory, this.#output.at, slot, array);
  }

  commitOne(slot: number): void {
    const { at } = this.#places;
    const before = at[slot];
    at[slot] = this.#spare;
    this.#spare = before;
  }

  read(item: number, x: unknown): void {
    const { size } = this.#input;
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
    const { pool } = this.#engine;
    const input = this.#input;
    const { memory, block } = pool;
    const now = this.#states + first * block;
    const next = now + this.#most * block;
    for (let j = 0; j < count; j++) {
      const from = this.#places.at[this.#slots[first + j]];
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
    const from = item * this.#output.size;
    return this.#answer(this.#outputs, from, this.#slots[item], this.#forms[item]);
  }

  commit(item: number): void {
    const { memory, block } = this.#engine.pool;
    const from = this.#states + (this.#most + item) * block;
    memory.copyWithin(this.#places.at[this.#slots[item]], from, from + block);
  }

  use(cell: AnyCell): void {
    this.#goOn(cell[internals].engines?.get(this.#options.backend) as Engine);
    this.cell = cell;
  }

  /** Goes on with another engine. */
  #goOn(engine: Engine): void {
    if (engine.pool.heap !== this.#engine.pool.heap) this.#moveTo(engine);
    this.#engine = engine;
    [this.#input] = engine.inputs;
    this.#output = engine.output;
  }

  /** Moves the states to another engine's memory. */
  #moveTo(engine: Engine): void {
    const moved = new SlabStates(this.cell, engine, this.shape, this.#options);
    const offsets = packedOffsets(this.shape);
    try {
      for (const [slot, isClosed] of this.#places.slots()) {
        moved.#add();
        if (isClosed) continue;
        unpackState(offsets, this.pack([slot]), 0, moved.#blocks(slot));
      }
    } catch (error) {
      moved.end();
      throw error;
    }
    this.end();
    this.#places.moveTo(moved.#places);
    this.#states = moved.#states;
    this.#spare = this.#taken = moved.#taken;
  }

  end(): void {
    const { pool } = this.#engine;
    pool.give(this.#states, 2 * this.#most);
    pool.give(this.#taken, 1);
    this.#places.end((at, blocks) => pool.give(at, blocks));
  }

  /** An output in the form of its input. */
  #answer(from: Float32Array, at: number, slot: number, array: NdArray | undefined): unknown {
    const { size } = this.#output;
    // Who keeps a key's output keeps nothing of another key.
    const y = this.#answers.take(slot);
    copy(from, at, y, 0, size);
    return array ? wrap(y, [size], array) : y;
  }

  /** A slot that is new. */
  #add(): number {
    return this.#places.add(this.#engine.pool.block, blocks => this.#take(blocks));
  }

  /** Room for a slab: in another memory, with all others, if this one is full. */
  #take(blocks: number): number {
    try {
      return this.#engine.pool.take(blocks);
    } catch (error) {
      const { engines } = this.cell[internals];
      if (!engines || !(error instanceof RangeError)) throw error;
      this.#goOn(engines.elsewhere(this.#engine, this.#options.backend));
      return this.#engine.pool.take(blocks);
    }
  }

  #blocks(slot: number): Blocks {
    const { pool, states } = this.#engine;
    const { memory, block } = pool;
    return { memory, at: this.#places.at[slot], block, offsets: states, streams: 1 };
  }
}
