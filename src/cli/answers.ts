import { stringify } from 'csv-stringify/sync';
import { printable } from '../io/json.js';
import { type AnswerFormat, textFormat } from './format.js';
import type { RowReader } from './rows.js';
import { type Stop, unusable } from './stop.js';

/** Makes text of answers. */
export interface AnswerWriter {
  /** A kept field of a row, in this format; throws a RecurError for one that it can't hold. */
  kept(reader: RowReader, text: string): string;
  /** What comes before the first answer. */
  readonly header: string;
  /** Throws a Stop where answers can't follow a file at `path` that begins like this. */
  checkHead(head: string, path: string): void;
  /** One answer, with its line end: the kept fields and the outputs. */
  write(kept: readonly string[], outputs: readonly string[]): string;
}

/** A writer of answers: the kept columns and then the outputs. */
export function answerWriter(
  format: AnswerFormat,
  kept: readonly string[],
  outputs: readonly string[],
  delimiter: string,
): AnswerWriter {
  const names = [...kept, ...outputs];
  return format === 'ndjson' ? jsonWriter(names) : csvWriter(names, delimiter);
}

function csvWriter(names: readonly string[], delimiter: string): AnswerWriter {
  // A bare carriage return would end a line for some readers.
  const options = { quoted_match: /[\r\n]/, delimiter };
  const record = (fields: readonly string[]) => stringify([[...fields]], options);
  const needsQuotes = (field: string) => /["\r\n]/.test(field) || field.includes(delimiter);
  const header = record(names);
  return {
    header,
    checkHead(head, path) {
      const lines = head.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
      const [first] = lines.split('\n', 1);
      const isData = first.split(delimiter).some(field => field && Number.isFinite(Number(field)));
      if (`${lines}\n`.startsWith(header) || isData) return;
      throw cannotFollow(path, first, header.trimEnd());
    },
    kept: (reader, text) => reader.csv(text),
    write(kept, outputs) {
      const numbers = outputs.join(delimiter);
      if (kept.length === 0) return `${numbers}\n`;
      const fields = kept.some(needsQuotes) ? record(kept).slice(0, -1) : kept.join(delimiter);
      return `${fields}${delimiter}${numbers}\n`;
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

function jsonWriter(names: readonly string[]): AnswerWriter {
  const keys = names.map((name, i) => `${i ? ',' : '{'}${JSON.stringify(name)}:`);
  return {
    header: '',
    checkHead(head, path) {
      if (textFormat(Buffer.from(head)) === 'csv') throw cannotFollow(path, head, 'NDJSON');
    },
    kept: (reader, text) => reader.json(text),
    write(kept, outputs) {
      let text = '';
      for (let i = 0; i < keys.length; i++) {
        text += keys[i] + (i < kept.length ? kept[i] : outputs[i - kept.length]);
      }
      return `${text}}\n`;
    },
  };
}
