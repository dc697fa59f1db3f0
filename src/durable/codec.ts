import { RecurError } from '../errors.js';
import { decode, encode } from '../streams/encoding.js';
import type { StoredEvent } from './log.js';

/** A value as the bytes of an event: JSON that loses nothing of arrays, NaN and −0. */
export function jsonBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(encode(value, 'value')));
}

/** What reads the value of an event from its bytes: JSON, unless another reader is given. */
export function valueReader<V>(
  given: ((bytes: Uint8Array) => V) | undefined,
): (bytes: Uint8Array) => V {
  if (given) return given;
  const decoder = new TextDecoder('utf-8', { fatal: true });
  return bytes => {
    try {
      const text = decoder.decode(bytes);
      const value: unknown = JSON.parse(text);
      // Only what JSON lacks is encoded.
      return (text.includes('"$"') ? decode(value, 'value') : value) as V;
    } catch (cause) {
      if (cause instanceof RecurError) throw cause;
      const expected = 'JSON in UTF-8';
      const hint = 'the option `decode` reads other bytes';
      throw new RecurError({ where: 'value', expected, got: String(cause), hint, cause });
    }
  };
}

/** The value of an event; throws for one that is none. */
export function valueIn<V>({ value, invalid }: StoredEvent, read: (bytes: Uint8Array) => V): V {
  if (invalid) throw invalid;
  return read(value);
}
