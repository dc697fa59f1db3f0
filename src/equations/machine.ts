import { isNdArray, type NdArray, type NdView, wrap } from '../arrays/ndarray.js';
import { Slab } from '../arrays/slab.js';
import { describe, mismatch, shapeText } from '../errors.js';
import { areFinite, type Engine, type Rows } from './engine.js';
import {
  type Batch,
  type Blocks,
  layersOf,
  layOut,
  type Origin,
  readState,
  type StateShape,
  writeState,
} from './state.js';

/**
 * A model at one place in one stream. `step` is tentative: steps build on each other, and what
 * the machine answers for (`state`, `batch`) changes only at `commit`; `rollback` forgets them.
 */
export interface Machine {
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
  /** Where its state is and of which batch, tentative steps included. */
  readonly blocks?: Blocks & { readonly batch: Batch };
}

/** Vectors to step one after another: the t-th in, and out again, in a memory. */
export interface Sequence {
  readonly count: number;
  /** The t-th input, which must be of the right size, into memory at `at`; false: it is not. */
  read(t: number, memory: Float32Array, at: number, size: number): boolean;
  write(t: number, memory: Float32Array, at: number, size: number): void;
}

export interface StartOptions extends Origin {
  /** Emit one reused view instead of distinct arrays. */
  readonly reuse?: boolean | undefined;
}

/**
 * Steps an engine's model over one stream or a batch of them, each with its block of states. The
 * initial state is zeros where undefined is given. A step allocates nothing but its output.
 */
export function engineMachine(
  engine: Engine,
  shape: StateShape,
  initial: unknown,
  { reuse, ...origin }: StartOptions = {},
): Machine {
  const { pool, input, outputs, states: offsets, room } = engine;
  const { block } = pool;
  const output = outputs[outputs.length - 1];
  const layers = layersOf(shape);
  const [where] = layers;
  const given = readState(shape, initial, origin);
  const slab = new Slab();
  let batch = given.batch;
  let tentative = batch;
  /** Three places for the streams' blocks: the committed, the tentative, and one to write to. */
  let streams = 0;
  let base = 0;
  let now = 0;
  let current = 0;
  /** What the last step answered: its elements, and around them the class that came in. */
  let data: Float32Array = new Float32Array(0);
  let y: NdView | Float32Array = data;
  let View: unknown;

  const blocksAt = (at: number): Blocks => ({ memory: pool.memory, at, block, offsets, streams });
  const release = () => {
    if (streams) pool.give(base, 3 * streams);
    streams = 0;
  };
  /** Lays the initial state out over the streams of the batch. */
  const birth = () => {
    release();
    streams = tentative || 1;
    base = pool.take(3 * streams);
    now = current = base;
    layOut(given, blocksAt(base));
  };
  /** A place that is neither `now` nor `current`. */
  const other = () => {
    let at = base;
    while (at === now || at === current) at += streams * block;
    return at;
  };
  /** Checks or fixes the batch size. */
  const enter = (columns: number) => {
    if (tentative === columns) return;
    if (tentative !== null) {
      const [expected, got] = [tentative, columns].map(n => (n ? `a batch of ${n}` : 'a vector'));
      const hint = 'the first datum fixes the batch size; reset before another';
      throw mismatch(`${where}.x`, expected, got, hint);
    }
    tentative = columns;
    if (streams !== (columns || 1)) birth();
  };
  /** A new `data` and `y` `[outputSize]`, or in answer to an ndarray `[outputSize, columns]` too. */
  const renew = (columns: number, array: NdArray | undefined) => {
    const size = output.size * (columns || 1);
    if (reuse && View === array?.constructor && data.length === size) return;
    View = array?.constructor;
    data = reuse ? new Float32Array(size) : slab.take(size);
    y = array ? wrap(data, [output.size, ...array.shape.slice(1)], array) : data;
  };
  birth();
  return {
    step(x) {
      const floats = x instanceof Float32Array && x.length === input.size;
      const array = !floats && isNdArray(x) ? x : undefined;
      const columns = floats ? 0 : columnsOf(where, x, array, input.size);
      if (!streams) throw mismatch(where, 'a stream that goes on', 'a step after its end');
      enter(columns);
      renew(columns, array);
      const next = other();
      const { memory } = pool;
      for (let first = 0; first < streams; first += room) {
        const count = Math.min(room, streams - first);
        for (let j = 0, to = input.at; j < count; j++, to += input.stride) {
          if (floats && readFloats(x, memory, to)) break;
          read(where, array ?? plain(x), first + j, memory, to, input.size);
        }
        const at = first * block;
        const odd =
          streams === 1
            ? engine.step(current, next)
            : engine.streams(current + at, next + at, count);
        if (odd) refuseOutput(layers[odd], memory, outputs[odd - 1], count);
        for (let j = 0, from = output.at; j < count; j++, from += output.stride) {
          for (let i = 0, k = first + j; i < output.size; i++, k += streams) {
            data[k] = memory[from + i];
          }
        }
      }
      current = next;
      return y;
    },
    sequence(steps) {
      if (tentative || !streams) return false;
      const { memory } = pool;
      for (let first = 0; first < steps.count; first += room) {
        const count = Math.min(room, steps.count - first);
        let fits = true;
        for (let t = 0; t < count && fits; t++) {
          const at = input.at + t * input.stride;
          fits = steps.read(first + t, memory, at, input.size) && areFinite(memory, at, input.size);
        }
        const next = other();
        const from = current;
        current = next;
        const spare = other();
        if (!fits || engine.steps(from, next, from === now ? spare : from, count)) {
          current = now;
          return false;
        }
        for (let t = 0; t < count; t++) {
          steps.write(first + t, memory, output.at + t * output.stride, output.size);
        }
        current = count % 2 ? next : from === now ? spare : from;
      }
      if (steps.count) tentative = 0;
      return true;
    },
    commit() {
      now = current;
      batch = tentative;
    },
    rollback() {
      current = now;
      if (tentative === batch) return;
      tentative = batch;
      birth();
    },
    follow(machine) {
      const from = machine.blocks as NonNullable<Machine['blocks']>;
      tentative = batch = from.batch;
      if (streams !== from.streams) birth();
      current = now;
      pool.memory.copyWithin(now, from.at, from.at + streams * block);
    },
    state: () => writeState(shape, blocksAt(now), batch ?? 0),
    get batch() {
      return batch;
    },
    get blocks() {
      return { ...blocksAt(current), batch: tentative };
    },
    release,
  };
}

