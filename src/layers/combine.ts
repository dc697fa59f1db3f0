import { isNdArray, wrap } from '../arrays/ndarray.js';
import { readNumbers } from '../arrays/numbers.js';
import type { ModelBuilder } from '../code/model.js';
import { combine as combining, move } from '../code/rows.js';
import { demand, mismatch, shapeText } from '../errors.js';
import type { Frames, Join, Joins } from '../streams/flow.js';

/** What several outputs become: one after another, or added or multiplied element by element. */
export type Combine = 'concat' | 'add' | 'multiply';

type Floats = Float32Array<ArrayBuffer>;

export function checkCombine(where: string, given: unknown): asserts given is Combine {
  const known = ['concat', 'add', 'multiply'].includes(given as string);
  demand(known, where, "'concat', 'add' or 'multiply'", given);
}

/** The size that outputs of these sizes are combined to; undefined where one is unknown. */
export function combinedSize(
  where: string,
  combine: Combine,
  sizes: readonly (number | undefined)[],
): number | undefined {
  const known = sizes.filter(size => size !== undefined);
  if (combine === 'concat') {
    return known.length < sizes.length ? undefined : known.reduce((sum, size) => sum + size, 0);
  }
  const odd = known.find(size => size !== known[0]);
  if (odd !== undefined) throw mismatch(where, `outputs of one size, ${known[0]}`, String(odd));
  return known[0];
}

/** Adds the node that makes one vector of several. */
export function joinNode(
  builder: ModelBuilder,
  by: Join,
  of: readonly number[],
  where: string,
): number {
  const sizes = of.map(i => builder.nodes[i].size);
  const [size] = sizes;
  if (by !== 'concat') {
    const isMean = by === 'average';
    const op = isMean ? 'add' : by;
    return builder.add({ op, ...(isMean && { half: true }), of, size, where }, combining);
  }
  let to = 0;
  const moves = sizes.map((count, from) => ({ from, at: 0, to: (to += count) - count, count }));
  return builder.add({ op: 'move', moves, state: 0, of, size: to, where }, move);
}

/** What outputs in any form are combined to, in that form: for what is no one program. */
function combineValues(where: string, combine: Join, values: readonly unknown[]): unknown {
  const parts = values.map(value => readNumbers(where, value, 'a vector or [features, batch]'));
  const array = values.find(isNdArray);
  const [{ shape }] = parts;
  const [, ...batch] = shape;
  const odd = parts.find(part => {
    const own = combine === 'concat' ? part.shape.slice(1) : part.shape;
    return String(own) !== String(combine === 'concat' ? batch : shape);
  });
  if (odd) throw mismatch(where, `outputs like ${shapeText(shape)}`, shapeText(odd.shape));
  const data =
    combine === 'concat'
      ? Float32Array.from(parts.flatMap(part => [...part.values]))
      : parts.map(part => part.values).reduce((a, b) => folded(combine, a, b));
  if (!array) return data;
  return wrap(data, [data.length / batch.reduce((n, size) => n * size, 1), ...batch], array);
}

/** Frames of as many steps, combined step by step. */
function combineFrames(where: string, combine: Join, parts: readonly Frames[]): Frames {
  const [{ count }] = parts;
  const odd = parts.find(part => part.count !== count);
  if (odd) throw mismatch(where, `outputs of ${count} steps`, `one of ${odd.count}`);
  if (combine !== 'concat') {
    const data = parts.map(part => part.data as Floats).reduce((a, b) => folded(combine, a, b));
    return { ...parts[0], data };
  }
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  const data = new Float32Array(size * count);
  let to = 0;
  for (const part of parts) {
    for (let t = 0; t < count; t++) {
      data.set(part.data.subarray(t * part.size, (t + 1) * part.size), t * size + to);
    }
    to += part.size;
  }
  return { data, count, size };
}

function folded(by: Exclude<Join, 'concat'>, a: Floats, b: Floats): Floats {
  if (by === 'average') return folded('add', a, b).map(y => y / 2);
  return a.map((x, i) => (by === 'add' ? x + b[i] : x * b[i]));
}

/** How layers make one of several outputs. */
export const joins: Joins = {
  size: sizes => combinedSize('concat', 'concat', sizes),
  node: joinNode,
  values: combineValues,
  frames: combineFrames,
};
