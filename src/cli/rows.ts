import type { Line } from './held-line.js';

/** Where a row holds a column: a place, or a name. */
export type Key = number | string;

/** A row's fields: the text of each as it stands in the file, digit for digit. */
export interface Fields {
  has(key: Key): boolean;
  /** Undefined where the row lacks the column; throws a RecurError where it has it twice. */
  get(key: Key): string | undefined;
}

/** A row as it was read, or why it could not be. */
export type Row =
  | { readonly line: number; readonly fields: Fields }
  | {
      readonly line: number;
      readonly problem: string;
      /** True where rows after it were lost with it, so that it can't just be skipped. */
      readonly lost?: boolean;
    };

/** What a format's rows and the texts of their fields are made of. */
export interface RowReader {
  /** The rows on these lines. */
  read(lines: readonly Line[]): Row[];
  /** The columns as users name them, in the order of the file: a header's, or those of this row. */
  names(fields: Fields): readonly string[];
  /** The names of all rows' columns, where the file begins with them. */
  readonly header?: readonly string[] | undefined;
  /** True where these names are more likely the values of a row, in a file without a header. */
  looksLikeRow(names: readonly string[]): boolean;
  /** Where `fields` holds a column; undefined if there is none of that name. */
  key(name: string): Key | undefined;
  /** NaN for what is not a number. */
  number(text: string): number;
  /** What a field's text means, for messages and conditions. */
  value(text: string): unknown;
  /** A text without quotes, or a number as it is written; empty for nothing and anything else. */
  plain(text: string): string;
  /** A field as CSV has it, before quotes. */
  csv(text: string): string;
  /** A field as JSON. */
  json(text: string): string;
}
