import { RecurError } from '../errors.js';
import type { NewEvent } from './log.js';
import { UnknownError } from './log.js';
import { type Answer, codes, type Headers, type NatsLink, Unanswered } from './nats-link.js';
import { idTime, newId, type StreamName, type Streams } from './nats-streams.js';
import { tokenOf } from './places.js';
import { appendedAfter } from './refusals.js';

/** Messages of which only the last one is answered, and how many such groups are on their way. */
const group = { messages: 512, bytes: 2 ** 20 };
const groups = 4;

/** Within this time an id that was sent is sure to be known, in milliseconds. */
const limit = (2 * idTime) / 3;

/** No stream will ever have so many messages: what expects them is never stored. */
const never = String(Number.MAX_SAFE_INTEGER);

/** An append on its way. */
interface Append {
  readonly events: readonly NewEvent[];
  readonly after: number | undefined;
  readonly id: string;
  /** The offsets of those that are stored for sure. */
  readonly offsets: number[];
  /** When each was sent first; 0: it was not. */
  readonly sent: Float64Array;
}

/**
 * Appends to a stream, one call after another. Each message names the one before it, and is refused
 * if that is not the last: so what is stored of an append is always its beginning. Only the last
 * of a group is answered. Where that fails, the ids of the messages tell which ones are stored, as
 * long as the server knows them, and the rest is sent again.
 */
