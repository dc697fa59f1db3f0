import { isNdArray, type NdArray, NdView, wrap } from '../arrays/ndarray.js';
import { Slab } from '../arrays/slab.js';
import { describe, mismatch, shapeText } from '../errors.js';
import type { Program } from './interpret.js';

/** Columns of a stream: null before its first datum, 0 for plain vectors, else the batch size. */
export type Batch = number | null;

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

/** A state variable's place in a stream's block. */
export interface StateVariable {
  readonly name: string;
  readonly size: number;
}

/** One state variable as users see it: `[size]`, or `[size, batch]` in a batch. */
export type StateArray = Float32Array | NdView;

/** Steps one program over one stream or a batch of them; columns are stored one after another. */
export class ProgramMachine implements Machine {
  batch: Batch;
  private readonly where: string;
  private readonly program: Program;
  private readonly variables: readonly StateVariable[];
  private readonly initial: unknown;
  private readonly reuse: boolean;
  private readonly slab = new Slab();
  private tentativeBatch: Batch;
  private now = new Float32Array(0);
  private next = new Float32Array(0);
  private moved = false;
  private last: { data: Float32Array; view: unknown; like: unknown } | undefined;

  constructor(
    where: string,
    program: Program,
    variables: readonly StateVariable[],
    initial: unknown,
    { reuse = false, batch = null }: StartOptions = {},
  ) {
    this.where = where;
    this.program = program;
    this.variables = variables;
    this.reuse = reuse;
    const asGiven = checkState(`${where}.initialState`, variables, initial);
    this.batch = batch ?? asGiven.batch;
    this.initial = asGiven.copy;
    this.tentativeBatch = this.batch;
    this.birth(this.batch ?? 0);
  }

  step(x: unknown): unknown {
    if (!isNdArray(x)) return this.vector(x);
    if (x.shape.length === 1) return this.column(x);
    return this.columns(x);
  }

  commit(): void {
    if (!this.moved) return;
    [this.now, this.next] = [this.next, this.now];
    this.batch = this.tentativeBatch;
    this.moved = false;
  }

  rollback(): void {
    this.tentativeBatch = this.batch;
    this.moved = false;
  }

  state(): unknown {
    const columns = this.batch ?? 0;
    if (this.now.length !== Math.max(1, columns) * this.program.stateSize) this.birth(columns);
    return writeState(this.variables, this.now, columns, this.program.stateSize);
  }

  private vector(x: unknown): unknown {
    const { program } = this;
    this.enter(0);
    readVector(this.where, x, program.x);
    this.advance(0);
    const y = this.output(program.y.length, undefined, undefined);
    (y as Float32Array).set(program.y);
    return y;
  }

  private column(x: NdArray): unknown {
    const { program } = this;
    this.enter(0);
    readColumn(this.where, x, 0, program.x);
    this.advance(0);
    const y = this.output(program.y.length, [program.y.length], x);
    (y as NdView).data.set(program.y);
    return y;
  }

  private columns(x: NdArray): unknown {
    const { program } = this;
    const [, batch] = x.shape;
    checkShape(this.where, x, program.x.length);
    this.enter(batch);
    const rows = program.y.length;
    const y = this.output(rows * batch, [rows, batch], x) as NdView;
    for (let j = 0; j < batch; j++) {
      readColumn(this.where, x, j, program.x);
      this.advance(j, j === batch - 1);
      for (let i = 0; i < rows; i++) y.data[i * batch + j] = program.y[i];
    }
    return y;
  }

  /** Checks or fixes the batch size, and lays the initial state out over it. */
  private enter(batch: number): void {
    if (this.tentativeBatch === batch) return;
    if (this.tentativeBatch !== null) {
      throw mismatch(
        `${this.where}.x`,
        batchText(this.tentativeBatch),
        batchText(batch),
        'the first datum fixes the batch size; reset before another',
      );
    }
    this.birth(batch);
    this.tentativeBatch = batch;
  }

