import { describe, mismatch } from '../errors.js';
import { printable } from '../io/json.js';
import type { Fields, RowReader } from './rows.js';
import { unusable } from './stop.js';

/** Columns that the command line names. */
export interface ColumnNames {
  /** The model's inputs, in order. */
  readonly columns?: readonly string[] | undefined;
  /** Copied to the answer. */
  readonly keep?: readonly string[] | undefined;
  readonly resetOn?: string | undefined;
  /** With 'stop' the first row must have the columns; else the rows that lack one are bad. */
  readonly onError: 'stop' | 'skip';
}

interface Column {
  readonly name: string;
  readonly key: string;
}

/** Where a row holds what is wanted of it. Reading throws a RecurError that names the column. */
export class Columns {
  readonly #reader: RowReader;
  readonly #inputs: readonly Column[];
  readonly #kept: readonly Column[];
  readonly #resetOn: Column | undefined;
  readonly #x: Float64Array;

  /** Throws a Stop where the columns can't be told from `first`, the first row. */
  constructor(reader: RowReader, named: ColumnNames, inputSize: number, first: Fields) {
    const column = (name: string) => {
      const key = reader.key(name);
      const there = key !== undefined && (named.onError === 'skip' || Object.hasOwn(first, key));
      if (!there) {
        const names = listed(reader.names(first));
        throw unusable(`no column ${printable(name)}; the columns are ${names}`);
      }
      return { name, key };
    };
    const inputs = named.columns ?? numericColumns(reader, named, inputSize, first);
    this.#reader = reader;
    this.#inputs = inputs.map(column);
    this.#kept = (named.keep ?? []).map(column);
    this.#resetOn = named.resetOn === undefined ? undefined : column(named.resetOn);
    this.#x = new Float64Array(inputs.length);
  }

  /** The model's input; the next call overwrites it. */
  input(fields: Fields): Float64Array {
    for (const [i, column] of this.#inputs.entries()) {
      const value = valueAt(fields, column);
      const number = this.#reader.number(value);
      if (!Number.isFinite(Math.fround(number))) {
        throw mismatch(`column ${column.name}`, 'a finite number', describe(value));
      }
      this.#x[i] = number;
    }
    return this.#x;
  }

  kept(fields: Fields): unknown[] {
    return this.#kept.map(column => valueAt(fields, column));
  }

  resets(fields: Fields): boolean {
    return this.#resetOn !== undefined && isTruthy(valueAt(fields, this.#resetOn));
  }
}

/** Anything but nothing, null, zero and false, as text too; white space and case don't count. */
export function isTruthy(value: unknown): boolean {
  if (typeof value !== 'string') return Boolean(value);
  const text = value.trim().toLowerCase();
  return text !== '' && text !== 'false' && text !== 'null' && Number(text) !== 0;
}

function valueAt(fields: Fields, { name, key }: Column): unknown {
  if (Object.hasOwn(fields, key)) return fields[key];
  throw mismatch('row', `a column ${name}`, listed(Object.keys(fields)));
}

/** All columns if they are as many as the model has inputs, or else all that are numeric here. */
function numericColumns(
  reader: RowReader,
  { keep = [], resetOn }: ColumnNames,
  inputSize: number,
  first: Fields,
): readonly string[] {
  const names = reader.names(first);
  if (names.length && names.every(name => Number.isFinite(reader.number(name)))) {
    throw unusable(`the first line must name the columns, but has numbers: ${listed(names)}`);
  }
  const free = names.filter(name => name !== resetOn && !keep.includes(name));
  if (free.length === inputSize) return free;
  const numeric = free.filter(name => {
    const key = reader.key(name);
    return key !== undefined && Number.isFinite(reader.number(first[key]));
  });
  if (numeric.length === inputSize) return numeric;
  const wanted = `choose ${inputSize} with --columns, as many as the model has inputs`;
  throw unusable(`${wanted}, of the columns ${listed(names)}`);
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 20).map(name => printable(name, 40));
  return shown.join(', ') + (names.length > shown.length ? `, … (${names.length})` : '');
}
