// Records of a job, decoded without the library.
import { jsonOf, plainOf } from './plain.mjs';

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let i = 0; i < 8; i++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

/** CRC-32C, Castagnoli's polynomial, going on from that of the bytes before. */
export function crc32c(bytes, before = 0) {
  let crc = ~before;
  for (const byte of bytes) crc = table[(crc ^ byte) & 255] ^ (crc >>> 8);
  return ~crc >>> 0;
}

export const padded = length => Math.ceil(length / 8) * 8;
export const textOf = bytes => new TextDecoder().decode(bytes);
const bitsOf = numbers => new Uint32Array(numbers.buffer).join();
const floats = bytes => new Float32Array(Uint8Array.from(bytes).buffer);

/** A record's parts, by the form that the library's `record.ts` states. */
export function decodeRecord(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (textOf(bytes.subarray(0, 4)) !== 'RXRC') throw new Error('no record');
  const lengths = [4, 8, 12, 16].map(at => view.getUint32(at, true));
  let at = 24;
  const parts = lengths.map(length => {
    const part = bytes.subarray(at, at + length);
    at += padded(length);
    return part;
  });
  if (crc32c(bytes.subarray(0, at)) !== view.getUint32(at, true)) throw new Error('a wrong CRC');
  const [head, times, states, values] = parts;
  const all = statesIn(states);
  const used = new Float64Array(Uint8Array.from(times).buffer);
  return {
    head: JSON.parse(textOf(head)),
    states: new Map(all.map(({ key, state }, i) => [key, { ...state, time: used[i] }])),
    values: floats(values),
  };
}

/** Keys and states in a checkpoint's bytes: `text` tells whether two are equal. */
function statesIn(bytes) {
  if (!bytes.length) return [];
  const begin = 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const { keys, shape } = JSON.parse(textOf(bytes.subarray(4, begin)));
  if (!shape) {
    const lines = textOf(bytes.subarray(begin)).trim().split('\n');
    return keys.map((key, i) => {
      const [, json] = JSON.parse(lines[i]);
      const value = plainOf(json);
      const isVector = value instanceof Float32Array;
      return { key, state: { value, text: isVector ? bitsOf(value) : JSON.stringify(json) } };
    });
  }
  const numbers = floats(bytes.subarray(begin));
  const size = numbers.length / keys.length;
  return keys.map((key, i) => {
    const value = numbers.slice(i * size, (i + 1) * size);
    return { key, state: { value, text: bitsOf(value) } };
  });
}

/** All outputs and letters of a record, in the order of their ids. */
export function answersIn({ head, values }) {
  const { job, outputs, letters = [], partition, sequence, from } = head;
  const id = at => `${job}:${partition}:${sequence + at}:0`;
  const found = letters.map(({ at, key, offset, kind }) => ({ at, id: id(at), key, offset, kind }));
  for (let i = 0; i < (outputs?.at.length ?? 0); i += 3) {
    const [at, offset, key] = outputs.at.slice(i, i + 3);
    const { size, json } = outputs;
    const own = size && values.slice((i / 3) * size, (i / 3 + 1) * size);
    const y = size ? jsonOf(own) : JSON.stringify(json[i / 3]);
    found.push({ at, id: id(at), key: outputs.keys[key], offset: offset + from, y });
  }
  return found.sort((a, b) => a.at - b.at).map(({ at: _, ...answer }) => answer);
}

export async function all(batches) {
  const found = [];
  for await (const some of batches) found.push(...some);
  return found;
}

/** What a snapshot holds: its revision, and its parts. */
export async function snapshotOf(log, job, p) {
  const snapshot = await log.restore(job, p);
  const parts = [];
  if (snapshot) for await (const chunk of snapshot.chunks()) parts.push(decodeRecord(chunk));
  return { revision: snapshot?.revision ?? 0, parts };
}

/** The head of the newest record of a job's partition; undefined: there is none. */
export async function newestHead(log, job, p) {
  for (;;) {
    try {
      const { revision, parts } = await snapshotOf(log, job, p);
      let head = parts.at(-1)?.head;
      for await (const records of log.records(job, p, revision)) {
        ({ head } = decodeRecord(records.at(-1).bytes));
      }
      return head;
    } catch (error) {
      // A newer snapshot has taken the place of what was being read.
      if (!/restore again|to be kept/.test(error.message)) throw error;
    }
  }
}
