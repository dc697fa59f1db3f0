import { describe, mismatch } from '../errors.js';
import { encode } from './encoding.js';
import { littleEndian } from './little-endian.js';
import type { KeyedStates } from './slot-states.js';
import type { Snapshot } from './snapshot.js';

/**
 * The bytes of a checkpoint, version 1: a count H, as four bytes, little-endian; H bytes of JSON in
 * UTF-8, which spaces fill up to a multiple of eight bytes with the count; the states.
 *
 * The JSON says `format`, `version`, `backend`, `layer`, the digests `graph` and `weights`, and
 * `keys`. With a `shape`, the names and sizes of the state's variables, each state is their float32
 * numbers, little-endian, in the order of the keys; else each is a line of JSON, `[batch, state]`.
 */
export const format = 'rxrecur/keys';
export const version = 1;

/** States as a checkpoint asks for them; `pack` where they have a shape. */
type Written = Pick<KeyedStates, 'shape' | 'state' | 'batch'> & Partial<Pick<KeyedStates, 'pack'>>;

/** Writes the states of streams and their keys. Throws a RecurError for what cannot be written. */
export function keyedBytes(
  header: Pick<Snapshot, 'backend' | 'layer' | 'graph' | 'weights'>,
  keys: readonly unknown[],
  slots: readonly number[],
  states: Written,
): Uint8Array<ArrayBuffer> {
  const { shape } = states;
  const json = { format, version, ...header, ...(shape && { shape }), keys: keys.map(keyToJson) };
  const text = new TextEncoder().encode(JSON.stringify(json));
  const packed = shape && states.pack?.(slots);
  const parts = packed ? [littleEndian(packed)] : lines(keys, slots, states);
  const begin = Math.ceil((4 + text.length) / 8) * 8;
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, begin));
  new DataView(bytes.buffer).setUint32(0, begin - 4, true);
  bytes.fill(0x20, 4, begin).set(text, 4);
  let at = begin;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function lines(keys: readonly unknown[], slots: readonly number[], states: Written) {
  const encoder = new TextEncoder();
  return slots.map((slot, i) => {
    const state = encode(states.state(slot), `keyed.snapshots(${describe(keys[i])}).state`);
    return encoder.encode(`${JSON.stringify([states.batch(slot), state])}\n`);
  });
}

function keyToJson(key: unknown): unknown {
  if (typeof key === 'bigint') return { $: 'bigint', value: String(key) };
  if (typeof key === 'object' ? key === null : !['function', 'symbol'].includes(typeof key)) {
    return encode(key);
  }
  const got = typeof key === 'symbol' ? String(key) : describe(key);
  const expected = 'keys that are strings, numbers, bigints, booleans, null or undefined';
  throw mismatch('keyed.snapshots', expected, got, 'let `key` answer a text that stands for it');
}
