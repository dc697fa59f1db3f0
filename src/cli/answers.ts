import { stringify } from 'csv-stringify/sync';
import { printable } from '../io/json.js';
import { detectFormat, type RowFormat } from './format.js';
import type { RowReader } from './rows.js';
import { shortestFloat32 } from './shortest.js';
import { type Stop, unusable } from './stop.js';

/** What goes out for one row. */
export interface Answer {
  /** The kept fields as this format has them; CSV's lack their quotes. */
  readonly kept: readonly string[];
  readonly y: ArrayLike<number>;
}

/** Makes text of answers. */
export interface AnswerWriter {
  /** A kept field of a row, in this format; throws a RecurError for one that it can't hold. */
  kept(reader: RowReader, text: string): string;
  /** What comes before the first answer. */
  readonly header: string;
  /** Throws a Stop where answers can't follow a file at `path` that begins like this. */
  checkHead(head: string, path: string): void;
  /** One answer, with its line end. */
  write(answer: Answer): string;
}

/** A writer of answers: the kept columns and then the outputs. */
export function answerWriter(
  format: RowFormat,
  kept: readonly string[],
  outputs: readonly string[],
): AnswerWriter {
  const names = [...kept, ...outputs];
  return format === 'csv' ? csvWriter(names) : jsonWriter(names);
}

function csvWriter(names: readonly string[]): AnswerWriter {
  const header = csvText(names);
  return {
    header,
    checkHead(head, path) {
      const lines = head.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
      const [first] = lines.split('\n', 1);
      const isData = first.split(',').some(field => field && Number.isFinite(Number(field)));
      if (`${lines}\n`.startsWith(header) || isData) return;
      throw cannotFollow(path, first, header.trimEnd());
    },
    kept: (reader, text) => reader.csv(text),
    write({ kept, y }) {
      const numbers = numbersOf(y).join(',');
      if (kept.length === 0) return `${numbers}\n`;
      return `${csvText(kept).slice(0, -1)},${numbers}\n`;
    },
  };
}

function cannotFollow(path: string, head: string, answers: string): Stop {
  const begins = printable(head.split('\n', 1)[0], 80);
  const hint = 'choose another --output, or other --names and --keep';
  return unusable(
    `${path}: the file begins with ${begins}, and the answers are ${answers}; ${hint}`,
  );
}

function csvText(fields: readonly string[]): string {
  // A bare carriage return would end a line for some readers.
  return stringify([[...fields]], { quoted_match: /[\r\n]/ });
}

function jsonWriter(names: readonly string[]): AnswerWriter {
  const keys = names.map((name, i) => `${i ? ',' : '{'}${JSON.stringify(name)}:`);
  return {
    header: '',
    checkHead(head, path) {
      if (detectFormat(Buffer.from(head)) === 'csv') throw cannotFollow(path, head, 'NDJSON');
    },
    kept: (reader, text) => reader.json(text),
    write({ kept, y }) {
      const values = [...kept, ...numbersOf(y)];
      return `${values.map((value, i) => keys[i] + value).join('')}}\n`;
    },
  };
}

function numbersOf(y: ArrayLike<number>): string[] {
  return Array.from(y, shortestFloat32);
}
