import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import type { NewEvent, PartitionLog } from '../durable/log.js';
import { partitionOf } from '../durable/places.js';
import { mismatch } from '../errors.js';
import { Columns, checkHeader } from './columns.js';
import { CsvRows } from './csv-rows.js';
import { isTable, type RowFormat } from './format.js';
import { checkFormats, delimiterOf } from './formats.js';
import { JsonRows } from './json-rows.js';
import { rowLines } from './row-lines.js';
import { asBadRow } from './row-stream.js';
import type { Fields, Row, RowReader } from './rows.js';
import { checkStored, eventText } from './serve-events.js';
import { serveFormat } from './serve-format.js';
import type { JobModel } from './serve-model.js';
import type { ServeOptions } from './serve-options.js';
import { complain, exitCode, Stop, unusable } from './stop.js';

/** The key of all rows where there is no --key. */
const onlyKey = 'rows';

/** Events that may wait to be stored while more are read. */
const mostWaiting = 16_384;

/** The last row of a file that a partition has, as it is stored. */
interface LastRow {
  readonly row: number;
  readonly key: string;
  readonly value: string;
}

/** What it takes to store rows. */
export interface RowsSetup {
  readonly log: PartitionLog;
  readonly options: ServeOptions;
  readonly job: JobModel;
}

/** A file, or '-' for stdin. */
interface FileSetup extends RowsSetup {
  readonly file: string;
}

/**
 * Stores the rows of a file or of stdin as events, each before the next are read. Of a file, rows
 * that are stored already are passed over. Throws a Stop.
 */
export async function storeRows(setup: FileSetup, stop: AbortSignal): Promise<void> {
  const { options, log, file } = setup;
  const source = file === '-' ? undefined : digestOf(file);
  const lasts = source === undefined ? [] : await lastRows(log, source);
  const rows = new RowStore(setup, source, lasts);
  try {
    for await (const { lines, format } of rowLines({ ...options, file }, stop)) {
      await rows.store(lines, format);
    }
  } finally {
    // A signal does not lose what was read.
    await rows.stored();
  }
  await rows.end();
}

