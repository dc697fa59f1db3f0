import { isNdArray, type NdArray, sliceAt, wrap } from '../arrays/ndarray.js';
import { Slab } from '../arrays/slab.js';
import type { AnyCell } from '../equations/cell.js';
import { isVector } from '../equations/inputs.js';
import type { Machine, Sequence } from '../equations/machine.js';
import { asRecurError, demand } from '../errors.js';
import { layerText } from './chain.js';
import { copyValue } from './values.js';

/** What steps a chunk through a machine: outputs in the form in which the steps came. */
export function chunkSteps(
  cell: AnyCell,
  {
    reuse,
    chunks,
  }: { readonly reuse?: boolean | undefined; readonly chunks?: boolean | undefined },
) {
  const { outputSize = 0 } = cell;
  /** The outputs that `reuse` emits again and again. */
  let data = new Float32Array(0);
  const renew = (size: number) => {
    if (!reuse || data.length !== size) data = new Float32Array(size);
    return data;
  };

  return (machine: Machine, steps: unknown): unknown => {
    const array = isNdArray(steps) ? steps : undefined;
    const [, count, batch = 1] = array?.shape ?? [];
    demand(
      array
        ? count >= 0 && array.shape.length < 4
        : typeof steps === 'object' && Symbol.iterator in Object(steps),
      `${layerText(cell)} chunk`,
      'a sequence of steps, or an ndarray [features, steps] or [features, steps, batch]',
      steps,
    );
    if (machine.chunk) {
      return machine.chunk(cell, array ?? Array.from(steps as Iterable<unknown>));
    }
    if (array && array.shape.length === 2 && machine.sequence) {
      const target = renew(outputSize * count);
      if (machine.sequence(columnsOf(array, target)))
        return wrap(target, [outputSize, count], array);
    }
    const list = array ? undefined : Array.from(steps as Iterable<unknown>);
    if (list && machine.sequence && list.every(isVector)) {
      const written: Float32Array[] = [];
      if (machine.sequence(vectorsOf(list, written))) return written;
    }
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

/** The columns of an ndarray `[features, steps]` as a sequence, written to another one's elements. */
function columnsOf({ data, shape, stride, offset }: NdArray, target: Float32Array): Sequence {
  const [features, steps] = shape;
  const [feature, step] = stride;
  return {
    count: steps,
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
    write(first, count, memory, { at, stride: row, size }) {
      for (let i = 0; i < size; i++) {
        const to = i * steps + first;
        for (let t = 0, from = at + i; t < count; t++, from += row) target[to + t] = memory[from];
      }
    },
  };
}

/** memory[to] ← value, as float32; false where it is no finite number. */
function put(value: unknown, memory: Float32Array, to: number): boolean {
  if (typeof value !== 'number') return false;
  const float = Math.fround(value);
  memory[to] = float;
  // Infinity − Infinity and NaN − NaN are NaN.
  return float - float === 0;
}

/** Vectors as a sequence, and where the vectors that come out are put. */
function vectorsOf(list: readonly (readonly number[])[], written: Float32Array[]): Sequence {
  const slab = new Slab();
  return {
    count: list.length,
    read(first, count, memory, { at, stride, size }) {
      for (let t = 0, to = at; t < count; t++, to += stride) {
        const step = list[first + t];
        if (step.length !== size) return false;
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
