import { extname } from 'node:path';

/** How rows are written; JSON is one array of them. */
export type RowFormat = 'ndjson' | 'json' | 'csv' | 'tsv';
/** How answers are written. */
export type AnswerFormat = Exclude<RowFormat, 'json'>;

export const rowFormats = ['ndjson', 'json', 'csv', 'tsv'] as const;
export const answerFormats = ['ndjson', 'csv', 'tsv'] as const;

const endings: Readonly<Record<string, AnswerFormat>> = {
  '.csv': 'csv',
  '.tsv': 'tsv',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
};

/** Tab, LF, VT, FF, CR, space. */
const whiteSpace = [9, 10, 11, 12, 13, 32];
const brace = 0x7b;
const bracket = 0x5b;
const closingBracket = 0x5d;

/** True for the two formats with fields between delimiters. */
export const isTable = (format: RowFormat) => format === 'csv' || format === 'tsv';

/** By the file's ending; undefined if it says nothing. `.json` may be NDJSON, or one array. */
export function formatOfName(path: string): AnswerFormat | undefined {
  return endings[extname(path).toLowerCase()];
}

/** True where a name promises JSON of either kind. */
export const isJsonName = (path: string) => extname(path).toLowerCase() === '.json';

/** By the first byte that is not white space: JSON begins with a brace or a bracket. */
export function textFormat(bytes: Uint8Array): 'csv' | 'ndjson' | undefined {
  const first = bytes.find(isInk);
  if (first === undefined) return undefined;
  return first === brace || first === bracket ? 'ndjson' : 'csv';
}

/**
 * The same, and one array of rows, which begins with a bracket and a row, or nothing, within it.
 * Undefined while the bytes are too few to tell.
 */
export function detectFormat(bytes: Uint8Array): RowFormat | undefined {
  const at = bytes.findIndex(isInk);
  if (bytes[at] !== bracket) return textFormat(bytes);
  const next = bytes.subarray(at + 1).find(isInk);
  if (next === undefined) return undefined;
  return [brace, bracket, closingBracket].includes(next) ? 'json' : 'ndjson';
}

function isInk(byte: number): boolean {
  return !whiteSpace.includes(byte);
}
