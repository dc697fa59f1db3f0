import { mismatch, type RecurError } from '../errors.js';
import { kindOf } from './file-kind.js';
import { type FileFormat, type FileKind, readable } from './file-kinds.js';

/**
 * The error of a reader for bytes that it cannot read: `error`, unless the bytes are known as
 * something else, which it then says, and how it becomes readable.
 */
export function misread<E>(
  where: string,
  format: FileFormat | readonly FileFormat[],
  bytes: Uint8Array,
  error: E,
): E | RecurError {
  const kind = kindOf(bytes);
  const formats = [format].flat();
  if (!kind || ('format' in kind && formats.includes(kind.format))) return error;
  const expected = formats.map(name => readable[name].what).join(' or ');
  return mismatch(where, expected, kind.what, hintOf(kind));
}

/** How a file of a kind becomes readable. */
export function hintOf({ remedy, lines = [] }: FileKind): string | undefined {
  return lines.length ? `${remedy}: ${lines.join('; ')}` : remedy;
}
