import { isNdArray } from '../arrays/ndarray.js';
import type { Engine } from '../code/engine.js';
import type { Rows } from '../code/places.js';
import { mismatch } from '../errors.js';
import type { Machine, Sequence, StartOptions } from './any-machine.js';
import { columnsOf, firstIn, plain, read, refuseInput } from './inputs.js';
import { copy, none, Outputs } from './outputs.js';
import {
  type Batch,
  type Blocks,
  type GivenState,
  layOut,
  readState,
  type StateShape,
  writeState,
} from './state.js';

/**
 * Steps an engine's model over one stream or a batch of them, each with its block of states. The
 * initial state is zeros where undefined is given. A step allocates nothing but its output.
 */
export class EngineMachine implements Machine {
  readonly #engine: Engine;
  readonly #shape: StateShape;
  readonly #given: GivenState;
  /** Its first layer's name in messages. */
  readonly #where: string;
  readonly #input: Rows;
  readonly #output: Rows;
  readonly #outputs: Outputs;
  #batch: Batch;
  #tentative: Batch;
  /** Three places for the streams' blocks: the committed, the tentative, and one to write to. */
  #streams = 0;
  #base = 0;
  #now = 0;
  #current = 0;
  /** The memory, and the input and the answer of one stream's step in it. */
  #memory: Float32Array = none;
  #in: Float32Array = none;
  #out: Float32Array = none;

  constructor(
    engine: Engine,
    shape: StateShape,
    initial: unknown,
    { reuse = false, transferable, ...origin }: StartOptions = {},
  ) {
    this.#engine = engine;
    this.#shape = shape;
    this.#given = readState(shape, initial, origin);
    this.#where = firstIn(engine.model);
    [this.#input] = engine.inputs;
    this.#output = engine.output;
    this.#outputs = new Outputs(this.#output.size, reuse, transferable);
    this.#batch = this.#tentative = this.#given.batch;
    this.#birth();
  }

  step(x: unknown): unknown {
    const engine = this.#engine;
    const { pool, room } = engine;
    const input = this.#input;
    const where = this.#where;
    const { size } = input;
    const floats = x instanceof Float32Array && x.length === size && x[size - 1] !== undefined;
    const array = !floats && isNdArray(x) ? x : undefined;
    const columns = floats ? 0 : columnsOf(where, x, array, size);
    // Its fields are read before anything is written to the memory that streams share.
    const fields = array && { data: array.data, stride: array.stride, offset: array.offset };
    if (!this.#streams) throw mismatch(where, 'a stream that goes on', 'a step after its end');
    if (this.#tentative !== columns) this.#enter(columns);
    this.#outputs.renew(columns, array);
    const next = this.#other();
    const { memory, block } = pool;
    if (floats) return this.#one(x, memory, next);
    const streams = this.#streams;
    for (let first = 0; first < streams; first += room) {
      const count = Math.min(room, streams - first);
      for (let j = 0, to = input.at; j < count; j++, to += input.stride) {
        read(where, fields ?? plain(x), first + j, memory, to, size);
      }
      const at = first * block;
      const odd =
        streams === 1
          ? engine.step(this.#current, next)
          : engine.streams(this.#current + at, next + at, count);
      if (odd) refuseInput(engine, odd, count);
      this.#outputs.read(memory, this.#output, first, count, streams);
    }
    this.#current = next;
    return this.#outputs.y;
  }

  /** Steps a stream that is alone by a vector, which the engine checks. */
  #one(x: Float32Array, memory: Float32Array, next: number): unknown {
    const engine = this.#engine;
    if (memory !== this.#memory) this.#look(memory);
    copy(x, this.#in);
    const odd = engine.step(this.#current, next);
    if (odd) refuseInput(engine, odd, 1);
    copy(this.#out, this.#outputs.data);
    this.#current = next;
    return this.#outputs.y;
  }

  /** Finds its vectors in the memory, which is another one once the heap has grown. */
  #look(memory: Float32Array): void {
    const [own, answer] = [this.#input, this.#output];
    this.#memory = memory;
    this.#in = memory.subarray(own.at, own.at + own.size);
    this.#out = memory.subarray(answer.at, answer.at + answer.size);
  }

  sequence(steps: Sequence): boolean {
    if (this.#tentative || !this.#streams) return false;
    const { room } = this.#engine;
    for (let first = 0; first < steps.count; first += room) {
      if (this.#some(steps, first, Math.min(room, steps.count - first))) continue;
      this.#current = this.#now;
      return false;
    }
    if (steps.count) this.#tentative = 0;
    return true;
  }

  /** Steps first … first + count of a sequence, with one call; false: they do not fit. */
  #some(steps: Sequence, first: number, count: number): boolean {
    const { memory } = this.#engine.pool;
    if (!steps.read(first, count, memory, this.#input)) return false;
    const from = this.#current;
    const next = this.#other();
    this.#current = next;
    // The committed state stays; a tentative one is written over once it has been read.
    const spare = from === this.#now ? this.#other() : from;
    if (this.#engine.steps(from, next, spare, count)) return false;
    steps.write(first, count, memory, this.#output, steps.count);
    this.#current = count % 2 ? next : spare;
    return true;
  }

  commit(): void {
    this.#now = this.#current;
    this.#batch = this.#tentative;
  }

  rollback(): void {
    this.#current = this.#now;
    this.#tentative = this.#batch;
    // What was released, in the middle of a step, stays so.
    if (this.#streams && this.#streams !== (this.#batch || 1)) this.#birth();
  }

  follow(machine: Machine): void {
    const { at, block, streams, batch } = machine.blocks as NonNullable<Machine['blocks']>;
    this.#tentative = this.#batch = batch;
    if (this.#streams !== streams) this.#birth();
    this.#current = this.#now;
    this.#engine.pool.memory.copyWithin(this.#now, at, at + streams * block);
  }

  state(): unknown {
    return writeState(this.#shape, this.#blocksAt(this.#now), this.#batch ?? 0);
  }

  get batch(): Batch {
    return this.#batch;
  }

  get blocks(): Blocks & { readonly batch: Batch } {
    return { ...this.#blocksAt(this.#current), batch: this.#tentative };
  }

  release(): void {
    if (this.#streams) this.#engine.pool.give(this.#base, 3 * this.#streams);
    this.#streams = 0;
  }

  #blocksAt(at: number): Blocks {
    const { pool, states } = this.#engine;
    const { memory, block } = pool;
    return { memory, at, block, offsets: states, streams: this.#streams };
  }

  /** Lays the initial state out over the streams of the batch. */
  #birth(): void {
    const count = this.#tentative || 1;
    // Taken first: where there is no more room, the old one is still there.
    const taken = this.#engine.pool.take(3 * count);
    this.release();
    this.#streams = count;
    this.#now = this.#current = this.#base = taken;
    layOut(this.#given, this.#blocksAt(taken));
  }

  /** A place that is neither the committed state's nor the tentative one's. */
  #other(): number {
    let at = this.#base;
    while (at === this.#now || at === this.#current) at += this.#streams * this.#engine.pool.block;
    return at;
  }

  /** Checks or fixes the batch size. */
  #enter(columns: number): void {
    if (this.#tentative !== null) {
      const [expected, got] = [this.#tentative, columns].map(n =>
        n ? `a batch of ${n}` : 'a vector',
      );
      const hint = 'the first datum fixes the batch size; reset before another';
      throw mismatch(`${this.#where}.x`, expected, got, hint);
    }
    this.#tentative = columns;
    if (this.#streams !== (columns || 1)) this.#birth();
  }
}
