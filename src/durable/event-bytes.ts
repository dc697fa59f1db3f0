import type { NewEvent, StoredEvent } from './log.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Bytes up to a multiple of 8, so that values and records can be read as any numbers. */
export const padded = (length: number) => Math.ceil(length / 8) * 8;

/** Events as bytes: for each the lengths of key and value, then value and key, padded. */
export function encodeEvents(events: readonly NewEvent[]): Uint8Array {
  const keys = events.map(({ key }) => encoder.encode(key));
  const size = (i: number) => 8 + padded(events[i].value.length) + padded(keys[i].length);
  const bytes = new Uint8Array(keys.reduce((sum, _, i) => sum + size(i), 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [i, { value }] of events.entries()) {
    view.setUint32(at, keys[i].length, true);
    view.setUint32(at + 4, value.length, true);
    bytes.set(value, at + 8);
    bytes.set(keys[i], at + 8 + padded(value.length));
    at += size(i);
  }
  return bytes;
}

/** Those events of them whose offsets are above `after`; the first one's is `first`. */
export function decodeEvents(
  bytes: Uint8Array,
  first: number,
  time: number,
  after: number,
): StoredEvent[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const events: StoredEvent[] = [];
  for (let at = 0, offset = first; at < bytes.length; offset++) {
    const keyLength = view.getUint32(at, true);
    const valueLength = view.getUint32(at + 4, true);
    const keyAt = at + 8 + padded(valueLength);
    if (offset > after) {
      const key = decoder.decode(bytes.subarray(keyAt, keyAt + keyLength));
      events.push({ key, value: bytes.subarray(at + 8, at + 8 + valueLength), offset, time });
    }
    at = keyAt + padded(keyLength);
  }
  return events;
}
