import fc from 'fast-check';
import type { NdArray, Vec } from '../../src/index.js';

/** Uniform numbers in [0, 1): mulberry32. */
export type Random = () => number;

export function generator(seed: number): Random {
  let a = seed | 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The smallest float32 above 0, one of the largest below 1, −0, and doubles between floats. */
const edges = [0, -0, 1, -1, 2 ** -149, -(2 ** -126), 1 - 2 ** -25, 0.1, 1 / 3, 1e-30];

/** A stream of `steps` vectors of `size`, most within [−2, 2], some at the edges of float32. */
export function signal(seed: number, size: number, steps: number): number[][] {
  const random = generator(seed);
  const component = () =>
    random() < 0.1 ? edges[Math.floor(random() * edges.length)] : 4 * random() - 2;
  return Array.from({ length: steps }, () => Array.from({ length: size }, component));
}

/** The ways to write down one datum. */
export const forms = ['Float32Array', 'Float64Array', 'number[]', 'number', 'ndarray'] as const;
export type Form = (typeof forms)[number];

/** Values in a form; a bare number only where there is one, else an array of numbers. */
export function inForm(form: Form, values: readonly number[], random: Random): Vec {
  if (form === 'Float32Array') return Float32Array.from(values);
  if (form === 'Float64Array') return Float64Array.from(values);
  if (form === 'number' && values.length === 1) return values[0];
  if (form === 'ndarray') return view(values, [values.length], random);
  return [...values];
}

/**
 * Row-major values as an ndarray of any layout: axes in any order and direction, gaps between the
 * elements, an offset, all three kinds of data; NaN wherever no element is.
 */
export function view(values: readonly number[], shape: readonly number[], random: Random): NdArray {
  const axes = shape.map((_, d) => d).sort(() => random() - 0.5);
  const stride = shape.map(() => 0);
  let offset = Math.floor(random() * 4);
  let length = 1;
  for (const d of axes) {
    const step = length + Math.floor(random() * 3);
    const backwards = random() < 0.4;
    stride[d] = backwards ? -step : step;
    if (backwards) offset += step * Math.max(0, shape[d] - 1);
    length += step * Math.max(0, shape[d] - 1);
  }
  const size = offset + length + Math.floor(random() * 3);
  const kinds = [Float32Array, Float64Array, Array<number>] as const;
  const data = new kinds[Math.floor(random() * 3)](size).fill(Number.NaN);
  for (const [k, value] of values.entries()) {
    let rest = k;
    let at = offset;
    for (let d = shape.length - 1; d >= 0; d--) {
      at += stride[d] * (rest % shape[d]);
      rest = Math.floor(rest / shape[d]);
    }
    data[at] = value;
  }
  return { data, shape: [...shape], stride, offset };
}

/** Streams of several columns as one batch a step: `columns[j][t]` to `batch[t]`. */
export function batched(columns: readonly number[][][], random: Random): NdArray[] {
  return columns[0].map((first, t) => {
    const values = first.flatMap((_, i) => columns.map(column => column[t][i]));
    return view(values, [first.length, columns.length], random);
  });
}

/** A sequence cut at random into pieces, some of them empty. */
export function pieces<T>(sequence: readonly T[], random: Random): T[][] {
  const out: T[][] = [];
  for (let at = 0; at < sequence.length; ) {
    const length = Math.floor(random() * 5);
    out.push(sequence.slice(at, at + length));
    at += length;
  }
  return out;
}

export const someSeed = fc.nat({ max: 2 ** 31 - 1 });
export const someForm = fc.constantFrom(...forms);
export const someSteps = fc.integer({ min: 0, max: 12 });
