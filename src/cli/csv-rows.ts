import { type CsvError, parse } from 'csv-parse/sync';
import { printable } from '../io/json.js';
import { decimalNumber } from './decimal-number.js';
import type { Line } from './held-line.js';
import type { Fields, Row, RowReader } from './rows.js';
import { unusable } from './stop.js';

/** How the fields are written. */
export interface Dialect {
  readonly delimiter: string;
  /** False: the columns have no names, and the first record is a row. */
  readonly header: boolean;
}

const jsonNumber = /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i;

const notClosed = 'a quote that is never closed';

const problems: Record<string, string> = {
  INVALID_OPENING_QUOTE: 'a quote inside a field that does not begin with one',
  CSV_INVALID_CLOSING_QUOTE: 'text after the closing quote of a field',
  CSV_QUOTE_NOT_CLOSED: notClosed,
};

/** Rows of CSV: the first record is the header, if there is one; else columns are 0, 1, 2 … */
export class CsvRows implements RowReader {
  /** The columns' names, once the first record has been read. */
  header: readonly string[] | undefined;
  readonly #dialect: Dialect;

  constructor(dialect: Dialect = { delimiter: ',', header: true }) {
    this.#dialect = dialect;
  }

  read(lines: readonly Line[]): Row[] {
    const records = parseLines(lines, this.#dialect.delimiter);
    const rows: Row[] = [];
    for (let i = 0; i < lines.length; i++) {
      const fields = records[i];
      if (!this.header && this.#takeHeader(fields, lines[i])) continue;
      const count = this.header?.length;
      if (typeof fields === 'string') rows.push(asBadRow(fields, lines[i]));
      else if (fields.length === count) {
        rows.push({ line: lines[i].line, fields: new CsvFields(fields) });
      } else {
        const counts = `expected ${count} fields, got ${fields.length}`;
        rows.push({ line: lines[i].line, problem: counts });
      }
    }
    return rows;
  }

  names(): readonly string[] {
    return this.header ?? [];
  }

  looksLikeRow(names: readonly string[]): boolean {
    const isNumber = (name: string) => !Number.isNaN(decimalNumber(name));
    return this.#dialect.header && names.length > 0 && names.every(isNumber);
  }

  key(name: string): number | undefined {
    const { header = [] } = this;
    const index = header.indexOf(name);
    if (index < 0) return undefined;
    if (header.includes(name, index + 1)) {
      throw unusable(`column ${printable(name)} is twice in the header`);
    }
    return index;
  }

  number(text: string): number {
    return decimalNumber(text);
  }

  value(text: string): string {
    return text;
  }

  plain(text: string): string {
    return text;
  }

  csv(text: string): string {
    return text;
  }

  /** A number keeps its digits, however many. */
  json(text: string): string {
    return jsonNumber.test(text) ? text : JSON.stringify(text);
  }

  /** Takes the names of the columns from the first record; false if it is a row all the same. */
  #takeHeader(fields: string[] | string, line: Line): boolean {
    const { header, delimiter } = this.#dialect;
    if (header) this.header = asHeader(fields, line, delimiter);
    else if (typeof fields !== 'string') this.header = fields.map((_, i) => String(i));
    return header;
  }
}

/** A column's key is its place in the header. */
class CsvFields implements Fields {
  readonly #texts: readonly string[];

  constructor(texts: readonly string[]) {
    this.#texts = texts;
  }

  has(key: number): boolean {
    return key < this.#texts.length;
  }

  get(key: number): string | undefined {
    return this.#texts[key];
  }
}

/** A quote that is never closed takes all lines after it for its field. */
function asBadRow(problem: string, { line, text }: Line): Row {
  const lost = problem === notClosed && /[\r\n]/.test(text);
  return lost ? { line, problem: `${problem}, in all that follows`, lost } : { line, problem };
}

function asHeader(fields: string[] | string, line: Line, delimiter: string): readonly string[] {
  const where = `line ${line.line}, the header`;
  if (typeof fields === 'string') throw unusable(`${where}: ${fields}`);
  const other = /^[^"]*?([,;\t|])/.exec(line.text)?.[1];
  if (fields.length > 1 || other === undefined) return fields.map(name => name.trim());
  const got = `one column ${printable(line.text, 80)}`;
  const between = delimiter === ',' ? 'commas' : named(delimiter);
  const hint = `try --delimiter ${named(other)}, or put a name that holds it between quotes`;
  throw unusable(`${where}: expected ${between} between the columns, got ${got}; ${hint}`);
}

const named = (delimiter: string) => (delimiter === '\t' ? 'tab' : `'${delimiter}'`);

/** A record's fields, or what is wrong with it, for each of the lines. */
function parseLines(lines: readonly Line[], delimiter: string): (string[] | string)[] {
  const quoted = lines.filter(({ text }) => text.includes('"'));
  const parsed = quoted.length ? parseQuoted(quoted, delimiter) : [];
  let next = 0;
  return lines.map(({ text, problem }) => {
    if (text.includes('"')) return parsed[next++];
    return problem ?? text.split(delimiter);
  });
}

/** Records with quotes: together if none of them is wrong, else one by one. */
function parseQuoted(lines: readonly Line[], delimiter: string): (string[] | string)[] {
  // Any record delimiter; the number of fields is checked against the header's.
  const options = { delimiter, record_delimiter: ['\n', '\r\n'], relax_column_count: true };
  const recordsOf = (text: string): string[][] => parse(text, options);
  try {
    const records = recordsOf(lines.map(({ text }) => text).join('\n'));
    if (records.length === lines.length) return records;
  } catch {
    // One by one, to find which record it is.
  }
  return lines.map(({ text }) => {
    try {
      const records = recordsOf(text);
      return records.length === 1 ? records[0] : 'not one record of CSV';
    } catch (error) {
      return problems[(error as CsvError).code] ?? 'not CSV';
    }
  });
}
