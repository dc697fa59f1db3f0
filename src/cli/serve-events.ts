import { valueReader } from '../durable/codec.js';
import { describe, mismatch } from '../errors.js';
import { type ColumnNames, Columns } from './columns.js';
import { CsvRows } from './csv-rows.js';
import { JsonRows } from './json-rows.js';
import type { Fields, RowReader } from './rows.js';

/** An event as a model and its outputs need it. */
export interface ServedEvent {
  /** The numbers of its inputs as the row has them, not scaled. */
  readonly x: ArrayLike<number>;
  /** True where the column of --reset-on says so. */
  readonly resets: boolean;
  /** The texts of the columns of --keep, as they stand in the row. */
  readonly kept: Kept;
  readonly as: RowKind;
}

/** Texts by the names of their columns. */
export type Kept = Readonly<Record<string, string>>;

/** How the texts of kept fields are written. */
export type RowKind = 'csv' | 'json';

/** An event as `serve` stores it. Rows of a file know which they are. */
interface Stored {
  readonly x: ArrayLike<number>;
  readonly reset?: Readonly<Record<string, boolean>>;
  readonly kept?: Kept;
  readonly as?: RowKind;
}

/** What the command line says of the columns of events. */
export type Named = Pick<ColumnNames, 'columns' | 'keep' | 'resetOn'>;

const readers = { csv: new CsvRows(), json: new JsonRows() };

/** What reads rows whose kept fields are written so. */
export const readerOf = (as: RowKind): RowReader => readers[as];

/** A row as an event: members of a JSON object, without its braces. */
export function eventText(fields: Fields, columns: Columns, named: Named, as: RowKind): string {
  const { keep = [], resetOn } = named;
  // Checks the numbers; those that the model gets may be scaled.
  columns.input(fields);
  const x = Array.from(columns.numbers, value => (Object.is(value, -0) ? '-0' : String(value)));
  const reset = resetOn !== undefined && { reset: { [resetOn]: columns.resets(fields) } };
  const kept = byName(keep, columns.kept(fields));
  const rest = JSON.stringify({ ...reset, ...(keep.length && { kept, as }) });
  return `"x":[${x.join()}]${rest === '{}' ? '' : `,${rest.slice(1, -1)}`}`;
}

/**
 * What reads events: as `serve` stores them; a vector; an output of another job; else a row of
 * NDJSON, whose inputs --columns names. Throws a RecurError for anything else.
 */
export function eventReader(named: Named, inputSize: number): (bytes: Uint8Array) => ServedEvent {
  const read = valueReader<unknown>(undefined);
  const rows = new JsonRows();
  let columns: Columns | undefined;
  return bytes => {
    const value = read(bytes);
    const { x, y } = Object(value) as Partial<Record<'x' | 'y', unknown>>;
    if (isVector(x)) return storedEvent(value as Stored, named);
    if (isVector(value)) return storedEvent({ x: value }, named);
    if (isVector(y) && !named.columns) return storedEvent({ x: y }, named);
    const [row] = rows.read([{ line: 1, text: new TextDecoder().decode(bytes) }]);
    if ('problem' in row) throw mismatch('event', 'a row or a vector', row.problem);
    if (!named.columns) {
      const hint = '--columns names the inputs of a row';
      throw mismatch('event', 'numbers', describe(value), hint);
    }
    const given = { ...named, onError: 'skip' as const };
    columns ??= new Columns(rows, given, inputSize, row.fields, text => text);
    columns.input(row.fields);
    const resets = columns.resets(row.fields);
    const kept = byName(named.keep ?? [], columns.kept(row.fields));
    return { x: columns.numbers.slice(), resets, kept, as: 'json' };
  };
}

function storedEvent({ x, reset, kept, as = 'json' }: Stored, named: Named): ServedEvent {
  const { keep = [], resetOn } = named;
  const of = <T>(all: Readonly<Record<string, T>> | undefined, name: string, option: string): T => {
    if (all && Object.hasOwn(all, name)) return all[name];
    const has = Object.keys(all ?? {}).join(', ') || 'none';
    throw mismatch('event', `a column ${name}`, has, `it was stored without ${option} ${name}`);
  };
  const resets = resetOn !== undefined && of(reset, resetOn, '--reset-on') === true;
  const texts = keep.map(name => of(kept, name, '--keep'));
  return { x, resets, kept: byName(keep, texts), as };
}

function byName(names: readonly string[], texts: readonly string[]): Kept {
  return Object.fromEntries(names.map((name, i) => [name, texts[i]]));
}

/** Throws a RecurError where a stored event lacks what the command line asks of it. */
export function checkStored(text: string, named: Named): { readonly x: ArrayLike<number> } {
  const stored = JSON.parse(text) as Stored;
  storedEvent(stored, named);
  return stored;
}

function isVector(value: unknown): value is ArrayLike<number> {
  return Array.isArray(value) || value instanceof Float32Array || value instanceof Float64Array;
}
