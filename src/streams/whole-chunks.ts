import { isNdArray, type NdArray, sliceAt, wrap } from '../arrays/ndarray.js';
import { asRecurError, describe, mismatch } from '../errors.js';
import type { Frames } from './flow.js';
import { readVector } from './inputs.js';

/** A model's face as far as its input goes. */
export interface Sized {
  readonly inputSize: number | undefined;
  toString(): string;
}

/** The steps of a chunk: arrays of one, or an ndarray `[features, steps]`, `[…, steps, batch]`. */
type Steps = readonly unknown[] | NdArray;

/** Feeds a chunk, whole, to a machine; outputs in the form in which the steps came. */
export function wholeChunk(
  cell: Sized,
  machine: { whole(steps: Frames): Frames },
  steps: Steps,
): unknown {
  const array = isNdArray(steps) ? steps : undefined;
  const list = array ? undefined : (steps as readonly unknown[]);
  const first = list?.[0];
  const view = isNdArray(first) && first.shape.length === 2 ? first : undefined;
  const [, , own = 0] = array?.shape ?? [];
  const batch = array ? own : (view?.shape[1] ?? 0);
  const stepAt = (t: number) => (array ? sliceAt(array, 1, t) : list?.[t]);
  const count = array ? array.shape[1] : (list as readonly unknown[]).length;
  const outputs = Array.from({ length: batch || 1 }, (_, j) => {
    const vectorAt = (t: number) => (batch ? columnAt(stepAt(t), j, batch) : stepAt(t));
    return machine.whole(framesOf(cell, count, vectorAt));
  });
  const [{ count: length, size }] = outputs;
  if (array) {
    const data = new Float32Array(size * length * (batch || 1));
    for (const [j, { data: frames }] of outputs.entries()) {
      for (let t = 0; t < length; t++) {
        for (let i = 0; i < size; i++) {
          data[(i * length + t) * (batch || 1) + j] = frames[t * size + i];
        }
      }
    }
    return wrap(data, [size, length, ...array.shape.slice(2)], array);
  }
  return Array.from({ length }, (_, t) => {
    const rows = outputs.map(({ data }) => data.slice(t * size, (t + 1) * size));
    if (!batch) return isNdArray(first) ? wrap(rows[0], [size], first) : rows[0];
    const data = Float32Array.from({ length: size * batch }, (_, k) => {
      return rows[k % batch][Math.floor(k / batch)];
    });
    return wrap(data, [size, batch], view as NdArray);
  });
}

function columnAt(step: unknown, j: number, batch: number): unknown {
  if (isNdArray(step) && step.shape.length === 2 && step.shape[1] === batch) {
    return sliceAt(step, 1, j);
  }
  const expected = `an ndarray [features, ${batch}], as the first step is`;
  throw mismatch('chunk', expected, describe(step));
}

/** Vectors in any form as frames; each is checked as a step is. */
export function framesOf(cell: Sized, count: number, vectorAt: (t: number) => unknown): Frames {
  // A plain function that comes first takes vectors of any size.
  const { inputSize: size = count ? lengthOf(vectorAt(0)) : 1 } = cell;
  const data = new Float32Array(count * size);
  for (let t = 0; t < count; t++) {
    try {
      readVector(String(cell), vectorAt(t), data, t * size, size);
    } catch (error) {
      throw asRecurError(error, String(cell), { prefix: `[${t}].` });
    }
  }
  return { data, count, size };
}

const lengthOf = (x: unknown) => (isNdArray(x) ? x.shape[0] : ((x as Float32Array)?.length ?? 1));
