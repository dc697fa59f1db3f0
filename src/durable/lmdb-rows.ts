import { setTimeout as pause } from 'node:timers/promises';
import type { RootDatabase } from 'lmdb';
import { RecurError } from '../errors.js';
import { decodeName } from './encoded-name.js';
import { UnknownError } from './log.js';
import { gone } from './refusals.js';
import { floats, sealed, unsealed } from './sealed.js';

/** The first parts of a key: `['events', 3]`, `['records', 'alarms', 3]`. */
export type Row = readonly (string | number)[];

/** A value of a row: its number is that of its last record. */
export interface Entry {
  readonly number: number;
  /** How many records it has. */
  readonly count: number;
  readonly time: number;
  readonly payload: Uint8Array;
}

/** Where a row ends, and through which number it was purged. */
export interface Mark {
  readonly last: number;
  readonly floor: number;
  readonly time: number;
}

/** Which number has to be the last one, and the error if another one is. */
interface Condition {
  readonly after: number;
  refuse(last: number): Error;
}

/** How much a reader takes at a time. */
const mostBytes = 2 ** 20;
const mostEntries = 1024;

const nothing: Mark = { last: 0, floor: 0, time: 0 };

/** The rows of an environment: values that are numbered from 1, and a mark for each row. */
export class Rows {
  readonly db: RootDatabase<Uint8Array, (string | number)[]>;
  /** The last numbers that this process has stored, by row. */
  readonly #stored = new Map<string, number>();

  constructor(db: Rows['db']) {
    this.db = db;
  }

  mark(row: Row): Mark {
    const bytes = this.db.get(['mark', ...row]);
    if (!bytes) return nothing;
    const view = unsealed(bytes, 0, row.join('/'));
    const [last, floor, time] = [0, 8, 16].map(at => view.getFloat64(at, true));
    return { last, floor, time };
  }

  /** Appends so many records as one value; the number of the last one. */
  async append(
    row: Row,
    payload: Uint8Array,
    count: number,
    condition?: Condition,
  ): Promise<number> {
    const stored = await this.write(row, () => {
      const { last, floor, time } = this.mark(row);
      if (condition && condition.after !== last) return condition.refuse(last);
      const number = last + count;
      const now = Math.max(Date.now(), time);
      this.db.put(['row', ...row, number], sealed(floats(now, count), payload, number));
      this.#setMark(row, { last: number, floor, time: now });
      return number;
    });
    this.#stored.set(row.join('/'), stored);
    return stored;
  }

  /** The next values after a number; throws a RecurError if they are not kept. */
  after(row: Row, number: number): readonly Entry[] {
    this.db.resetReadTxn();
    const { floor } = this.mark(row);
    if (number < floor) throw gone(labelOf(row), number, floor + 1);
    const entries: Entry[] = [];
    let bytes = 0;
    const range = { start: ['row', ...row, number + 1], end: ['row', ...row, Infinity] };
    for (const { key, value } of this.db.getRange({ ...range, limit: mostEntries })) {
      const of = key.at(-1) as number;
      const view = unsealed(value, of, key.join('/'));
      const [time, count] = [0, 8].map(at => view.getFloat64(at, true));
      const payload = new Uint8Array(view.buffer, 16, view.byteLength - 16);
      entries.push({ number: of, count, time, payload });
      if ((bytes += payload.length) > mostBytes) break;
    }
    return entries;
  }

  /** Removes values whose records are all at or below a number. */
  async purge(row: Row, through: number): Promise<void> {
    const keys = () => {
      const range = { start: ['row', ...row, 0], end: ['row', ...row, through + 1] };
      return [...this.db.getKeys({ ...range, limit: mostEntries })];
    };
    const floor = await this.write(row, () => {
      const [end] = this.db.getKeys({
        start: ['row', ...row, through],
        end: ['row', ...row, 0],
        reverse: true,
        limit: 1,
      });
      const mark = this.mark(row);
      const number = (end?.at(-1) as number | undefined) ?? 0;
      if (number > mark.floor) this.#setMark(row, { ...mark, floor: number });
      return number;
    });
    // In steps: a transaction keeps all other writers waiting.
    for (let more = floor > 0; more; ) {
      this.db.resetReadTxn();
      const old = keys();
      more = old.length > 0;
      if (more) await this.write(row, () => old.forEach(key => void this.db.remove(key)));
    }
  }

  /** Runs in a transaction, which is stored when it resolves; an error that it returns rejects. */
  async write<T>(row: Row, work: () => T | Error): Promise<T> {
    const answer = await this.db.transaction(work).catch(async (error: unknown) => {
      throw writeError(labelOf(row), await reasonOf(error));
    });
    await this.db.flushed;
    if (answer instanceof Error) throw answer;
    return answer;
  }

  /**
   * Resolves when a row is stored up to a number that was read: another process may still be at
   * it, and lets the next transaction begin when it has ended.
   */
  async stored(row: Row, number: number): Promise<void> {
    const name = row.join('/');
    if (number <= (this.#stored.get(name) ?? 0)) return;
    await this.db.transaction(() => undefined);
    this.#stored.set(name, number);
  }

  #setMark(row: Row, { last, floor, time }: Mark): void {
    this.db.put(['mark', ...row], sealed(floats(last, floor, time), new Uint8Array(), 0));
  }
}

/** What made a transaction fail: of a commit the package says it later, as a rejection. */
async function reasonOf(error: unknown): Promise<unknown> {
  // Nobody else handles it, and that would end the process.
  const { commitError } = Object(error) as { readonly commitError?: Promise<unknown> };
  const reason = commitError?.then(() => error, asIs);
  return reason ? Promise.race([reason, pause(1000, error)]) : error;
}

const asIs = (reason: unknown) => reason;

/** The error of a transaction that failed: none of it is stored if there was no room for it. */
function writeError(where: string, cause: unknown): RecurError {
  if (cause instanceof RecurError) return cause;
  const got = cause instanceof Error ? cause.message : String(cause);
  const isFull = /no space|map[ _]?full|quota|too large/i.test(got);
  const parts = { where, got, cause };
  if (isFull) {
    return new RecurError({ ...parts, expected: 'to write', hint: 'make room on the disk' });
  }
  const hint = 'read the log to know whether it is stored';
  return new UnknownError({ ...parts, expected: 'to be told that it is stored', hint });
}

/** A row in messages: `events of partition 3`, `records of alarms.3`. */
function labelOf([kind, of, partition]: Row): string {
  if (kind === 'events') return `events of partition ${of}`;
  return partition === undefined ? `${kind}` : `records of ${decodeName(`${of}`)}.${partition}`;
}
