import { describe, mismatch } from '../errors.js';
import { printable } from '../io/json.js';
import type { Fields, Key, RowReader } from './rows.js';
import type { Scale, Scaling } from './scaling.js';
import { type Stop, unusable } from './stop.js';

/** Columns that the command line names. */
export interface ColumnNames {
  /** The model's inputs, in order. */
  readonly columns?: readonly string[] | undefined;
  /** Copied to the answer. */
  readonly keep?: readonly string[] | undefined;
  readonly resetOn?: string | undefined;
  /** Tells the streams apart. */
  readonly key?: string | undefined;
  /** With 'stop' the first row must have the columns; else the rows that lack one are bad. */
  readonly onError: 'stop' | 'skip';
}

interface Column {
  readonly name: string;
  readonly key: Key;
}

/** Where a row holds what is wanted of it. Reading throws a RecurError that names the column. */
export class Columns {
  /** Of the inputs, in order. */
  readonly names: readonly string[];
  /** What scales the inputs, if anything does. */
  readonly scales: readonly Scale[];
  /** The numbers of the inputs as the row has them that `input` has read last. */
  readonly numbers: Float64Array;
  readonly #reader: RowReader;
  readonly #inputs: readonly Column[];
  readonly #kept: readonly Column[];
  readonly #resetOn: Column | undefined;
  readonly #key: Column | undefined;
  readonly #x: Float32Array;
  readonly #write: (text: string) => string;

  /**
   * Throws a Stop where the columns can't be told from `first`, the first row. `write` makes a
   * kept field's text that of the answer; `scaling` scales the inputs.
   */
  constructor(
    reader: RowReader,
    named: ColumnNames,
    inputSize: number,
    first: Fields,
    write: (text: string) => string,
    scaling?: Scaling,
  ) {
    const column = (name: string) => {
      const key = reader.key(name);
      const there = key !== undefined && (named.onError === 'skip' || first.has(key));
      if (!there) {
        throw noColumn(name, reader.names(first));
      }
      return { name, key };
    };
    const { columns, resetOn, key } = named;
    this.names = columns ?? numericColumns(reader, named, inputSize, first);
    this.#reader = reader;
    this.#write = write;
    this.#inputs = this.names.map(column);
    this.#kept = (named.keep ?? []).map(column);
    this.#resetOn = resetOn === undefined ? undefined : column(resetOn);
    this.#key = key === undefined ? undefined : column(key);
    this.scales = scaling?.ofInputs(this.names) ?? [];
    this.#x = new Float32Array(this.names.length);
    this.numbers = new Float64Array(this.names.length);
  }

  /** The model's input; the next call overwrites it. */
  input(fields: Fields): Float32Array {
    const x = this.#x;
    for (let i = 0; i < x.length; i++) {
      const text = this.#textAt(fields, this.#inputs[i]);
      const number = this.#reader.number(text);
      this.numbers[i] = number;
      const scale = this.scales[i];
      x[i] = scale ? (number - scale.mean) / scale.scale : number;
      if (!Number.isFinite(x[i])) {
        const got = describe(this.#reader.value(text));
        throw mismatch(`column ${this.names[i]}`, 'a finite number', got);
      }
    }
    return x;
  }

  /** Which stream a row is of: text, or a number as it is written. */
  key(fields: Fields): string {
    if (!this.#key) return '';
    const text = this.#textAt(fields, this.#key);
    const key = this.#reader.plain(text);
    if (key.trim() !== '') return key;
    const got = describe(this.#reader.value(text));
    throw mismatch(`column ${this.#key.name}`, 'a name or a number that tells the stream', got);
  }

  /** The kept fields as they go out. */
  kept(fields: Fields): string[] {
    return this.#kept.map(column => this.#write(this.#textAt(fields, column)));
  }

  resets(fields: Fields): boolean {
    if (this.#resetOn === undefined) return false;
    return isTruthy(this.#reader.value(this.#textAt(fields, this.#resetOn)));
  }

  #textAt(fields: Fields, { name, key }: Column): string {
    const text = fields.get(key);
    if (text !== undefined) return text;
    throw mismatch('row', `a column ${name}`, listed(this.#reader.names(fields)));
  }
}

/** Throws a Stop for a header that fits no rows of this command line. */
export function checkHeader(
  reader: RowReader,
  header: readonly string[],
  given: ColumnNames,
  inputSize: number,
): void {
  const { columns } = given;
  const others = othersOf(given);
  const free = header.filter(name => !others.includes(name));
  if (!columns && reader.looksLikeRow(header)) throw notNames(header);
  if (!columns && free.length < inputSize) throw choose(inputSize, header);
  const missing = [...(columns ?? []), ...others].find(name => reader.key(name) === undefined);
  if (missing !== undefined) throw noColumn(missing, header);
}

/** Anything but nothing, null, zero and false, as text too; white space and case don't count. */
export function isTruthy(value: unknown): boolean {
  if (typeof value !== 'string') return Boolean(value);
  const text = value.trim().toLowerCase();
  return text !== '' && text !== 'false' && text !== 'null' && Number(text) !== 0;
}

/** The columns that are named for something else than an input. */
function othersOf({ keep = [], resetOn, key }: ColumnNames): readonly string[] {
  return [...keep, resetOn, key].filter(name => name !== undefined);
}

/** All columns if they are as many as the model has inputs, or else all that are numeric here. */
function numericColumns(
  reader: RowReader,
  given: ColumnNames,
  inputSize: number,
  first: Fields,
): readonly string[] {
  const names = reader.names(first);
  const others = othersOf(given);
  const free = names.filter(name => !others.includes(name));
  const numeric = free.filter(name => {
    const key = reader.key(name);
    return key !== undefined && Number.isFinite(reader.number(first.get(key) ?? ''));
  });
  const chosen = [free, numeric].find(({ length }) => length === inputSize);
  if (reader.looksLikeRow(chosen ?? names)) throw notNames(names);
  if (chosen) return chosen;
  throw choose(inputSize, names);
}

function noColumn(name: string, names: readonly string[]): Stop {
  return unusable(`no column ${printable(name)}; the columns are ${listed(names)}`);
}

function notNames(names: readonly string[]): Stop {
  const numbers = `has numbers: ${listed(names)}`;
  const hint = 'if these are names, choose them with --columns';
  return unusable(`the first line must name the columns, but ${numbers}; ${hint}`);
}

function choose(inputSize: number, names: readonly string[]): Stop {
  const wanted = `choose ${inputSize} with --columns, as many as the model has inputs`;
  return unusable(`${wanted}, of the columns ${listed(names)}`);
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 20).map(name => printable(name, 40));
  return shown.join(', ') + (names.length > shown.length ? `, … (${names.length})` : '');
}