/** The columns of an input, which must be of the right size: 0 for `[size]`. */
export function columnsOf(
  where: string,
  x: unknown,
  array: NdArray | undefined,
  size: number,
): number {
  const shape = array?.shape;
  const vector = isVector(x);
  if (shape) {
    const batched = shape.length === 2 && shape[1] > 0;
    if (shape[0] === size && (shape.length === 1 || batched)) return shape[1] ?? 0;
  } else if (vector ? x.length === size : typeof x === 'number' && size === 1) return 0;
  const got = shape ?? (vector && [x.length]);
  const hint = shape?.[1] === size ? 'a batch is features × batch' : undefined;
  const expected = `[${size}] or [${size}, batch]`;
  throw mismatch(`${where}.x`, expected, got ? shapeText(got) : describe(x), hint);
}

export function isVector(x: unknown): x is readonly number[] {
  return Array.isArray(x) || x instanceof Float32Array || x instanceof Float64Array;
}

/**
 * memory[to …] ← one vector in any form, rounded to float32; returns it if it is an ndarray. Throws a
 * RecurError for another size, for a batch and for a number that is not finite.
 */
export function readVector(
  where: string,
  x: unknown,
  memory: Float32Array,
  to: number,
  size: number,
): NdArray | undefined {
  if (x instanceof Float32Array && x.length === size && readFloats(x, memory, to)) return;
  const array = isNdArray(x) ? x : undefined;
  const columns = columnsOf(where, x, array, size);
  if (columns) throw mismatch(`${where}.x`, `[${size}]`, shapeText([size, columns]));
  read(where, array ?? plain(x), 0, memory, to, size);
  return array;
}

/** A vector or a number as an ndarray without a shape, read from its beginning. */
function plain(x: unknown) {
  return {
    data: (typeof x === 'number' ? [x] : x) as ArrayLike<unknown>,
    stride: contiguous,
    offset: 0,
  };
}
const contiguous = [1, 0];

/** memory[to …] ← column j of an ndarray's data, rounded to float32; each number must be finite. */
function read(
  where: string,
  { data, stride, offset }: Pick<NdArray, 'stride' | 'offset'> & { data: ArrayLike<unknown> },
  j: number,
  memory: Float32Array,
  to: number,
  size: number,
): void {
  let at = offset + (j && j * stride[1]);
  for (let i = 0; i < size; i++, at += stride[0]) {
    const value = data[at];
    const float = Math.fround(value as number);
    memory[to + i] = float;
    // Infinity − Infinity and NaN − NaN are NaN.
    if (typeof value !== 'number' || float - float !== 0) throw notFinite(where, i, value);
  }
}

/** memory[to …] ← x; false where a number is not finite. */
function readFloats(x: Float32Array, memory: Float32Array, to: number): boolean {
  for (let i = 0; i < x.length; i++) {
    const value = x[i];
    memory[to + i] = value;
    if (value - value !== 0) return false;
  }
  return true;
}

/** Throws for the first number among a layer's outputs that the next layer cannot take. */
export function refuseOutput(
  next: string,
  memory: Float32Array,
  { at, stride, size }: Rows,
  count: number,
): void {
  for (let j = 0; j < count; j++) {
    const row = memory.subarray(at + j * stride, at + j * stride + size);
    const i = row.findIndex(value => !Number.isFinite(value));
    if (i >= 0) throw notFinite(next, i, row[i]);
  }
}

function notFinite(where: string, i: number, value: unknown): Error {
  const got = typeof value === 'number' ? value : describe(value);
  const hint = Number.isFinite(value) ? 'it is beyond float32' : undefined;
  return mismatch(`${where}.x`, 'finite numbers', `${got} at [${i}]`, hint);
}
