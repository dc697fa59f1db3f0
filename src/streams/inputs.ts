import {
  flatten,
  isNdArray,
  isScijs,
  type NdArray,
  NdView,
  sizeOf,
  wrap,
} from '../arrays/ndarray.js';
import { eventHint, isVector } from '../arrays/vector.js';
import type { Engine } from '../code/engine.js';
import type { Model } from '../code/model.js';
import { describe, mismatch, shapeText } from '../errors.js';

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
  const isTurned = shape?.[1] === size;
  const hint = isTurned ? 'a batch is features × batch' : eventHint(vector ? x[0] : array ? 0 : x);
  const expected = `[${size}] or [${size}, batch]`;
  throw mismatch(`${where}.x`, expected, got ? shapeText(got) : describe(x), hint);
}

/**
 * An input that runs nobody's code when it is read, so that streams can share the memory that it is
 * read into: itself, or a copy of what its accessors or its proxy answered. A `row` is for a vector
 * that only an engine will read. What does not fit is left to be refused.
 */
export function settled(x: unknown, size: number | undefined, row?: Float32Array): unknown {
  if (typeof x !== 'object' || x === null || ArrayBuffer.isView(x)) return x;
  return copied(x, size, row);
}

function copied(x: object, size: number | undefined, row: Float32Array | undefined): unknown {
  if (isNdArray(x)) {
    const { data, shape, stride, offset } = x;
    const isKnown = x instanceof NdView || isScijs(x);
    if (ArrayBuffer.isView(data)) return isKnown ? x : { data, shape, stride, offset };
    const length = sizeOf(shape);
    const fits = shape[0] === size && length > 0 && length < 2 ** 27;
    return fits ? wrap(flatten(x, new Array<number>(length)) as never, shape, x) : x;
  }
  if (row && readRow(x, row, 0, size as number)) return row;
  return isVector(x) && x.length === size ? [].slice.call(x) : x;
}

/** rows[to …] ← a vector, as float32; false where it is none of so many finite numbers. */
export function readRow(x: unknown, rows: Float32Array, to: number, size: number): boolean {
  if (!isVector(x) || x.length !== size) return false;
  for (let i = 0; i < size; i++) if (!put(x[i], rows, to + i)) return false;
  return true;
}

/** memory[to] ← value, as float32; false where it is no finite number. */
export function put(value: unknown, memory: Float32Array, to: number): boolean {
  if (typeof value !== 'number') return false;
  const float = Math.fround(value);
  memory[to] = float;
  // Infinity − Infinity and NaN − NaN are NaN.
  return float - float === 0;
}

/**
 * memory[to …] ← one vector in any form, rounded to float32; returns it if it is an ndarray. Throws
 * a RecurError for another size, for a batch and for a number that is not finite.
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
export function plain(x: unknown) {
  return {
    data: (typeof x === 'number' ? [x] : x) as ArrayLike<unknown>,
    stride: contiguous,
    offset: 0,
  };
}
const contiguous = [1, 0];

/** memory[to …] ← column j of an ndarray's data, rounded to float32; each number must be finite. */
export function read(
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
    if (!put(value, memory, to + i)) throw notFinite(where, i, value);
  }
}

/** memory[to …] ← x; false where a number is not finite. */
export function readFloats(x: Float32Array, memory: Float32Array, to: number): boolean {
  for (let i = 0; i < x.length; i++) {
    const value = x[i];
    memory[to + i] = value;
    if (value - value !== 0) return false;
  }
  return true;
}

/** Throws for the input that the node of an engine refused; `count` streams, or steps, were run. */
export function refuseInput(engine: Engine, number: number, count: number): never {
  const { pool, model } = engine;
  const { memory } = pool;
  const { node, reads } = engine.reader(number);
  const refusal = model.operators[node.op]?.refusal;
  for (const { rows, count: own, whereAt } of reads) {
    for (let j = 0; j < (own ?? count); j++) {
      const where = whereAt?.(node.where, j) ?? node.where;
      const at = rows.at + j * rows.stride;
      const row = memory.subarray(at, at + rows.size);
      const i = row.findIndex(value => !Number.isFinite(value));
      if (i >= 0) throw notFinite(where, i, row[i]);
      const expected = refusal?.(node as never, row[0]);
      if (expected) throw mismatch(`${where}.x`, expected, String(row[0]));
    }
  }
  throw mismatch(`${node.where}.x`, 'finite numbers', 'one that is not');
}

/** The name of a model's first layer in messages. */
export function firstIn({ graph }: Model): string {
  return graph.nodes.find(({ op }) => op !== 'port')?.where ?? '';
}

function notFinite(where: string, i: number, value: unknown): Error {
  const got = typeof value === 'number' ? value : describe(value);
  const isBeyond = typeof value === 'number' && Number.isFinite(value);
  const hint = isBeyond ? 'it is beyond float32' : eventHint(value ?? null);
  return mismatch(`${where}.x`, 'finite numbers', `${got} at [${i}]`, hint);
}
