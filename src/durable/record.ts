import { demand, mismatch } from '../errors.js';
import { littleEndian } from '../streams/little-endian.js';
import { crc32c } from './crc.js';
import { checkOutputs, type RecordHead, readHead } from './record-head.js';

export type { Letter, Outputs, RecordHead } from './record-head.js';

/**
 * A record of a job in a partition, version 1, little-endian: the text `RXRC`, four counts of
 * bytes as uint32 (head, times, states, values), then those parts, each filled up with zeros to a
 * multiple of eight bytes, and the CRC-32C of all before as uint32.
 *
 * The head is JSON in UTF-8. `times` are float64: when each key of the states was used last. The
 * states are a checkpoint as `keyedSnapshots` reads it: of all keys that the record touches.
 * `values` are the float32 numbers of the outputs, where all are vectors of one size.
 */
export interface RecordParts {
  readonly head: RecordHead;
  readonly times?: ArrayLike<number> | undefined;
  readonly states?: Uint8Array | undefined;
  readonly values?: Float32Array | undefined;
}

const magic = 0x43525852;
const counts = 5;
const padded = (length: number) => Math.ceil(length / 8) * 8;

/** The bytes of a record. */
export function encodeRecord({ head, times, states, values }: RecordParts): Uint8Array {
  const parts = [
    new TextEncoder().encode(JSON.stringify(head)),
    littleEndian(Float64Array.from(times ?? [])),
    states ?? new Uint8Array(),
    littleEndian(new Float32Array(values ?? [])),
  ];
  const begin = padded(4 * counts);
  const end = parts.reduce((sum, { length }) => sum + padded(length), begin);
  const bytes = new Uint8Array(end + 4);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, magic, true);
  let at = begin;
  for (const [i, part] of parts.entries()) {
    view.setUint32(4 + 4 * i, part.length, true);
    bytes.set(part, at);
    at += padded(part.length);
  }
  view.setUint32(end, crc32c(bytes.subarray(0, end)), true);
  return bytes;
}

/** Reads a record; throws a RecurError that names the place of what is not as it was written. */
export function decodeRecord(bytes: Uint8Array, where: string): RecordParts {
  const begin = padded(4 * counts);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isRecord = bytes.length >= begin + 4 && view.getUint32(0, true) === magic;
  demand(isRecord, where, "a record, which begins with 'RXRC'", `${bytes.length} bytes`);
  const lengths = Array.from({ length: 4 }, (_, i) => view.getUint32(4 + 4 * i, true));
  const end = lengths.reduce((sum, length) => sum + padded(length), begin);
  if (bytes.length !== end + 4) {
    throw mismatch(where, `a record of ${end + 4} bytes`, `${bytes.length} bytes`);
  }
  const found = crc32c(bytes.subarray(0, end));
  const said = view.getUint32(end, true);
  if (found !== said) {
    const got = `bytes of CRC ${found.toString(16)}`;
    throw mismatch(where, `a record of CRC-32C ${said.toString(16)}`, got, 'it is damaged');
  }
  let at = begin;
  const [text, times, states, values] = lengths.map(length => {
    const part = bytes.slice(at, at + length);
    at += padded(length);
    return part;
  });
  const head = readHead(text, where);
  demand(values.length % 4 === 0, `${where}.values`, 'float32 numbers', values.length);
  checkOutputs(head, values.length / 4, where);
  demand(times.length % 8 === 0, `${where}.times`, 'float64 numbers', times.length);
  return {
    head,
    ...(times.length && { times: numbersOf(times, Float64Array) }),
    ...(states.length && { states }),
    ...(values.length && { values: numbersOf(values, Float32Array) }),
  };
}

/** The numbers in bytes of their own. */
function numbersOf<A extends Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>>(
  { buffer }: Uint8Array<ArrayBuffer>,
  Numbers: new (buffer: ArrayBuffer) => A,
): A {
  const numbers = new Numbers(buffer);
  littleEndian(numbers);
  return numbers;
}
