import { mismatch, RecurError } from '../errors.js';

/**
 * JSON that a stranger wrote: `JSON.parse`, but a name that an object holds twice is refused
 * (there the last one would win, and the first reader of the file may have seen the other).
 * Throws a RecurError.
 */
export function parseJson(where: string, text: string): unknown {
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

/** The first name that an object in `json`, which must be valid, holds twice. */
function repeatedName(json: string): string | undefined {
  const open: Set<string>[] = [];
  for (let i = 0; i < json.length; i++) {
    const character = json[i];
    if (character === '{') open.push(new Set());
    else if (character === '}') open.pop();
    else if (character === '"') {
      const from = i++;
      while (json[i] !== '"') i += json[i] === '\\' ? 2 : 1;
      if (!isName(json, i + 1)) continue;
      const names = open[open.length - 1];
      const name = JSON.parse(json.slice(from, i + 1)) as string;
      if (names.has(name)) return name;
      names.add(name);
    }
  }
  return undefined;
}

/** True where a colon follows: the string that ended there is a name, not a value. */
function isName(json: string, at: number): boolean {
  let i = at;
  while (/\s/.test(json[i] ?? '')) i++;
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
