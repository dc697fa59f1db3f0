import { isNdArray, type NdArray, wrap } from '../arrays/ndarray.js';
import { Slab } from '../arrays/slab.js';
import { bytesHint, isVector } from '../arrays/vector.js';
import { asRecurError, demand, describe, mismatch, RecurError } from '../errors.js';
import type { Packing } from './forms.js';
import { columnsOf, plain, put, read, readRow, settled } from './inputs.js';

/** What makes one vector, or batch, of records of vectors by name. */
export function packer(where: string, { ports, size }: Packing, once: boolean) {
  const slab = new Slab();
  const row = once ? new Float32Array(size) : undefined;
  if (ports.length === 1) return (x: unknown) => settled(x, size, row);
  return (x: unknown): unknown => {
    const record = recordOf(where, ports, x);
    const packed = row ?? slab.take(size);
    const isPacked = ports.every(port => {
      const value = record[port.name];
      if (typeof value === 'number' && port.size === 1) return put(value, packed, port.at);
      return isVector(value) && readRow(value, packed, port.at, port.size);
    });
    return isPacked ? packed : packedArrays(where, ports, size, record);
  };
}

type Ports = Packing['ports'];

/** The record of an event, which must have the ports and nothing else. */
function recordOf(where: string, ports: Ports, x: unknown): Readonly<Record<string, unknown>> {
  const isRecord =
    typeof x === 'object' && x !== null && !isVector(x) && !ArrayBuffer.isView(x) && !isNdArray(x);
  const expected = `a record { ${ports.map(({ name }) => name).join(', ')} }`;
  demand(isRecord, where, expected, x, isRecord ? undefined : recordHint(x));
  const record = x as Readonly<Record<string, unknown>>;
  for (const name in record) {
    if (ports.some(port => port.name === name)) continue;
    const hint = 'select makes a record of the inputs alone';
    throw mismatch(
      `${where}.${name}`,
      `no input but ${namesOf(ports)}`,
      describe(record[name]),
      hint,
    );
  }
  return record;
}

const namesOf = (ports: Ports) => ports.map(({ name }) => name).join(', ');

function recordHint(x: unknown): string {
  return x === null ? "onInvalid: 'skip' drops such events" : 'select makes it a record by name';
}

/** Vectors that are not all plain ones, as an ndarray if one of them is, or refused. */
function packedArrays(
  where: string,
  ports: Ports,
  size: number,
  record: Readonly<Record<string, unknown>>,
): unknown {
  const parts = ports.map(port => {
    const value = record[port.name];
    const hint = `an event has all of ${namesOf(ports)}`;
    demand(value !== undefined, `${where}.${port.name}`, vectorText(port.size), value, hint);
    return named(`${where}.${port.name}`, () => {
      const x = settled(value, port.size);
      const array = isNdArray(x) ? x : undefined;
      return { ...port, x, array, columns: columnsOf('', x, array, port.size) };
    });
  });
  const [{ columns, name: first }] = parts;
  const other = parts.find(part => part.columns !== columns);
  if (other) {
    const [expected, got] = [columns, other.columns].map(n => (n ? `a batch of ${n}` : 'a vector'));
    throw mismatch(`${where}.${other.name}`, `${expected}, as ${first} is`, got);
  }
  const width = columns || 1;
  const data = new Float32Array(size * width);
  for (const part of parts) {
    const column = new Float32Array(part.size);
    const fields = part.array ?? plain(part.x);
    for (let j = 0; j < width; j++) {
      named(`${where}.${part.name}`, () => read('', fields, j, column, 0, part.size));
      for (let i = 0; i < part.size; i++) data[(part.at + i) * width + j] = column[i];
    }
  }
  const like = parts.find(({ array }) => array)?.array;
  return like ? wrap(data, columns ? [size, columns] : [size], like) : data;
}

const vectorText = (size: number) => `[${size}] or [${size}, batch]`;

/** Runs what reads a port, whose name errors then have. */
function named<T>(where: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof RecurError)) throw error;
    throw new RecurError({ ...error, where, cause: error.cause });
  }
}