  private birth(columns: number): void {
    const { stateSize } = this.program;
    const length = Math.max(1, columns) * stateSize;
    this.now = new Float32Array(length);
    this.next = new Float32Array(length);
    layOut(this.variables, this.initial, this.now, columns, stateSize);
  }

  private advance(column: number, last = true): void {
    const at = column * this.program.stateSize;
    const from = this.moved ? this.next : this.now;
    this.program.step(from, at, this.next, at);
    if (last) this.moved = true;
  }

  /** A float32 array of `size`, as an ndarray of `shape` in the class of `like` if one came in. */
  private output(size: number, shape: number[] | undefined, like: NdArray | undefined): unknown {
    const { last } = this;
    if (this.reuse && last && last.data.length === size && last.like === like?.constructor) {
      return last.view;
    }
    const data = this.reuse ? new Float32Array(size) : this.slab.take(size);
    const view = like && shape ? wrap(data, shape, like) : data;
    if (this.reuse) this.last = { data, view, like: like?.constructor };
    return view;
  }
}

function batchText(batch: number): string {
  return batch === 0 ? 'a vector' : `a batch of ${batch}`;
}

function readVector(where: string, x: unknown, to: Float32Array): void {
  if (typeof x === 'number' && to.length === 1) to[0] = x;
  else {
    const vector = x as ArrayLike<number>;
    const fits = typeof x === 'object' && x !== null && vector.length === to.length;
    if (!fits || !(Array.isArray(x) || x instanceof Float32Array || x instanceof Float64Array)) {
      throw wrongInput(where, to.length, x);
    }
    for (let i = 0; i < to.length; i++) to[i] = vector[i];
    if (Array.isArray(x)) checkNumbers(where, x);
  }
  checkFinite(where, to, x);
}

function readColumn(where: string, x: NdArray, j: number, to: Float32Array): void {
  if (x.shape.length === 1) checkShape(where, x, to.length);
  const { data, stride } = x;
  let at = x.offset + (x.shape.length === 1 ? 0 : j * stride[1]);
  for (let i = 0; i < to.length; i++, at += stride[0]) to[i] = data[at];
  checkFinite(where, to, x);
}

function checkNumbers(where: string, x: readonly unknown[]): void {
  for (let i = 0; i < x.length; i++) {
    if (typeof x[i] !== 'number')
      throw mismatch(`${where}.x`, 'numbers', `${describe(x[i])} at [${i}]`);
  }
}

function checkShape(where: string, x: NdArray, size: number): void {
  const { shape } = x;
  if (shape[0] === size && (shape.length === 1 || (shape.length === 2 && shape[1] >= 1))) return;
  throw wrongInput(where, size, x);
}

function wrongInput(where: string, size: number, x: unknown): Error {
  const got = isNdArray(x)
    ? shapeText(x.shape)
    : typeof x === 'object' && x !== null && 'length' in x
      ? `[${x.length}]`
      : describe(x);
  const transposed = isNdArray(x) && x.shape.length === 2 && x.shape[1] === size;
  const hint = transposed ? 'a batch is features × batch' : undefined;
  return mismatch(`${where}.x`, `[${size}] or [${size}, batch]`, got, hint);
}

function checkFinite(where: string, read: Float32Array, x: unknown): void {
  for (let i = 0; i < read.length; i++) {
    // Infinity − Infinity and NaN − NaN are NaN.
    if (read[i] - read[i] === 0) continue;
    const given =
      Array.isArray(x) || ArrayBuffer.isView(x) ? (x as unknown as number[])[i] : read[i];
    const hint = Number.isFinite(given) ? 'it is beyond float32' : undefined;
    throw mismatch(`${where}.x`, 'finite numbers', `${given} at [${i}]`, hint);
  }
}

