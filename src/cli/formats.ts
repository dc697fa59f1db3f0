import { statSync } from 'node:fs';
import { extname } from 'node:path';
import {
  type AnswerFormat,
  detectFormat,
  formatOfName,
  isJsonName,
  isTable,
  type RowFormat,
} from './format.js';
import type { RowOptions } from './options.js';
import { statOrNothing } from './same-file.js';
import { type Stop, unusable } from './stop.js';

const names = { ndjson: 'NDJSON', json: 'a JSON array', csv: 'CSV', tsv: 'TSV' } as const;

/** How the rows are written: as the command line or the file's ending tells, or its first bytes. */
export function inputFormat({ inputFormat, file }: RowOptions, head: Buffer) {
  const told = inputFormat ?? formatOfName(file);
  if (told) return told;
  const found = detectFormat(head);
  return found === 'csv' && isJsonName(file) ? 'ndjson' : found;
}

/**
 * How the answers are written, where the command line or the output's ending tells. Throws a Stop
 * for a file's ending that tells nothing; a pipe may have any.
 */
export function outputFormat({
  outputFormat,
  output,
}: {
  readonly outputFormat?: AnswerFormat | undefined;
  readonly output?: string | undefined;
}): AnswerFormat | undefined {
  if (outputFormat || output === undefined) return outputFormat;
  const told = isJsonName(output) ? 'ndjson' : formatOfName(output);
  const ending = extname(output);
  const isFile = statOrNothing(() => statSync(output))?.isFile() ?? true;
  if (told || ending === '' || !isFile) return told;
  const expected = 'expected an ending of .csv, .tsv, .ndjson, .jsonl or .json';
  throw unusable(`--output ${output}: ${expected}, got ${ending}; or choose --output-format`);
}

/** How the answers to rows of this format are written, unless it is told. */
export function sameFormat(input: RowFormat): AnswerFormat {
  return input === 'json' ? 'ndjson' : input;
}

/** What is between the fields of a table. */
export function delimiterOf(
  format: RowFormat,
  { delimiter = ',' }: Pick<RowOptions, 'delimiter'>,
): string {
  return format === 'tsv' ? '\t' : delimiter;
}

/** Throws a Stop for options that these formats do not honour. */
export function checkFormats(options: RowOptions, input: RowFormat, output: AnswerFormat): void {
  const { delimiter, header } = options;
  if (!header && !isTable(input)) throw notFor('--no-header', input);
  if (delimiter === undefined || input === 'csv' || output === 'csv') return;
  throw notFor('--delimiter', input);
}

function notFor(option: string, input: RowFormat): Stop {
  return unusable(`${option}: expected rows in CSV, got ${names[input]}; leave the option out`);
}
