import { mismatch } from '../errors.js';
import { UnknownError } from './log.js';
import { headOf, type Row } from './redis-keys.js';
import type { Link } from './redis-link.js';
import { type History, RedisWriter, unknown, type Written } from './redis-writer.js';
import { gone } from './refusals.js';
import { unsealed } from './sealed.js';

/** An entry: its number is that of its last record. */
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
}

/** So many parts at a time, each of at most `partBytes`, are 8 MiB. */
const page = 256;

/** The rows of a log: what was appended, as one entry each time, and a head for each row. */
export class RedisRows {
  readonly reads: Link;
  readonly #writes: Link;
  readonly #id: string;
  readonly #replicas: number;
  readonly #writer: string;
  readonly #writers = new Map<string, RedisWriter>();
  readonly #histories = new Map<string, History>();

  constructor(reads: Link, writes: Link, id: string, replicas: number) {
    this.reads = reads;
    this.#writes = writes;
    this.#id = id;
    this.#replicas = replicas;
    this.#writer = crypto.randomUUID();
  }

  /** What appends to a row, one after another. */
  writer(row: Row): RedisWriter {
    let writer = this.#writers.get(row.key);
    if (!writer) {
      const parts = { id: this.#id, replicas: this.#replicas, writer: this.#writer };
      const events = this.#history(row.events);
      this.#writers.set(row.key, (writer = new RedisWriter(this.#writes, row, parts, events)));
    }
    return writer;
  }

  #history(key: string): History {
    let history = this.#histories.get(key);
    if (!history) this.#histories.set(key, (history = { known: unknown, losses: 0 }));
    return history;
  }

  async mark(row: Row): Promise<Mark> {
    const ask = () => this.reads.redis.hmget(headOf(row), 'last', 'floor');
    const [last, floor] = await this.reads.ask(ask, { where: row.label });
    return { last: Number(last ?? 0), floor: Number(floor ?? 0) };
  }

  /** Removes entries whose records are all at or below a number. */
  async purge(row: Row, through: number): Promise<void> {
    const run = () => this.#writes.run('purge', row.key, headOf(row), through);
    await this.#writes.ask(run, { where: row.label });
  }

  /** Reads the entries after a number, some at a time. */
  reader(row: Row, after: number, signal: AbortSignal | undefined): RedisReader {
    const known = (written: Written) => this.writer(row).know(written);
    return new RedisReader(this, row, after, signal, known);
  }
}

type Parts = [id: Buffer, fields: Buffer[]][];

/** A reader of a row: it asks for the next entries while the last ones are being used. */
export class RedisReader {
  readonly #rows: RedisRows;
  readonly #row: Row;
  readonly #signal: AbortSignal | undefined;
  readonly #know: (written: Written) => void;
  /** The number of the last record that was read, and the id of the last part. */
  #at: number;
  #id: string;
  #parts: Buffer[] = [];
  #hasRead = false;
  #next: Promise<[Parts, Mark]> | undefined;

  constructor(
    rows: RedisRows,
    row: Row,
    after: number,
    signal: AbortSignal | undefined,
    know: (written: Written) => void,
  ) {
    this.#rows = rows;
    this.#row = row;
    this.#at = after;
    this.#id = `${after}-18446744073709551615`;
    this.#signal = signal;
    this.#know = know;
  }

  /** The next entries; none: there are no more now. Throws a RecurError if they are not kept. */
  async next(): Promise<readonly Entry[]> {
    for (let tries = 0; ; ) {
      const [parts, mark] = await (this.#next ?? this.#ask());
      this.#next = undefined;
      this.#check(mark, parts.length === 0);
      const entries = parts.flatMap(
        ([id, fields]) => this.#take(id.toString(), fields, mark) ?? [],
      );
      if (parts.length === page) {
        this.#next = this.#ask();
        this.#next.catch(() => {});
      }
      if (entries.length || (!parts.length && mark.last <= this.#at)) return entries;
      // The last one may have come between two answers.
      if (!parts.length && tries++) {
        const hint = 'restore the log from a copy: nothing can tell what was there';
        throw mismatch(this.#row.label, `number ${this.#at + 1} to be there`, 'nothing', hint);
      }
    }
  }

  async #ask(): Promise<[Parts, Mark]> {
    const { reads } = this.#rows;
    const { redis } = reads;
    const range = [this.#row.key, `(${this.#id}`, '+', 'COUNT', page] as const;
    const ask = () => {
      return Promise.all([
        redis.xrangeBuffer(...range),
        redis.hmget(headOf(this.#row), 'last', 'floor'),
      ]);
    };
    const asking = { where: this.#row.label, signal: this.#signal };
    const [parts, [last, floor]] = await reads.ask(ask, asking);
    return [parts as Parts, { last: Number(last ?? 0), floor: Number(floor ?? 0) }];
  }

  #check({ last, floor }: Mark, isEmpty: boolean): void {
    if (isEmpty && this.#at < floor) throw gone(this.#row.label, this.#at, floor + 1);
    if (!this.#hasRead || last >= this.#at) return;
    throw new UnknownError({
      where: this.#row.label,
      expected: `number ${this.#at} to be kept`,
      got: `a log that ends at ${last}`,
      hint: 'the server has lost what it had acknowledged: begin again with what is there',
    });
  }

  /** Takes a part; the entry that it completes. */
  #take(id: string, fields: readonly Buffer[], { floor }: Mark): Entry | undefined {
    const { label, job } = this.#row;
    const lack = () => gone(label, this.#at, Math.max(floor, this.#at + 1) + 1);
    const [, bytes, , time, , count, , tag] = fields;
    const [number, part] = id.split('-').map(Number);
    if (part !== this.#parts.length) throw lack();
    this.#id = id;
    this.#parts.push(bytes);
    if (!tag) return undefined;
    const parts = this.#parts;
    this.#parts = [];
    const entry = { number, count: Number(count), time: Number(time) };
    if (number - entry.count > this.#at) throw lack();
    const whole = parts.length === 1 ? parts[0] : Buffer.concat(parts);
    const view = unsealed(whole, job ? number : 0, `${label}, number ${number}`);
    this.#at = number;
    this.#hasRead = true;
    this.#know({ number, tag: tag.toString() });
    return { ...entry, payload: new Uint8Array(view.buffer, 0, view.byteLength) };
  }
}
