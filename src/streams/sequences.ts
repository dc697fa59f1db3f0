import { isNdArray, type NdArray, sliceAt, wrap } from '../arrays/ndarray.js';
import { Slab } from '../arrays/slab.js';
import { bytesHint, isVector } from '../arrays/vector.js';
import { asRecurError, describe, mismatch } from '../errors.js';
import type { Machine, Sequence } from './any-machine.js';
import { type AnyCell, internals } from './cell.js';
import { put, readFloats, settled } from './inputs.js';
import { layerText } from './model.js';
import { copyValue } from './values.js';

/** The steps of a chunk: arrays of one, or an ndarray `[features, steps]`, `[…, steps, batch]`. */
type Steps = readonly unknown[] | NdArray;

/** A chunk in any form, each input of it `settled`. */
export function readChunk(cell: AnyCell, steps: unknown): Steps {
  const { inputSize } = cell;
  const { ports } = cell[internals];
  if (ports) return ports.chunk(steps);
  const array = isNdArray(steps) ? steps : undefined;
  const fits = array
    ? array.shape[1] >= 0 && array.shape.length < 4
    : typeof steps === 'object' && Symbol.iterator in Object(steps) && !bytesHint(steps);
  if (!fits) {
    const expected =
      'a sequence of steps, or an ndarray [features, steps] or [features, steps, batch]';
    throw mismatch(`${layerText(cell)} chunk`, expected, describe(steps), bytesHint(steps));
  }
  if (array) return settled(array, inputSize) as NdArray;
  return Array.from(steps as Iterable<unknown>).map(x => settled(x, inputSize));
}

interface ChunkOptions {
  readonly reuse?: boolean | undefined;
  readonly chunks?: boolean | undefined;
  readonly transferable?: boolean | undefined;
}

/** What steps a chunk through a machine: outputs in the form in which the steps came. */
export function chunkSteps(
  cell: Pick<AnyCell, 'outputSize'>,
  { reuse, chunks, transferable }: ChunkOptions,
) {
  const { outputSize = 0 } = cell;
  const slab = new Slab(transferable);
  /** The outputs that `reuse` emits again and again. */
  let data = new Float32Array(0);
  const renew = (size: number) => {
    if (!reuse || data.length !== size) data = new Float32Array(size);
    return data;
  };

  return (machine: Machine, steps: Steps): unknown => {
    const array = isNdArray(steps) ? steps : undefined;
    const [, count, batch = 1] = array?.shape ?? [];
    if (array && array.shape.length === 2 && machine.sequence) {
      const columns = columnsOf(array, renew);
      if (machine.sequence(columns))
        return wrap(columns.target(), [outputSize, columns.steps()], array);
    }
    const list = array ? undefined : (steps as readonly unknown[]);
    if (list && machine.sequence && list.every(isVector)) {
      const written: Float32Array[] = [];
      if (machine.sequence(vectorsOf(list, slab, written))) return written;
    }
    if (machine.chunk) return machine.chunk(cell, steps);
    const stepAt = (_: unknown, t: number) => {
      try {
        const y = machine.step(array ? sliceAt(array, 1, t) : list?.[t]);
        // Outside chunks a machine may emit one view again and again: a sequence wants them apart.
        return reuse && !chunks ? copyValue(y) : y;
      } catch (error) {
        throw asRecurError(error, String(cell), { prefix: `[${t}].` });
      }
    };
    const outputs = Array.from(list ?? { length: count }, stepAt);
    const size = outputSize * batch;
    const rows = outputs.map(y => (isNdArray(y) ? y.data : y) as Float32Array);
    // What a user's function makes need not have a vector for each column.
    if (!array || !size || rows.some(({ length }) => length !== size)) return outputs;
    const target = renew(size * count);
    for (const [t, row] of rows.entries()) {
      for (let k = 0; k < size; k++) {
        target[(Math.floor(k / batch) * count + t) * batch + (k % batch)] = row[k];
      }
    }
    return wrap(target, [outputSize, ...array.shape.slice(1)], array);
  };
}

/** The columns of an ndarray `[features, steps]` as a sequence, and where they are written. */
function columnsOf(
  { data, shape, stride, offset }: NdArray,
  renew: (size: number) => Float32Array<ArrayBuffer>,
): Sequence & { target(): Float32Array; steps(): number } {
  const [features, steps] = shape;
  const [feature, step] = stride;
  let target = new Float32Array(0);
  let length = 0;
  return {
    count: steps,
    target: () => target,
    steps: () => length,
    // Feature by feature: their steps lie side by side.
    read(first, count, memory, { at, stride: row, size }) {
      if (features !== size) return false;
      for (let i = 0; i < size; i++) {
        let from = offset + i * feature + first * step;
        for (let t = 0, to = at + i; t < count; t++, from += step, to += row) {
          if (!put(data[from], memory, to)) return false;
        }
      }
      return true;
    },
    write(first, count, memory, { at, stride: row, size }, total) {
      length = total;
      if (first === 0) target = renew(size * total);
      for (let i = 0; i < size; i++) {
        const to = i * total + first;
        for (let t = 0, from = at + i; t < count; t++, from += row) target[to + t] = memory[from];
      }
    },
  };
}

/** Vectors as a sequence, and where the vectors that come out are put. */
function vectorsOf(
  list: readonly (readonly number[])[],
  slab: Slab,
  written: Float32Array[],
): Sequence {
  return {
    count: list.length,
    read(first, count, memory, { at, stride, size }, isChecked) {
      for (let t = 0, to = at; t < count; t++, to += stride) {
        const step = list[first + t];
        if (step.length !== size) return false;
        if (step instanceof Float32Array) {
          if (isChecked) memory.set(step, to);
          else if (!readFloats(step, memory, to)) return false;
          continue;
        }
        for (let i = 0; i < size; i++) if (!put(step[i], memory, to + i)) return false;
      }
      return true;
    },
    write(first, count, memory, { at, stride, size }) {
      for (let t = 0, from = at; t < count; t++, from += stride) {
        const y = slab.take(size);
        for (let i = 0; i < size; i++) y[i] = memory[from + i];
        written[first + t] = y;
      }
    },
  };
}