export class RowStore {
  readonly #setup: RowsSetup;
  readonly #source: string | undefined;
  readonly #lasts: readonly (LastRow | undefined)[];
  #reader: RowReader | undefined;
  #columns: Columns | undefined;
  #row = 0;
  #skipped = 0;
  /** Events of each partition that are to be stored. */
  readonly #waiting: NewEvent[][];
  /** The batch that is being stored, or was last; and the one that is being gathered. */
  #batch: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(
    setup: RowsSetup,
    source: string | undefined,
    lasts: readonly (LastRow | undefined)[],
  ) {
    this.#setup = setup;
    this.#source = source;
    this.#lasts = lasts;
    this.#waiting = Array.from({ length: setup.log.partitions }, () => []);
  }

  /**
   * Takes the rows on these lines; they are stored while the next are read. A bad one is refused
   * when those before it are stored.
   */
  async store(lines: Parameters<RowReader['read']>[0], format: RowFormat): Promise<void> {
    const events = this.#waiting;
    this.#reader ??= this.#newReader(format);
    let bad: { readonly row: Row; readonly problem: string } | undefined;
    for (const row of this.#reader.read(lines)) {
      this.#row++;
      const problem = this.#take(row, events);
      if (problem === undefined) continue;
      if (this.#isEnd(row)) {
        bad = { row, problem };
        break;
      }
      this.#skipped++;
      await complain(`row ${this.#row}, line ${row.line}: ${problem}; skipped`);
    }
    const count = events.reduce((sum, { length }) => sum + length, 0);
    if (count) this.#begin();
    if (bad || count > mostWaiting) await this.stored();
    if (!bad) return;
    throw new Stop(exitCode.badRow, `row ${this.#row}, line ${bad.row.line}: ${bad.problem}`);
  }

  /** Resolves when all that was taken so far is stored. */
  stored(): Promise<void> {
    return this.#next ?? this.#batch;
  }

  /** What comes while the last events are stored is stored together. */
  #begin(): void {
    if (this.#next) return;
    this.#next = this.#batch.then(() => this.#append());
    // Whoever waits for it is told.
    this.#next.catch(() => {});
  }

  async #append(): Promise<void> {
    this.#batch = this.#next as Promise<void>;
    this.#next = undefined;
    const all = this.#waiting.map(some => some.splice(0));
    const { log } = this.#setup;
    await Promise.all(all.map((some, p) => (some.length ? log.append(p, some) : 0)));
  }

  /** All is stored, and no row is missing. */
  async end(): Promise<void> {
    await this.stored();
    const { options, job } = this.#setup;
    const reader = this.#reader;
    if (reader?.header && !this.#columns) {
      const named = { ...options, columns: job.columns };
      checkHeader(reader, reader.header, named, job.inputSize);
    }
    const missing = this.#lasts.find(last => last && last.row > this.#row);
    if (missing) throw otherFile(options.from, missing.row, `a file of ${this.#row} rows`);
    if (this.#skipped) await complain(`${this.#skipped} of ${this.#row} rows skipped`);
  }

  #newReader(format: RowFormat): RowReader {
    const { options } = this.#setup;
    checkFormats({ ...options, file: options.from }, format, serveFormat(options));
    if (!isTable(format)) return new JsonRows();
    return new CsvRows({ delimiter: delimiterOf(format, options), header: options.header });
  }

  #isEnd(row: Row): boolean {
    return this.#setup.options.onError === 'stop' || ('lost' in row && row.lost === true);
  }

  #take(row: Row, events: readonly NewEvent[][]): string | undefined {
    if ('problem' in row) return row.problem;
    try {
      this.#columns ??= this.#findColumns(row.fields);
      const { key, value } = this.#eventOf(row.fields, this.#columns);
      const { partitions } = this.#setup.log;
      const partition = partitionOf(key, partitions);
      this.#checkStored(key, value);
      if (this.#row > (this.#lasts[partition]?.row ?? 0)) {
        events[partition].push({ key, value: new TextEncoder().encode(value) });
      }
      return undefined;
    } catch (error) {
      if (error instanceof Stop) throw error;
      return asBadRow(error);
    }
  }

  /** Another file of the same name would be passed over without a word. */
  #checkStored(key: string, value: string): void {
    const last = this.#lasts.find(last => last?.row === this.#row);
    if (!last) return;
    const { options } = this.#setup;
    const { from: file } = options;
    const numbersIn = (text: string) => {
      try {
        return String(checkStored(text, options).x);
      } catch (error) {
        throw unusable(`${file}, row ${this.#row}, as it is stored: ${asBadRow(error)}`);
      }
    };
    if (last.key === key && numbersIn(last.value) === numbersIn(value)) return;
    throw otherFile(options.from, this.#row, 'another one');
  }

  #findColumns(fields: Fields): Columns {
    const { options, job } = this.#setup;
    const named = { ...options, columns: job.columns };
    const reader = this.#reader as RowReader;
    return new Columns(reader, named, job.inputSize, fields, text => text, job.scaling);
  }

  #eventOf(fields: Fields, columns: Columns): { readonly key: string; readonly value: string } {
    const key = columns.key(fields) || onlyKey;
    if (/[\r\n\0]/.test(key)) {
      throw mismatch(`column ${this.#setup.options.key}`, 'a key on one line', JSON.stringify(key));
    }
    const place = this.#source === undefined ? '' : `,"row":${this.#row},"from":"${this.#source}"`;
    const as = this.#reader instanceof CsvRows ? 'csv' : 'json';
    return { key, value: `{${eventText(fields, columns, this.#setup.options, as)}${place}}` };
  }
}

function otherFile(file: string, row: number, got: string): Stop {
  const hint =
    'rows are added at the end; a new file, or other --columns and --key, need a new log';
  return unusable(`${file}: expected row ${row} as it is stored, got ${got}; ${hint}`);
}

/** A few digits that tell a file by its path. */
function digestOf(file: string): string {
  let path = file;
  try {
    path = realpathSync(file);
  } catch {
    // Reading it tells what is wrong.
  }
  return createHash('sha256').update(path).digest('hex').slice(0, 12);
}

/** The last row of a source in each partition. */
function lastRows(log: PartitionLog, source: string): Promise<(LastRow | undefined)[]> {
  const decoder = new TextDecoder();
  const rowIn = ({ key, value: bytes }: NewEvent): LastRow | undefined => {
    const value = decoder.decode(bytes);
    if (!value.endsWith(`"from":"${source}"}`)) return undefined;
    const { row } = JSON.parse(value) as LastRow;
    return { row, key, value };
  };
  const lastIn = async (partition: number, after: number) => {
    let last: LastRow | undefined;
    for await (const events of log.read(partition, after)) {
      for (const event of events) last = rowIn(event) ?? last;
    }
    return last;
  };
  const partitions = Array.from({ length: log.partitions }, async (_, p) => {
    const [newest, first] = await Promise.all([log.lastOffset(p), log.firstOffset(p)]);
    if (!newest) return undefined;
    // The last event is the file's, unless others append to the log too.
    return (await lastIn(p, newest - 1)) ?? (await lastIn(p, first - 1));
  });
  return Promise.all(partitions);
}
