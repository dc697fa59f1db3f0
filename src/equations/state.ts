import { flatten, NdView } from '../arrays/ndarray.js';
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
  const values = valuesByName(where, variables, given);
  const parts = variables.map(({ name, size }, k) => {
    const at = values.length > 1 ? `${where}.${name}` : where;
    const expected = `[${size}] or [${size}, ${batch ?? 'batch'}]`;
    const { values: numbers, shape } = readNumbers(at, values[k], expected);
    const [rows, columns = 0] = shape;
    const batched = shape.length === 2 && columns > 0 && columns === (batch ?? columns);
    if (rows !== size || !(shape.length === 1 || batched)) {
      throw mismatch(at, expected, shapeText(shape));
    }
    if (batched) batch = columns;
    return { values: numbers, columns };
  });
  return { parts, batch };
}

function valuesByName(
  where: string,
  variables: readonly StateVariable[],
  given: unknown,
): readonly unknown[] {
  const names = variables.map(({ name }) => name);
  if (names.length === 0) throw mismatch(where, 'undefined, there is no state', describe(given));
  if (names.length === 1) return [given];
  const record = Object(given) as Record<string, unknown>;
  if (Object.keys(record).sort().join() !== [...names].sort().join()) {
    throw mismatch(where, `{ ${names.join(', ')} }`, describe(given));
  }
  return names.map(name => record[name]);
}

/** The blocks of so many streams, one after another; a vector is broadcast over them. */
export function layOut(
  { parts }: GivenState,
  variables: readonly StateVariable[],
  stateSize: number,
  streams: number,
): Float32Array {
  const blocks = new Float32Array(stateSize * streams);
  for (let j = 0, at = 0; j < streams; j++) {
    for (const [k, { size }] of variables.entries()) {
      const { values, columns = 0 } = parts[k] ?? {};
      const block = blocks.subarray(at, (at += size));
      const [stride, offset] = columns ? [columns, j] : [1, 0];
      if (values) flatten({ data: values, shape: [size], stride: [stride], offset }, block);
    }
  }
  return blocks;
}

/** The blocks' state in the public form, copied: vectors, or with columns `[size, columns]`. */
export function writeState(
  variables: readonly StateVariable[],
  blocks: Float32Array,
  columns: number,
): unknown {
  const streams = columns || 1;
  const stride = [1, blocks.length / streams];
  let offset = 0;
  const entries = variables.map(({ name, size }): [string, StateArray] => {
    const shape = [size, streams];
    const data = flatten({ data: blocks, shape, stride, offset }, new Float32Array(size * streams));
    offset += size;
    return [name, columns ? new NdView(data, shape) : data];
  });
  return entries.length > 1 ? Object.fromEntries(entries) : entries[0]?.[1];
}
