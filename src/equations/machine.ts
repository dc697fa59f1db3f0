import { isNdArray, type NdArray, type NdView, wrap } from '../arrays/ndarray.js';
import { Slab } from '../arrays/slab.js';
import { describe, mismatch, shapeText } from '../errors.js';
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
}

/** Steps one program over one stream or a batch of them; columns are stored one after another. */
export class ProgramMachine implements Machine {
  batch: Batch;
  readonly #where: string;
  readonly #program: Program;
  readonly #variables: readonly StateVariable[];
  readonly #initial: GivenState;
  readonly #reuse: boolean;
  readonly #slab = new Slab();
  #tentative: Batch;
  #now = new Float32Array(0);
  #next = new Float32Array(0);
  #moved = false;
  #emitted: { readonly y: NdView | Float32Array; readonly View: unknown } | undefined;

  constructor(
    where: string,
    program: Program,
    variables: readonly StateVariable[],
    initial: unknown,
    { reuse = false, batch = null }: StartOptions = {},
  ) {
    this.#where = where;
    this.#program = program;
    this.#variables = variables;
    this.#reuse = reuse;
    this.#initial = readState(`${where}.initialState`, variables, initial);
    this.batch = this.#tentative = batch ?? this.#initial.batch;
    this.#birth();
  }

  step(x: unknown): unknown {
    const program = this.#program;
    const array = isNdArray(x) ? x : undefined;
    const columns = array ? columnsOf(this.#where, array, program.x.length) : 0;
    this.#enter(columns);
    const y = this.#output(columns, array);
    const data = array ? (y as NdView).data : (y as Float32Array);
    const streams = columns || 1;
    const from = this.#moved ? this.#next : this.#now;
    for (let j = 0, at = 0; j < streams; j++, at += program.stateSize) {
      if (array) readColumn(this.#where, array, j, program.x);
      else readVector(this.#where, x, program.x);
      program.step(from, at, this.#next, at);
      for (let i = 0, k = j; i < program.y.length; i++, k += streams) data[k] = program.y[i];
    }
    this.#moved = true;
    return y;
  }

  commit(): void {
    if (!this.#moved) return;
    const now = this.#now;
    this.#now = this.#next;
    this.#next = now;
    this.batch = this.#tentative;
    this.#moved = false;
  }

  rollback(): void {
    this.#moved = false;
    if (this.#tentative === this.batch) return;
    this.#tentative = this.batch;
    this.#birth();
  }

  state(): unknown {
    return writeState(this.#variables, this.#now, this.batch ?? 0);
  }

  /** Checks or fixes the batch size. */
  #enter(columns: number): void {
    if (this.#tentative === columns) return;
    if (this.#tentative !== null) {
      const [expected, got] = [this.#tentative, columns].map(n =>
        n ? `a batch of ${n}` : 'a vector',
      );
      const hint = 'the first datum fixes the batch size; reset before another';
      throw mismatch(`${this.#where}.x`, expected, got, hint);
    }
    this.#tentative = columns;
    this.#birth();
  }

  /** Lays the initial state out over the streams of the batch. */
  #birth(): void {
    const streams = this.#tentative || 1;
    this.#now = new Float32Array(streams * this.#program.stateSize);
    this.#next = new Float32Array(this.#now.length);
    layOut(this.#initial, this.#variables, this.#now, streams);
  }

  /** A vector, or in answer to an ndarray one `[outputSize]` or `[outputSize, columns]`. */
  #output(columns: number, array: NdArray | undefined): NdView | Float32Array {
    const rows = this.#program.y.length;
    const size = rows * (columns || 1);
    const View = array?.constructor;
    const last = this.#emitted;
    if (last && last.View === View && sizeOfOutput(last.y) === size) return last.y;
    const data = this.#reuse ? new Float32Array(size) : this.#slab.take(size);
    const y = array ? wrap(data, columns ? [rows, columns] : [rows], array) : data;
    if (this.#reuse) this.#emitted = { y, View };
    return y;
  }
}

function sizeOfOutput(y: NdView | Float32Array): number {
  return y instanceof Float32Array ? y.length : y.data.length;
}

/** The columns of an input: 0 for `[size]`. */
function columnsOf(where: string, x: NdArray, size: number): number {
  const [rows, columns = 0] = x.shape;
  if (rows === size && (x.shape.length === 1 || (x.shape.length === 2 && columns > 0)))
    return columns;
  const hint = columns === size ? 'a batch is features × batch' : undefined;
  throw wrongInput(where, size, shapeText(x.shape), hint);
}

function readColumn(where: string, { data, offset, stride }: NdArray, j: number, to: Float32Array) {
  for (let i = 0, at = offset + (j && j * stride[1]); i < to.length; i++, at += stride[0]) {
    put(where, to, i, data[at]);
  }
}

function readVector(where: string, x: unknown, to: Float32Array): void {
  if (typeof x === 'number' && to.length === 1) {
    put(where, to, 0, x);
    return;
  }
  const vector = x as readonly number[];
  const known = Array.isArray(x) || x instanceof Float32Array || x instanceof Float64Array;
  if (!known) throw wrongInput(where, to.length, describe(x));
  if (vector.length !== to.length) throw wrongInput(where, to.length, `[${vector.length}]`);
  for (let i = 0; i < to.length; i++) put(where, to, i, vector[i]);
}

/** to[i] ← value, rounded to float32, which must be finite. */
function put(where: string, to: Float32Array, i: number, value: unknown): void {
  to[i] = value as number;
  // Infinity − Infinity and NaN − NaN are NaN.
  if (typeof value === 'number' && to[i] - to[i] === 0) return;
  const got = typeof value === 'number' ? value : describe(value);
  const hint = Number.isFinite(value) ? 'it is beyond float32' : undefined;
  throw mismatch(`${where}.x`, 'finite numbers', `${got} at [${i}]`, hint);
}

function wrongInput(where: string, size: number, got: string, hint?: string): Error {
  return mismatch(`${where}.x`, `[${size}] or [${size}, batch]`, got, hint);
}
