import { NdView } from '../arrays/ndarray.js';
import { readNumbers } from '../arrays/numbers.js';
import { describe, mismatch, shapeText } from '../errors.js';

/** Columns of a stream: null before its first datum, 0 for plain vectors, else the batch size. */
export type Batch = number | null;

/** A state variable's place in a stream's block. */
export interface StateVariable {
  readonly name: string;
  readonly size: number;
}

/** One state variable as users see it: `[size]`, or `[size, batch]` in a batch. */
export type StateArray = Float32Array | NdView;

/** A given state: for each variable a row-major copy, `[size]` or, with columns, `[size, columns]`. */
export interface GivenState {
  readonly parts: readonly { readonly values: Float32Array; readonly columns: number }[];
  readonly batch: Batch;
}

/** Checks and copies a state in the public form; undefined stands for zeros. */
export function readState(
  where: string,
  variables: readonly StateVariable[],
  given: unknown,
): GivenState {
  let batch: Batch = null;
  if (given === undefined) return { parts: [], batch };
  const parts = valuesByName(where, variables, given).map(([at, value], k) => {
    const { size } = variables[k];
    const expected = `[${size}]${batch === null ? ` or [${size}, batch]` : ` or [${size}, ${batch}]`}`;
    const { values, shape } = readNumbers(at, value, expected);
    const [rows, columns = 0] = shape;
    const agrees = columns === 0 || batch === null || columns === batch;
    if (rows !== size || shape.length > 2 || (shape.length === 2 && columns < 1) || !agrees) {
      throw mismatch(at, expected, shapeText(shape));
    }
    if (columns > 0) batch = columns;
    return { values, columns };
  });
  return { parts, batch };
}

function valuesByName(
  where: string,
  variables: readonly StateVariable[],
  given: unknown,
): (readonly [where: string, value: unknown])[] {
  const names = variables.map(({ name }) => name);
  if (names.length === 0) throw mismatch(where, 'undefined, there is no state', describe(given));
  if (names.length === 1) return [[where, given]];
  const record = Object(given) as Record<string, unknown>;
  if (Object.keys(record).sort().join() !== [...names].sort().join()) {
    throw mismatch(where, `{ ${names.join(', ')} }`, describe(given));
  }
  return names.map(name => [`${where}.${name}`, record[name]]);
}

/** Writes a given state into the blocks of `columns` streams; a vector is broadcast over them. */
export function layOut(
  { parts }: GivenState,
  variables: readonly StateVariable[],
  blocks: Float32Array,
  streams: number,
): void {
  const stateSize = blocks.length / streams;
  let start = 0;
  for (const [k, { values, columns }] of parts.entries()) {
    for (let j = 0; j < streams; j++) {
      for (let i = 0; i < variables[k].size; i++) {
        blocks[j * stateSize + start + i] = columns ? values[i * columns + j] : values[i];
      }
    }
    start += variables[k].size;
  }
}

/** The blocks' state in the public form, copied: vectors, or with columns `[size, columns]`. */
export function writeState(
  variables: readonly StateVariable[],
  blocks: Float32Array,
  columns: number,
): unknown {
  const streams = columns || 1;
  const stateSize = blocks.length / streams;
  let start = 0;
  const entries = variables.map(({ name, size }): [string, StateArray] => {
    const data = new Float32Array(size * streams);
    for (let k = 0; k < data.length; k++) {
      data[k] = blocks[(k % streams) * stateSize + start + Math.floor(k / streams)];
    }
    start += size;
    return [name, columns ? new NdView(data, [size, columns]) : data];
  });
  return entries.length > 1 ? Object.fromEntries(entries) : entries[0]?.[1];
}