/** A chunk of records, or a record of ndarrays, each step's inputs in one vector. */
export function packedChunk(
  where: string,
  { ports, size }: Packing,
  steps: unknown,
  settle: (x: unknown) => unknown,
): readonly unknown[] | NdArray {
  const isList = typeof steps === 'object' && steps !== null && Symbol.iterator in steps;
  if (isList && !isNdArray(steps) && !bytesHint(steps)) {
    return Array.from(steps as Iterable<unknown>).map((x, t) => {
      try {
        return settle(x);
      } catch (error) {
        throw asRecurError(error, where, { prefix: `[${t}].` });
      }
    });
  }
  const shown = '[features, steps] or [features, steps, batch]';
  const isOne = ports.length === 1;
  const [items, arrayText] = isOne ? ['steps', 'an ndarray'] : ['records', 'a record of ndarrays'];
  const expected = `a sequence of ${items}, or ${arrayText} ${shown}`;
  const fits = isOne ? isNdArray(steps) : typeof steps === 'object' && steps && !isNdArray(steps);
  demand(fits && !ArrayBuffer.isView(steps), `${where} chunk`, expected, steps);
  const record = isOne ? { [ports[0].name]: steps } : recordOf(where, ports, steps);
  const arrays = ports.map(port => {
    const at = `${where}.${port.name}`;
    const array = settled(record[port.name], port.size);
    const fits = isNdArray(array) && array.shape.length < 4 && array.shape[1] >= 0;
    demand(fits, at, `an ndarray ${shown}`, record[port.name]);
    demand(isOne || array.shape[0] === port.size, at, `${port.size} features`, array);
    return array;
  });
  if (isOne) return arrays[0];
  return packedSequence(where, ports, size, arrays);
}

/** Sequences `[features, steps]` or `[features, steps, batch]` as one. */
function packedSequence(
  where: string,
  ports: Ports,
  size: number,
  arrays: readonly NdArray[],
): NdArray {
  const [{ shape }] = arrays;
  const [, count, batch = 1] = shape;
  const odd = arrays.findIndex(array => String(array.shape.slice(1)) !== String(shape.slice(1)));
  if (odd >= 0) {
    const expected = `[${[ports[odd].size, ...shape.slice(1)].join(', ')}], as ${ports[0].name} is`;
    const got = `[${arrays[odd].shape.join(', ')}]`;
    throw mismatch(`${where}.${ports[odd].name}`, expected, got);
  }
  const width = count * batch;
  const data = new Float32Array(size * width);
  for (const [k, { name, at, size: features }] of ports.entries()) {
    const { data: from, stride, offset } = arrays[k];
    for (let i = 0; i < features; i++) {
      for (let t = 0; t < count; t++) {
        for (let j = 0; j < batch; j++) {
          const value = from[offset + i * stride[0] + t * stride[1] + (j && j * stride[2])];
          if (put(value, data, (at + i) * width + t * batch + j)) continue;
          const got = `${typeof value === 'number' ? value : describe(value)} at [${i}]`;
          throw mismatch(`[${t}].${where}.${name}`, 'finite numbers', got);
        }
      }
    }
  }
  return wrap(data, [size, ...shape.slice(1)], arrays[0]);
}

/** The vectors, batches or sequences by name that are packed into one. */
export function unpacked({ ports }: Packing, y: unknown, copies = false): unknown {
  if (ports.length === 1) return y;
  const array = isNdArray(y) ? y : undefined;
  const data = (array ? array.data : y) as Float32Array;
  const [, ...rest] = array?.shape ?? [];
  const width = rest.reduce((product, n) => product * n, 1);
  const parts = ports.map(({ name, at, size }) => {
    const [begin, end] = [at * width, (at + size) * width];
    const part = copies ? data.slice(begin, end) : data.subarray(begin, end);
    return [name, array ? wrap(part, [size, ...rest], array) : part];
  });
  return Object.fromEntries(parts);
}
