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
  eachElement(variables, stateSize, streams, (at, k, i, j) => {
    if (!parts[k]) return;
    const { values, columns } = parts[k];
    blocks[at] = columns ? values[i * columns + j] : values[i];
  });
  return blocks;
}

/** The blocks' state in the public form, copied: vectors, or with columns `[size, columns]`. */
export function writeState(
  variables: readonly StateVariable[],
  blocks: Float32Array,
  columns: number,
): unknown {
  const streams = columns || 1;
  const copies = variables.map(({ size }) => new Float32Array(size * streams));
  eachElement(variables, blocks.length / streams, streams, (at, k, i, j) => {
    copies[k][i * streams + j] = blocks[at];
  });
  const entries = variables.map(({ name, size }, k): [string, StateArray] => {
    return [name, columns ? new NdView(copies[k], [size, columns]) : copies[k]];
  });
  return entries.length > 1 ? Object.fromEntries(entries) : entries[0]?.[1];
}

/** Visits row i of variable k in stream j, which the blocks have at index `at`. */
function eachElement(
  variables: readonly StateVariable[],
  stateSize: number,
  streams: number,
  visit: (at: number, k: number, i: number, j: number) => void,
): void {
  let start = 0;
  for (const [k, { size }] of variables.entries()) {
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < streams; j++) visit(j * stateSize + start + i, k, i, j);
    }
    start += size;
  }
}
