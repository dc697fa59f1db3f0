import type { Line } from './lines.js';

/** A row's values by column: text in CSV, JSON values in NDJSON. */
export type Fields = Readonly<Record<string, unknown>>;

/** A row as it was read, or why it could not be. */
export type Row =
  | { readonly line: number; readonly fields: Fields }
  | { readonly line: number; readonly problem: string };

/** What a format's rows are made of. */
export interface RowReader {
  /** The rows on these lines. */
  read(lines: readonly Line[]): Row[];
  /** The columns as users name them: a header's, or those of this row. */
  names(fields: Fields): readonly string[];
  /** Where `fields` holds a column; undefined if there is none of that name. */
  key(name: string): string | undefined;
  /** NaN for what is not a number. */
  number(value: unknown): number;
  /** A value as the text of a CSV field. */
  text(value: unknown): string;
  json(value: unknown): string;
}
