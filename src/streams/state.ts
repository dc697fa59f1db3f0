import { flatten, NdView } from '../arrays/ndarray.js';
import { readNumbers } from '../arrays/numbers.js';
import { demand, describe, mismatch, shapeText } from '../errors.js';

/** Columns of a stream: null before its first datum, 0 for plain vectors, else the batch size. */
export type Batch = number | null;

/** A state variable of a cell. */
export interface StateVariable {
  readonly name: string;
  readonly size: number;
}

/** The states of a cell, by the name of its layer, or of the members of a `chain`, or the like. */
export type StateShape =
  | { readonly layer: string; readonly variables: readonly StateVariable[] }
  | { readonly kind?: string; readonly members: readonly StateShape[] };

/** One state variable as users see it: `[size]`, or `[size, batch]` in a batch. */
export type StateArray = Float32Array | NdView;

/**
 * A given state: for each variable a row-major copy, `[size]` or, with columns, `[size, columns]`.
 */
export interface GivenState {
  /** Undefined stands for zeros. */
  readonly parts: readonly (Part | undefined)[];
  readonly batch: Batch;
}

interface Part {
  readonly values: Float32Array;
  readonly columns: number;
}

/** How a state came about. */
export interface Origin {
  /** True: a snapshot's, where undefined does not stand for the initial one. */
  readonly restored?: boolean | undefined;
  /** The batch of a restored state; null or absent: the first datum fixes it. */
  readonly batch?: Batch | undefined;
  /** True: one that was configured, and must be finite; one that grew need not be. */
  readonly finite?: boolean | undefined;
}

/** Checks and copies a state in the public form; undefined stands for zeros. */
export function readState(shape: StateShape, given: unknown, origin: Origin): GivenState {
  let batch: Batch = null;
  const parts: (Part | undefined)[] = [];

  const readMember = (prefix: string, member: StateShape, value: unknown): void => {
    if ('members' in member) {
      const where = prefix + (member.kind ?? 'chain');
      const own = statesFor(where, member.members, value, origin.restored);
      for (const [i, next] of member.members.entries()) {
        readMember(`${where}[${i}].`, next, own(i));
      }
      return;
    }
    const { variables } = member;
    const layer = prefix + member.layer;
    const where = `${layer}.initialState`;
    const values = valuesByName(where, variables, value);
    const names = variables.map(({ name }) => name);
    if (!values && names.length && origin.restored) {
      throw mismatch(`${layer}.restore`, `the state ${names.join(', ')}`, 'undefined');
    }
    for (const [k, { name, size }] of variables.entries()) {
      const at = names.length > 1 ? `${where}.${name}` : where;
      parts.push(values && readPart(at, layer, size, values[k]));
    }
  };

  const readPart = (at: string, layer: string, size: number, value: unknown): Part => {
    const expected = `[${size}] or [${size}, ${batch ?? 'batch'}]`;
    const { values, shape: got } = readNumbers(at, value, expected);
    const [rows, columns = 0] = got;
    const batched = got.length === 2 && columns > 0 && columns === (batch ?? columns);
    if (rows !== size || !(got.length === 1 || batched)) {
      throw mismatch(at, expected, shapeText(got));
    }
    if (batched) batch = columns;
    const odd = origin.finite ? values.findIndex(v => !Number.isFinite(v)) : -1;
    demand(odd < 0, `${layer}.initialState`, 'finite float32 numbers', values[odd]);
    const { batch: own = null } = origin;
    if (origin.restored && columns !== (own ?? 0)) {
      const got = `one of batch ${columns}`;
      throw mismatch(`${layer}.restore`, `a state of batch ${own}`, got);
    }
    return { values, columns };
  };

  readMember('', shape, given);
  return { parts, batch: origin.batch ?? batch };
}

/** The state that a tuple of members' states has for each. */
export function statesFor(
  where: string,
  { length }: readonly unknown[],
  state: unknown,
  restored = false,
) {
  const isGiven = state !== undefined || restored;
  const isTuple = Array.isArray(state) && state.length === length;
  demand(isTuple || !isGiven, `${where}.initialState`, `a tuple of ${length}`, state);
  return (i: number): unknown => (state as unknown[] | undefined)?.[i];
}

function valuesByName(
  where: string,
  variables: readonly StateVariable[],
  given: unknown,
): readonly unknown[] | undefined {
  if (given === undefined) return undefined;
  const names = variables.map(({ name }) => name);
  if (names.length === 0) throw mismatch(where, 'undefined, there is no state', describe(given));
  if (names.length === 1) return [given];
  const record = Object(given) as Record<string, unknown>;
  if (Object.keys(record).sort().join() !== [...names].sort().join()) {
    throw mismatch(where, `{ ${names.join(', ')} }`, describe(given));
  }
  return names.map(name => record[name]);
}

/** Where the streams' states are: one block a stream, in each the variables at `offsets`. */
export interface Blocks {
  readonly memory: Float32Array;
  readonly at: number;
  readonly block: number;
  readonly offsets: readonly number[];
  readonly streams: number;
}

/** Writes a state into the streams' blocks; a vector is broadcast over them. */
export function layOut({ parts }: GivenState, blocks: Blocks): void {
  const { memory, at, block, offsets, streams } = blocks;
  for (const [k, part] of parts.entries()) {
    if (!part) continue;
    const { values, columns } = part;
    const size = values.length / (columns || 1);
    for (let j = 0; j < streams; j++) {
      const from = at + j * block + offsets[k];
      const [stride, offset] = columns ? [columns, j] : [1, 0];
      const column = { data: values, shape: [size], stride: [stride], offset };
      flatten(column, memory.subarray(from, from + size));
    }
  }
}

/** The blocks' state in the public form, copied: vectors, or with columns `[size, columns]`. */
export function writeState(shape: StateShape, blocks: Blocks, columns: number): unknown {
  const { memory, at, block, offsets, streams } = blocks;
  let k = 0;
  const write = (member: StateShape): unknown => {
    if ('members' in member) return member.members.map(write);
    const entries = member.variables.map(({ name, size }): [string, StateArray] => {
      const view = {
        data: memory,
        shape: [size, streams],
        stride: [1, block],
        offset: at + offsets[k++],
      };
      const data = flatten(view, new Float32Array(size * streams));
      return [name, columns ? new NdView(data, [size, columns]) : data];
    });
    return entries.length > 1 ? Object.fromEntries(entries) : entries[0]?.[1];
  };
  return write(shape);
}
