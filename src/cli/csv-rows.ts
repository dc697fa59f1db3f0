import { type CsvError, parse } from 'csv-parse/sync';
import { printable } from '../io/json.js';
import type { Line } from './lines.js';
import type { Fields, Row, RowReader } from './rows.js';
import { unusable } from './stop.js';

/** Any record delimiter; the number of fields is checked here, against the header. */
const options = { record_delimiter: ['\n', '\r\n'], relax_column_count: true };

const decimal = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;

const jsonNumber = /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i;

const notClosed = 'a quote that is never closed';

const problems: Record<string, string> = {
  INVALID_OPENING_QUOTE: 'a quote inside a field that does not begin with one',
  CSV_INVALID_CLOSING_QUOTE: 'text after the closing quote of a field',
  CSV_QUOTE_NOT_CLOSED: notClosed,
};

/** Rows of CSV: the first record is the header. */
export class CsvRows implements RowReader {
  /** The columns' names, once the header has been read. */
  header: readonly string[] | undefined;

  read(lines: readonly Line[]): Row[] {
    const records = parseLines(lines);
    const rows: Row[] = [];
    for (const [i, fields] of records.entries()) {
      const { line } = lines[i];
      if (!this.header) this.header = asHeader(fields, lines[i]);
      else if (typeof fields === 'string') rows.push(asBadRow(fields, lines[i]));
      else if (fields.length === this.header.length) {
        rows.push({ line, fields: new CsvFields(fields) });
      } else {
        const counts = `expected ${this.header.length} fields, got ${fields.length}`;
        rows.push({ line, problem: counts });
      }
    }
    return rows;
  }

  names(): readonly string[] {
    return this.header ?? [];
  }

  looksLikeRow(names: readonly string[]): boolean {
    return names.length > 0 && names.every(name => decimal.test(name));
  }

  key(name: string): string | undefined {
    const { header = [] } = this;
    const index = header.indexOf(name);
    if (index < 0) return undefined;
    if (header.includes(name, index + 1)) {
      throw unusable(`column ${printable(name)} is twice in the header`);
    }
    return String(index);
  }

  number(text: string): number {
    return decimal.test(text) ? Number(text) : Number.NaN;
  }

  value(text: string): string {
    return text;
  }

  csv(text: string): string {
    return text;
  }

  /** A number keeps its digits, however many. */
  json(text: string): string {
    return jsonNumber.test(text) ? text : JSON.stringify(text);
  }
}

/** A column's key is its place in the header. */
class CsvFields implements Fields {
  readonly #texts: readonly string[];

  constructor(texts: readonly string[]) {
    this.#texts = texts;
  }

  has(key: string): boolean {
    return Number(key) < this.#texts.length;
  }

  get(key: string): string | undefined {
    return this.#texts[Number(key)];
  }
}

/** A quote that is never closed takes all lines after it for its field. */
function asBadRow(problem: string, { line, text }: Line): Row {
  const lost = problem === notClosed && /[\r\n]/.test(text);
  return lost ? { line, problem: `${problem}, in all that follows`, lost } : { line, problem };
}

function asHeader(fields: string[] | string, { line, text }: Line): readonly string[] {
  const where = `line ${line}, the header`;
  if (typeof fields === 'string') throw unusable(`${where}: ${fields}`);
  const other = /^[^"]*?([;\t|])/.exec(text)?.[1];
  if (fields.length > 1 || other === undefined) return fields.map(name => name.trim());
  const got = `one column ${printable(text, 80)}`;
  const hint = 'a name that holds such a character goes between quotes';
  throw unusable(`${where}: expected commas between the columns, got ${got}; ${hint}`);
}

/** A record's fields, or what is wrong with it, for each of the lines. */
function parseLines(lines: readonly Line[]): (string[] | string)[] {
  if (!lines.some(({ problem }) => problem)) {
    try {
      const records = parse(lines.map(({ text }) => text).join('\n'), options);
      if (records.length === lines.length) return records;
    } catch {
      // One by one, to find which record it is.
    }
  }
  return lines.map(({ text, problem }) => problem ?? parseLine(text));
}

function parseLine(text: string): string[] | string {
  try {
    const records = parse(text, options);
    return records.length === 1 ? records[0] : 'not one record of CSV';
  } catch (error) {
    return problems[(error as CsvError).code] ?? 'not CSV';
  }
}
