import { stringify } from 'csv-stringify/sync';
import type { RowFormat } from './format.js';
import type { RowReader } from './rows.js';
import { shortestFloat32 } from './shortest.js';

/** What goes out for one row. */
export interface Answer {
  /** Values of the kept columns. */
  readonly kept: readonly unknown[];
  readonly y: ArrayLike<number>;
}

/** Makes text of answers. */
export interface AnswerWriter {
  /** What comes before the first answer. */
  readonly header: string;
  /** One answer, with its line end. */
  write(answer: Answer): string;
}

/** A writer of answers: the kept columns, as `reader` writes them, and then the outputs. */
export function answerWriter(
  format: RowFormat,
  reader: RowReader,
  kept: readonly string[],
  outputs: readonly string[],
): AnswerWriter {
  const names = [...kept, ...outputs];
  return format === 'csv' ? csvWriter(reader, names) : jsonWriter(reader, names);
}

function csvWriter(reader: RowReader, names: readonly string[]): AnswerWriter {
  return {
    header: csvText(names),
    write({ kept, y }) {
      const numbers = numbersOf(y).join(',');
      if (kept.length === 0) return `${numbers}\n`;
      return `${csvText(kept.map(value => reader.text(value))).slice(0, -1)},${numbers}\n`;
    },
  };
}

function csvText(fields: readonly string[]): string {
  // A bare carriage return would end a line for some readers.
  return stringify([[...fields]], { quoted_match: /[\r\n]/ });
}

function jsonWriter(reader: RowReader, names: readonly string[]): AnswerWriter {
  const keys = names.map((name, i) => `${i ? ',' : '{'}${JSON.stringify(name)}:`);
  return {
    header: '',
    write({ kept, y }) {
      const values = [...kept.map(value => reader.json(value)), ...numbersOf(y)];
      return `${values.map((value, i) => keys[i] + value).join('')}}\n`;
    },
  };
}

function numbersOf(y: ArrayLike<number>): string[] {
  return Array.from(y, shortestFloat32);
}
