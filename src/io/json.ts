import { describe, mismatch, RecurError } from '../errors.js';
import { isPlainObject, typedArrayName } from '../streams/values.js';

/** Arrays and objects that a text may hold: each takes some forty bytes, however short it is. */
const mostContainers = 2 ** 20;
/** Arrays and objects within each other; parsing them is slow. */
const mostLevels = 256;
/** Values that any text may hold; a longer text may hold one for every six bytes. */
const mostValues = 2 ** 22;

/** An object of JSON that a caller gave: parsed already, as text, or as a file's bytes. */
export function readObject(where: string, given: unknown): Readonly<Record<string, unknown>> {
  const isBytes = typedArrayName(given) === 'Uint8Array';
  const text = isBytes ? textOfBytes(where, given as Uint8Array) : given;
  const value = typeof text === 'string' ? parseJson(where, text) : text;
  if (!isPlainObject(value)) throw mismatch(where, 'an object of JSON', describe(value));
  return value;
}

/** Text in UTF-8; throws a RecurError for other bytes. */
export function textOfBytes(where: string, bytes: Uint8Array): string {
  try {
    // TextDecoder takes no bytes that other threads may write.
    const own = bytes.buffer instanceof ArrayBuffer ? bytes : new Uint8Array(bytes);
    return new TextDecoder('utf-8', { fatal: true }).decode(own);
  } catch {
    throw mismatch(where, 'text in UTF-8', 'other bytes');
  }
}

/**
 * JSON that a stranger wrote: `JSON.parse`, but a name that an object holds twice is refused
 * (there the last one would win, and the first reader of the file may have seen the other), and so
 * is a text that would take much more memory than it has bytes, or is nested without end. Throws a
 * RecurError.
 */
export function parseJson(where: string, text: string): unknown {
  checkWeight(where, text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    // The engine's message quotes the text, and with it whatever control characters it has.
    throw new RecurError({ where, expected: 'JSON', got: 'text that is not', cause });
  }
  const repeated = repeatedName(text);
  if (repeated !== undefined) {
    throw mismatch(where, 'every name once', `${quoted(repeated)} twice`);
  }
  return value;
}

/** Refuses what would grow: `[],[],…` takes ten times its bytes, `0,0,…` four times. */
function checkWeight(where: string, text: string): void {
  let containers = 0;
  let values = 0;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === quote) i = endOfString(text, i);
    else if (code === 0x2c) values += 1;
    else if (code === 0x5d || code === 0x7d) depth -= 1;
    else if (code === 0x5b || code === 0x7b) {
      containers += 1;
      depth += 1;
      if (depth > mostLevels) throw mismatch(where, `at most ${mostLevels} levels`, 'more');
    }
  }
  if (containers > mostContainers) {
    throw mismatch(where, `at most ${mostContainers} arrays and objects`, String(containers));
  }
  const most = Math.floor(Math.max(mostValues, text.length / 6));
  if (values > most) throw mismatch(where, `at most ${most} values`, String(values));
}

const quote = 0x22;

/** Where the string ends that begins at a quote; the end of a text that does not end it. */
function endOfString(text: string, at: number): number {
  let end = at + 1;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (code === quote) return end;
    if (code === 0x5c) end += 1;
  }
  return end;
}

/** The first name that an object in `json`, which must be valid, holds twice. */
function repeatedName(json: string): string | undefined {
  const open: Set<string>[] = [];
  for (let i = 0; i < json.length; i++) {
    const code = json.charCodeAt(i);
    if (code === 0x7b) open.push(new Set());
    else if (code === 0x7d) open.pop();
    else if (code === quote) {
      const from = i;
      i = endOfString(json, from);
      if (!isName(json, i + 1)) continue;
      const names = open[open.length - 1];
      const own = json.slice(from + 1, i);
      const name = own.includes('\\') ? (JSON.parse(`"${own}"`) as string) : own;
      if (names.has(name)) return name;
      names.add(name);
    }
  }
  return undefined;
}

/** Names of a text's outermost object, in their order, as they are written; nothing is checked. */
export function fieldNames(text: string): readonly string[] {
  const names: string[] = [];
  for (let i = 0, depth = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x5b || code === 0x7b) depth += 1;
    else if (code === 0x5d || code === 0x7d) depth -= 1;
    else if (code === quote) {
      const from = i;
      i = endOfString(text, from);
      if (depth === 1 && isName(text, i + 1)) names.push(text.slice(from + 1, i));
    }
  }
  return names;
}

/** True where a colon follows: the string that ended there is a name, not a value. */
function isName(json: string, at: number): boolean {
  let i = at;
  while (json.charCodeAt(i) <= 0x20) i++;
  return json[i] === ':';
}

/** A name out of a file, as messages write it. */
export function quoted(name: string): string {
  return `'${printable(name, 80)}'`;
}

/** Text out of a file without what could steer a terminal or hide, and not too long. */
export function printable(text: string, longest = 400): string {
  const shown = text.length > longest ? `${text.slice(0, longest)}…` : text;
  return shown.replace(/\p{C}/gu, c => `\\u{${c.codePointAt(0)?.toString(16)}}`);
}
