import { asRecurError, RecurError } from '../errors.js';
import { AmbiguousOrderError } from './ambiguous-order.js';
import { printable } from './json.js';
import { UnreadableError } from './unreadable.js';

/**
 * What a reader of a stranger's file returns; what it throws is a RecurError whose words, which
 * quote the file, are fit for a terminal. `format` is what messages call the file.
 */
export function refusing<T>(format: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof UnreadableError || error instanceof AmbiguousOrderError) throw error;
    throw printableError(asRecurError(error, format));
  }
}

function printableError({ where, expected, got, hint, cause }: RecurError): RecurError {
  const words = { where: printable(where), expected: printable(expected), got: printable(got) };
  return new RecurError({ ...words, hint: hint && printable(hint), cause });
}