/** A given state as one vector or matrix per variable, copied; undefined stands for zeros. */
function checkState(where: string, variables: readonly StateVariable[], given: unknown) {
  const copy: (StateArray | undefined)[] = [];
  let batch: Batch = null;
  if (given === undefined) return { copy, batch };
  const parts = partsOf(where, variables, given);
  for (const [k, { name, size }] of variables.entries()) {
    const at = variables.length === 1 ? where : `${where}.${name}`;
    const value = readState(at, size, parts[k]);
    copy.push(value);
    if (!(value instanceof NdView)) continue;
    const columns = value.shape[1];
    if (batch !== null && batch !== columns) {
      throw mismatch(at, `[${size}, ${batch}], as the other state`, `[${size}, ${columns}]`);
    }
    batch = columns;
  }
  return { copy, batch };
}

function partsOf(where: string, variables: readonly StateVariable[], given: unknown): unknown[] {
  const names = variables.map(({ name }) => name);
  if (names.length === 0) throw mismatch(where, 'undefined, there is no state', describe(given));
  if (names.length === 1) return [given];
  const record = given as Record<string, unknown>;
  const own = typeof given === 'object' && given !== null ? Object.keys(given) : [];
  if (own.length !== names.length || !names.every(name => Object.hasOwn(record, name))) {
    throw mismatch(where, `{ ${names.join(', ')} }`, describe(given));
  }
  return names.map(name => record[name]);
}

function readState(where: string, size: number, value: unknown): StateArray {
  const to = new Float32Array(size);
  if (!isNdArray(value) || value.shape.length === 1) {
    const vector = isNdArray(value)
      ? Array.from(to, (_, i) => value.data[value.offset + i * value.stride[0]])
      : value;
    if (isNdArray(value) && value.shape[0] !== size) {
      throw mismatch(where, `[${size}]`, shapeText(value.shape));
    }
    const got = describe(value);
    if (typeof vector === 'number' && size === 1) return to.fill(vector);
    const list = vector as ArrayLike<unknown>;
    if (typeof vector !== 'object' || vector === null || list.length !== size) {
      throw mismatch(where, `[${size}] or [${size}, batch]`, got);
    }
    for (let i = 0; i < size; i++) {
      if (typeof list[i] !== 'number')
        throw mismatch(where, 'numbers', `${describe(list[i])} at [${i}]`);
      to[i] = list[i] as number;
    }
    return to;
  }
  if (value.shape.length !== 2 || value.shape[0] !== size || value.shape[1] < 1) {
    throw mismatch(where, `[${size}] or [${size}, batch]`, shapeText(value.shape));
  }
  const [, columns] = value.shape;
  const view = new NdView(new Float32Array(size * columns), [size, columns]);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < columns; j++) {
      view.data[i * columns + j] =
        value.data[value.offset + i * value.stride[0] + j * value.stride[1]];
    }
  }
  return view;
}

function layOut(
  variables: readonly StateVariable[],
  values: unknown,
  block: Float32Array,
  columns: number,
  stateSize: number,
): void {
  let start = 0;
  for (const [k, { size }] of variables.entries()) {
    const value = (values as (StateArray | undefined)[])[k];
    for (let j = 0; value && j < Math.max(1, columns); j++) {
      for (let i = 0; i < size; i++) {
        const at = start + j * stateSize + i;
        block[at] = value instanceof NdView ? value.data[i * columns + j] : value[i];
      }
    }
    start += size;
  }
}

function writeState(
  variables: readonly StateVariable[],
  block: Float32Array,
  columns: number,
  stateSize: number,
): unknown {
  let start = 0;
  const arrays = variables.map(({ name, size }): [string, StateArray] => {
    const from = start;
    start += size;
    if (columns === 0) return [name, block.slice(from, from + size)];
    const view = new NdView(new Float32Array(size * columns), [size, columns]);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < columns; j++)
        view.data[i * columns + j] = block[j * stateSize + from + i];
    }
    return [name, view];
  });
  if (arrays.length === 0) return undefined;
  return arrays.length === 1 ? arrays[0][1] : Object.fromEntries(arrays);
}
