import { describe, mismatch } from '../errors.js';
import { isPlainObject } from '../streams/values.js';
import { quoted } from './json.js';

/** What a file from a stranger may ask for; far beyond any network that is stepped. */
export const limits = { text: 4096, name: 64, names: 256, size: 2 ** 24, members: 1024, depth: 24 };

/** An object with all of these fields, and no others but the optional ones. */
export function fields(
  where: string,
  value: unknown,
  required: readonly string[],
  optional: readonly string[] = [],
): Readonly<Record<string, unknown>> {
  if (!isPlainObject(value)) throw mismatch(where, 'an object', describe(value));
  const missing = required.find(name => !Object.hasOwn(value, name));
  if (missing) throw mismatch(`${where}.${missing}`, 'a value', 'none');
  const known = [...required, ...optional];
  const odd = Object.keys(value).find(name => !known.includes(name));
  if (odd !== undefined) throw mismatch(where, `fields ${known.join(', ')}`, quoted(odd));
  return value;
}

/** The entries of an object, not too many. */
export function named(where: string, value: unknown): [string, unknown][] {
  if (!isPlainObject(value)) throw mismatch(where, 'an object', describe(value));
  const entries = Object.entries(value);
  if (entries.length <= limits.names) return entries;
  throw mismatch(where, `at most ${limits.names} names`, String(entries.length));
}

/** Throws for anything that is not a size. */
export function checkSize(where: string, size: unknown): void {
  const fits =
    Number.isSafeInteger(size) && (size as number) >= 1 && (size as number) <= limits.size;
  if (!fits) throw mismatch(where, 'a whole number from 1 to 2²⁴', describe(size));
}

/** True for a name: printable and not long. */
export function isShortText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= limits.name && /^\P{C}+$/u.test(value);
}

/** What came instead of a text, or how long the text is. */
export function sized(value: unknown): string {
  return typeof value === 'string' ? `${value.length} characters` : describe(value);
}