export class NatsAppender {
  readonly #link: NatsLink;
  readonly #streams: Streams;
  readonly #name: StreamName;
  readonly #partition: number;
  /** Tokens by their keys: the same ones come again and again. */
  readonly #tokens = new Map<string, string>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(streams: Streams, name: StreamName, partition: number) {
    this.#link = streams.link;
    this.#streams = streams;
    this.#name = name;
    this.#partition = partition;
  }

  /** The offset of each; with `after` they are one after another. */
  append(events: readonly NewEvent[], after: number | undefined): Promise<readonly number[]> {
    const own = events.map(({ key, value }) => ({ key, value: new Uint8Array(value) }));
    const sent = new Float64Array(own.length);
    const append = { events: own, after, id: newId(), offsets: [], sent };
    const appended = this.#last.then(() => this.#store(append));
    this.#last = appended.catch(() => {});
    return appended;
  }

  async #store(append: Append): Promise<readonly number[]> {
    const { events, offsets, sent } = append;
    let [isSure, isAlone] = [true, false];
    while (offsets.length < events.length) {
      try {
        if (!isSure) await this.#look(append);
        isSure = true;
        const begin = offsets.length;
        const refusal = await this.#send(append, isAlone);
        if (refusal) await this.#look(append);
        const isStuck = offsets.length === begin;
        // Only a message that was sent alone is told its own reason.
        if (refusal && isStuck && isAlone) throw await this.#errorOf(append, refusal);
        isAlone = isStuck;
      } catch (error) {
        if (!(error instanceof Unanswered)) throw error;
        const first = sent[offsets.length] || performance.now();
        if (performance.now() - first > limit) throw this.#unknown(append, error);
        await this.#link.pause(100);
        isSure = false;
      }
    }
    return offsets;
  }

  /** Sends all that is not stored, or the first alone; a refusal. Rejects if there is no answer. */
  async #send(append: Append, isAlone: boolean): Promise<Answer | undefined> {
    const { events, offsets } = append;
    const flying: { readonly end: number; readonly answer: Promise<Answer> }[] = [];
    const begin = offsets.length;
    const all = isAlone ? begin + 1 : events.length;
    for (let at = begin; ; ) {
      while (at < all && flying.length < groups) {
        const end = Math.min(all, groupEnd(events, at));
        const answer = this.#sendGroup(append, begin, at, end);
        answer.catch(() => {});
        flying.push({ end, answer });
        at = end;
      }
      const next = flying.shift();
      if (!next) return undefined;
      const answer = await next.answer;
      if (answer.code !== undefined) {
        await Promise.all(flying.map(({ answer }) => answer));
        return answer;
      }
      const count = next.end - offsets.length;
      for (let i = 1; i <= count; i++) offsets.push(answer.seq - count + i);
    }
  }

  async #sendGroup(append: Append, begin: number, from: number, to: number): Promise<Answer> {
    for (let i = from; i < to - 1; i++) {
      this.#note(append, i);
      const { value } = append.events[i];
      this.#link.publish(this.#subject(append, i), value, this.#headers(append, i, begin));
    }
    const last = to - 1;
    this.#note(append, last);
    const headers = this.#headers(append, last, begin);
    return this.#link.put(this.#subject(append, last), append.events[last].value, headers);
  }

  #note({ sent }: Append, i: number): void {
    sent[i] ||= performance.now();
  }

  #subject({ events }: Append, i: number): string {
    const { key } = events[i];
    const tokens = this.#tokens;
    const token = tokens.get(key) ?? tokenOf(key);
    if (tokens.size >= 65_536) tokens.clear();
    tokens.set(key, token);
    return this.#name.subjects.slice(0, -1) + token;
  }

  /** What must be the last message: the one before; without a condition anything, at first. */
  #headers({ id, after }: Append, i: number, begin: number): Headers {
    const own = { 'Nats-Msg-Id': `${id}.${i}` };
    if (i > begin || (i > 0 && after !== undefined)) {
      return { ...own, 'Nats-Expected-Last-Msg-Id': `${id}.${i - 1}` };
    }
    return after === undefined ? own : { ...own, 'Nats-Expected-Last-Sequence': String(after) };
  }

  /** Asks which of those that were sent are stored, by their ids. */
  async #look(append: Append): Promise<void> {
    const { offsets, sent, id } = append;
    const none = new Uint8Array();
    for (;;) {
      const begin = offsets.length;
      const asked: Promise<Answer>[] = [];
      for (let i = begin; i < begin + group.messages && sent[i]; i++) {
        const headers = { 'Nats-Msg-Id': `${id}.${i}`, 'Nats-Expected-Last-Sequence': never };
        asked.push(this.#link.put(this.#subject(append, i), none, headers));
      }
      const answers = await Promise.all(asked);
      const end = answers.findIndex(({ code }) => code !== undefined);
      const stored = end < 0 ? answers : answers.slice(0, end);
      offsets.push(...stored.map(({ seq }) => seq));
      if (end >= 0 || !asked.length) return;
    }
  }

  /** Why the next event cannot be stored. */
  async #errorOf(append: Append, refusal: Answer): Promise<RecurError> {
    const { offsets, after } = append;
    const isMoved = refusal.code === codes.wrongLast || refusal.code === codes.wrongLastId;
    if (!isMoved) return this.#refused(append, refusal);
    if (offsets.length > 0) return this.#unknown(append, new Error('others append too'));
    const { last } = await this.#streams.ends(this.#name);
    return appendedAfter(this.#partition, after)?.refuse(last) ?? this.#refused(append, refusal);
  }

  #refused(append: Append, { code, text }: Answer): RecurError {
    const got = `${text} (${code})`;
    if (append.offsets.length) return this.#unknown(append, new Error(got));
    return new RecurError({ where: this.#where, expected: 'the server to store events', got });
  }

  #unknown({ offsets, events }: Append, cause: Error): UnknownError {
    const stored = `${offsets.length} of ${events.length}`;
    const hint = `${stored} are stored; read the log to know of the rest`;
    const expected = 'to be told that all events are stored';
    return new UnknownError({ where: this.#where, expected, got: cause.message, hint, cause });
  }

  get #where(): string {
    return `append.${this.#partition}`;
  }
}

/** Where a group that begins there ends. */
function groupEnd(events: readonly NewEvent[], begin: number): number {
  let bytes = 0;
  let end = begin;
  while (end < events.length && end - begin < group.messages && bytes < group.bytes) {
    bytes += events[end++].value.length;
  }
  return end;
}
