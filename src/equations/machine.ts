import { isNdArray, type NdArray, type NdView, wrap } from '../arrays/ndarray.js';
import { Slab } from '../arrays/slab.js';
import { demand, describe, mismatch, shapeText } from '../errors.js';
import type { Program } from './interpret.js';
import {
  type Batch,
  type GivenState,
  layOut,
  readState,
  type StateVariable,
  writeState,
} from './state.js';

/**
 * A model at one place in one stream. `step` is tentative: steps build on each other, and what
 * the machine answers for (`state`, `batch`) changes only at `commit`; `rollback` forgets them.
 */
export interface Machine {
  step(x: unknown): unknown;
  commit(): void;
  rollback(): void;
  /** A copy of the committed state, in the cell's public form. */
  state(): unknown;
  readonly batch: Batch;
}

export interface StartOptions {
  /** Emit one reused view instead of distinct arrays. */
  readonly reuse?: boolean | undefined;
  /** The batch of a restored state; null or absent: the first datum fixes it. */
  readonly batch?: Batch | undefined;
  /** True: the state is a snapshot's, where undefined does not stand for the initial one. */
  readonly restored?: boolean | undefined;
  /** True: the state is one that was configured, and must be finite; one that grew need not be. */
  readonly finite?: boolean | undefined;
}

/**
 * Steps one program over one stream or a batch of them; columns are stored one after another. The
 * initial state is zeros where undefined is given. A step allocates nothing but its output.
 */
export function programMachine(
  where: string,
  { x: input, y: output, stateSize, step: run }: Program,
  variables: readonly StateVariable[],
  initial: unknown,
  { reuse, batch: own = null, restored, finite }: StartOptions = {},
): Machine {
  const given = readState(`${where}.initialState`, variables, initial);
  const slab = new Slab();
  for (const { values } of finite ? given.parts : []) {
    const odd = values.findIndex(value => !Number.isFinite(value));
    demand(odd < 0, `${where}.initialState`, 'finite float32 numbers', values[odd]);
  }
  if (restored) checkRestored(`${where}.restore`, variables, given, own);
  let batch = own ?? given.batch;
  let tentative = batch;
  let moved = false;
  let now: Float32Array;
  let next: Float32Array;
  /** What the last step answered: its elements, and around them the class that came in. */
  let data: Float32Array = new Float32Array(0);
  let y: NdView | Float32Array = data;
  let View: unknown;
  const alone = new Float64Array(1);
  const single = [1];

  /** Lays the initial state out over the streams of the batch. */
  const birth = () => {
    now = layOut(given, variables, stateSize, tentative || 1);
    next = now.slice();
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
    birth();
  };

  /** A new `data` and `y` `[outputSize]`, or in answer to an ndarray `[outputSize, columns]` too. */
  const renew = (columns: number, array: NdArray | undefined) => {
    const size = output.length * (columns || 1);
    if (reuse && View === array?.constructor && data.length === size) return;
    View = array?.constructor;
    data = reuse ? new Float32Array(size) : slab.take(size);
    y = array ? wrap(data, [output.length, ...array.shape.slice(1)], array) : data;
  };

  birth();
  return {
    step(x) {
      const array = isNdArray(x) ? x : undefined;
      const columns = columnsOf(where, x, array, input.length);
      enter(columns);
      renew(columns, array);
      const streams = columns || 1;
      const from = moved ? next : now;
      for (let j = 0, at = 0; j < streams; j++, at += stateSize) {
        if (array) read(where, array.data, array.offset, array.stride, j, input);
        else if (typeof x === 'number') read(where, alone.fill(x), 0, single, 0, input);
        else read(where, x as readonly number[], 0, single, 0, input);
        run(from, at, next, at);
        for (let i = 0, k = j; i < output.length; i++, k += streams) data[k] = output[i];
      }
      moved = true;
      return y;
    },
    commit() {
      if (!moved) return;
      const last = now;
      now = next;
      next = last;
      batch = tentative;
      moved = false;
    },
    rollback() {
      moved = false;
      if (tentative === batch) return;
      tentative = batch;
      birth();
    },
    state: () => writeState(variables, now, batch ?? 0),
    get batch() {
      return batch;
    },
  };
}

/** Refuses a snapshot without the state that the cell has, or of another batch than it says. */
function checkRestored(
  where: string,
  variables: readonly StateVariable[],
  { parts }: GivenState,
  batch: Batch,
): void {
  const names = variables.map(({ name }) => name).join(', ');
  if (parts.length < variables.length) throw mismatch(where, `the state ${names}`, 'undefined');
  for (const { columns } of parts) {
    if (columns === (batch ?? 0)) continue;
    throw mismatch(where, `a state of batch ${batch}`, `one of batch ${columns}`);
  }
}

/** The columns of an input, which must be of the right size: 0 for `[size]`. */
function columnsOf(where: string, x: unknown, array: NdArray | undefined, size: number): number {
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

function isVector(x: unknown): x is readonly number[] {
  return Array.isArray(x) || x instanceof Float32Array || x instanceof Float64Array;
}

/** input ← column j of an ndarray's data, rounded to float32; every number must be finite. */
function read(
  where: string,
  data: ArrayLike<unknown>,
  offset: number,
  stride: readonly number[],
  j: number,
  input: Float32Array,
): void {
  const step = stride[0];
  let at = offset + (j && j * stride[1]);
  for (let i = 0; i < input.length; i++, at += step) {
    const value = data[at];
    input[i] = value as number;
    // Infinity − Infinity and NaN − NaN are NaN.
    if (typeof value !== 'number' || input[i] - input[i] !== 0) throw notFinite(where, i, value);
  }
}

function notFinite(where: string, i: number, value: unknown): Error {
  const got = typeof value === 'number' ? value : describe(value);
  const hint = Number.isFinite(value) ? 'it is beyond float32' : undefined;
  return mismatch(`${where}.x`, 'finite numbers', `${got} at [${i}]`, hint);
}
