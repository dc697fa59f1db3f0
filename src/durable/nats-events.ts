import { describe, mismatch } from '../errors.js';
import type { StoredEvent } from './log.js';
import type { Found } from './nats-messages.js';
import { tokenOf } from './places.js';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The most characters of a subject's token that is no key. */
const mostRaw = 200;

/** The text that `tokenOf` has made a token of; undefined: it was not `tokenOf`. */
export function textOf(token: string): string | undefined {
  try {
    const binary = atob(token.replaceAll('-', '+').replaceAll('_', '/'));
    const text = decoder.decode(Uint8Array.from(binary, byte => byte.charCodeAt(0)));
    return tokenOf(text) === token ? text : undefined;
  } catch {
    return undefined;
  }
}

/** Keys by their tokens: the same ones come again and again. */
class Keys {
  readonly #known = new Map<string, string | undefined>();

  of(token: string): string | undefined {
    if (this.#known.has(token)) return this.#known.get(token);
    const key = textOf(token);
    const fits = key !== undefined && token.length <= 1366 && !key.includes('\0');
    if (this.#known.size >= 65_536) this.#known.clear();
    this.#known.set(token, fits ? key : undefined);
    return fits ? key : undefined;
  }
}

/**
 * What makes events of messages, for one read: their times never go back, and their values share
 * one buffer. A message of another program that is no event says so.
 */
export function eventReader(): (found: readonly Found[]) => StoredEvent[] {
  const keys = new Keys();
  let last = 0;
  return found => {
    const bytes = new Uint8Array(found.reduce((sum, { data }) => sum + padded(data.length), 0));
    let at = 0;
    return found.map(({ seq, time, subject, data }) => {
      bytes.set(data, at);
      const value = bytes.subarray(at, at + data.length);
      at += padded(data.length);
      last = Math.max(last, time);
      const token = subject.slice(subject.lastIndexOf('.') + 1);
      const key = keys.of(token);
      const event = { key: key ?? token.slice(0, mostRaw), value, offset: seq, time: last };
      if (key === undefined) {
        return { ...event, invalid: mismatch('subject', keyToken, describe(token), keyHint) };
      }
      return data.length ? event : { ...event, invalid: mismatch('payload', '1 byte', '0 bytes') };
    });
  };
}

const keyToken = 'a key as base64url of its UTF-8 as the last token';
const keyHint = 'another program has published it';

const padded = (length: number) => Math.ceil(length / 8) * 8;
