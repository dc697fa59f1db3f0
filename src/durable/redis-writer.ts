import { mismatch } from '../errors.js';
import { FencedError, UnknownError } from './log.js';
import { headOf, type Row } from './redis-keys.js';
import type { Link } from './redis-link.js';
import { sealed } from './sealed.js';

/** The last number of a row, and the tag of its entry: another one has another tag. */
export interface Written {
  readonly number: number;
  readonly tag: string;
}

/** Of a row of which nothing was seen. */
export const unknown: Written = { number: 0, tag: '' };

/** The newest of a partition's events that this process has seen, and how often it was lost. */
export interface History {
  known: Written;
  losses: number;
}

/** Which number has to be the last one, and the error if another one is. */
export interface Condition {
  readonly after: number;
  refuse(last: number): Error;
}

/** What a row's writer needs to know of its log. */
export interface WriterSetup {
  /** The log's id. */
  readonly id: string;
  /** This process' own. */
  readonly writer: string;
  /** How many replicas have to have what is acknowledged. */
  readonly replicas: number;
}

interface Waiting {
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly condition: Condition | undefined;
  resolve(number: number): void;
  reject(error: unknown): void;
}

/** A part is so long at most: a reader asks for so many parts at a time, whatever they hold. */
const partBytes = 2 ** 15;
/** So many bytes of appends that wait go together. */
const together = 2 ** 22;

/** Appends to a row, one entry after another: those that wait meanwhile are one. */
export class RedisWriter {
  readonly #link: Link;
  readonly #row: Row;
  readonly #setup: WriterSetup;
  readonly #waiting: Waiting[] = [];
  #isBusy = false;
  #calls = 0;
  /** The newest entry that this process has seen. */
  #known = unknown;
  readonly #events: History;
  /** Losses of events that the callers of this writer have been told of. */
  #losses: number;

  constructor(link: Link, row: Row, setup: WriterSetup, events: History) {
    this.#link = link;
    this.#row = row;
    this.#setup = setup;
    this.#events = events;
    this.#losses = events.losses;
  }

  /** An entry was read. */
  know(written: Written): void {
    if (written.number >= this.#known.number) this.#know(written);
  }

  #know(written: Written): void {
    this.#known = written;
    if (!this.#row.job) this.#events.known = written;
  }

  /** Appends so many records as one entry, all or none; the number of the last one. */
  append(bytes: Uint8Array, count: number, condition?: Condition): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ bytes, count, condition, resolve, reject });
      if (!this.#isBusy) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#isBusy = true;
    while (this.#waiting.length) {
      const some = this.#take();
      const count = some.reduce((sum, one) => sum + one.count, 0);
      try {
        let number = (await this.#write(some, count)) - count;
        for (const one of some) one.resolve((number += one.count));
      } catch (error) {
        for (const one of some) one.reject(error);
      }
    }
    this.#isBusy = false;
  }

  /** The next that waits, and what may be appended with it. */
  #take(): readonly Waiting[] {
    let size = 0;
    const end = this.#waiting.findIndex(({ bytes, condition }, i) => {
      size += bytes.length;
      return i > 0 && (size > together || condition || this.#waiting[0].condition);
    });
    return this.#waiting.splice(0, end < 0 ? this.#waiting.length : end);
  }

  async #write(some: readonly Waiting[], count: number): Promise<number> {
    const [{ bytes, condition }] = some;
    const all = some.length === 1 ? bytes : Buffer.concat(some.map(one => one.bytes));
    // The number of an event is known only to the server.
    const value = sealed(none, all, this.#row.job && condition ? condition.after + 1 : 0);
    const tag = `${this.#setup.writer}:${++this.#calls}`;
    const isTold = !this.#row.job || this.#losses === this.#events.losses;
    const [status, number] = isTold
      ? await this.#send(value, count, tag, condition)
      : ['lost', `${this.#events.known.number}`];
    if (status === 'stored') {
      this.#know({ number: Number(number), tag });
      return Number(number);
    }
    if (status === 'lost') this.#lose(isTold);
    if (condition && status === 'fenced') throw condition.refuse(Number(number));
    throw this.#lost(status, Number(number));
  }

  /** Each job of the partition is told once; what it reads then is new. */
  #lose(isNew: boolean): void {
    if (isNew) {
      this.#events.losses++;
      this.#events.known = unknown;
    }
    this.#losses = this.#events.losses;
  }

  #send(value: Buffer, count: number, tag: string, condition: Condition | undefined) {
    const { id, writer, replicas } = this.#setup;
    const { key, log, jobs, job, events, label } = this.#row;
    const own = [key, headOf(this.#row), `${key}:writer:${writer}`, log, jobs];
    const keys = [...own, events, headOf({ key: events })];
    const { number, tag: read } = job ? this.#events.known : unknown;
    const after = condition?.after ?? '';
    const known = this.#known.number === after ? this.#known.tag : '';
    const parts = Array.from({ length: Math.ceil(value.length / partBytes) }, (_, i) => {
      return value.subarray(i * partBytes, (i + 1) * partBytes);
    });
    const values = [id, this.#calls, after, known, tag, count, job, number || '', read, ...parts];
    const link = this.#link;
    const call = async () => {
      const { made } = link;
      const answer = (await link.run('append', ...keys, ...values)) as readonly [string, string?];
      if (!replicas || answer[0] !== 'stored') return answer;
      const confirmed = await link.redis.wait(replicas, Math.ceil(link.patience / 4));
      // Another connection's replicas say nothing of what was sent on this one.
      if (link.made !== made) throw new Error('the connection was lost before replicas confirmed');
      if (confirmed >= replicas) return answer;
      const expected = `${replicas} replicas to confirm it`;
      const hint = 'it is stored on the master; read the log to know what became of it';
      throw new UnknownError({ where: label, expected, got: `${confirmed}`, hint });
    };
    return link.ask(call, { where: label, writes: true });
  }

  #lost(status: string, last: number): Error {
    const where = this.#row.label;
    if (status === 'gone') {
      const hint = 'the server has lost its data, or somebody has removed them: open the log again';
      return mismatch(where, 'the log that was opened', 'none', hint);
    }
    const what = status === 'lost' ? 'the events that were read' : `number ${last} as it was read`;
    const hint = 'the server has lost what it had acknowledged, and others have gone on';
    const parts = { where, expected: what, got: 'others in their place', hint };
    return status === 'late' ? new UnknownError(parts) : new FencedError(parts);
  }
}

const none = new Uint8Array();
