import { checkNames, demand, mismatch } from '../errors.js';
import type { DurableOutput, Told } from './event.js';
import { connectionOptions, type NatsConnectionOptions, openLink } from './nats-connection.js';
import {
  type Answer,
  bytesOf,
  codes,
  type Headers,
  type NatsLink,
  natsPackages,
  Refused,
  Unanswered,
} from './nats-link.js';
import { letterText, outputText } from './output-text.js';
import type { Sink } from './sink.js';
import { sequenceOf } from './told.js';

/** What `toSubject` publishes. */
export interface SubjectSinkOptions {
  /** The payload of an output's message. Default: `{ id, key, offset, y }` as JSON. */
  readonly encode?: ((output: DurableOutput) => Uint8Array) | undefined;
  /** True: dead letters are messages, too. Default: outputs alone. */
  readonly letters?: boolean | undefined;
}

/** A sink with a connection of its own. */
export interface SubjectSink extends Sink {
  close(): Promise<void>;
}

/**
 * A sink: each output becomes a message of `SUBJECT.PARTITION` in a stream of JetStream, in the
 * order of its partition, with its id as `Nats-Msg-Id`. A stream that you have made takes these
 * subjects, and nobody else publishes to them. The last message of each tells where to go on, and
 * each message names the one before it: so each output is there once, whoever writes it, also with
 * `outputs: 'msgid'`. Let the stream keep at least the last message of each subject.
 *
 * `servers` and the packages that it needs are those of `natsLog`. Rejects with a RecurError for
 * wrong arguments, and for servers that refuse the connection; its writes reject where no stream
 * takes the subject, or somebody else's message is the last.
 */
export async function toSubject(
  servers: string | readonly string[] | NatsConnectionOptions,
  subject: string,
  options: SubjectSinkOptions = {},
): Promise<SubjectSink> {
  checkNames('toSubject', options, ['encode', 'letters']);
  const { encode = outputBytes, letters = false } = options;
  const isSubject =
    typeof subject === 'string' && /^[^\s.*>$][^\s.*>]*(\.[^\s.*>]+)*$/.test(subject);
  demand(isSubject, 'toSubject.subject', 'a subject without wildcards', subject);
  demand(typeof encode === 'function', 'toSubject.encode', 'a function', encode);
  demand(typeof letters === 'boolean', 'toSubject.letters', 'true or false', letters);
  const connection = connectionOptions('toSubject', servers, `outputs ${subject}`);
  const link = await openLink(await natsPackages(), `toSubject ${subject}`, connection);
  const messages = ({ outputs, letters: dead }: Told): Message[] => [
    ...outputs.map(output => ({ id: output.id, payload: () => encode(output) })),
    ...(letters ? dead : []).map(letter => ({
      ...{ id: letter.id, payload: () => bytesOf(letterText(letter)) },
    })),
  ];
  const subjects = new Subjects(link, subject);
  return {
    name: `${subject} at ${link.connection.getServer()}`,
    deduplicates: true,
    last: async (job, partition) => (await subjects.look(job, partition)).id,
    write: (job, partition, told) => subjects.write(job, partition, messages(told)),
    close: () => link.close(),
  };
}

const outputBytes = (output: DurableOutput) => bytesOf(outputText(output));

interface Message {
  readonly id: string;
  payload(): Uint8Array;
}

/** Where the messages of a partition end: the last one's number in the stream, and its id. */
interface End {
  readonly seq: number;
  readonly id: string | undefined;
}

/** How far a burst has come, and why not further. */
interface Burst {
  readonly end: End;
  readonly failure: Answer | Unanswered | undefined;
}

/** Messages on their way at once. */
const mostWaiting = 256;
/** How often the same message may be asked for again, in vain. */
const mostVain = 5;

/** The last message is another one. */
const moved: readonly (number | undefined)[] = [codes.wrongLast, codes.wrongLastId];

/** The subjects of the partitions, in the stream that takes them. */
class Subjects {
  readonly #link: NatsLink;
  readonly #subject: string;
  readonly #ends = new Map<number, End>();
  #alone: Promise<unknown> = Promise.resolve();

  constructor(link: NatsLink, subject: string) {
    this.#link = link;
    this.#subject = subject;
  }

  /** Asks where the messages of a partition end. */
  async look(job: string, partition: number): Promise<End> {
    const end = await this.#ask(partition);
    const { id } = end;
    if (id !== undefined && sequenceOf(id, job, partition) < 0) {
      const hint = 'a subject that takes the outputs of a job is its own';
      throw mismatch(this.#where(partition), `an output of ${job}`, id, hint);
    }
    this.#ends.set(partition, end);
    return end;
  }

  async #ask(partition: number): Promise<End> {
    const subject = this.#of(partition);
    const stream = await this.#link
      .ask(({ streams }) => streams.find(subject))
      .catch(error => {
        if (!(error instanceof Refused)) throw error;
        const hint = `make one: nats stream add --subjects '${this.#subject}.*'`;
        const expected = `a stream of JetStream that takes ${this.#subject}.*`;
        throw mismatch(this.#where(partition), expected, `none for ${subject}`, hint);
      });
    const query = { last_by_subj: subject };
    const message = await this.#link.ask(({ streams }) => streams.getMessage(stream, query));
    if (!message) return { seq: 0, id: undefined };
    return { seq: message.seq, id: message.header?.get('Nats-Msg-Id') ?? '' };
  }

  /** Publishes those that are not there; resolves when all are stored. */
  async write(job: string, partition: number, messages: readonly Message[]): Promise<void> {
    const fits = /^[^\s\p{Cc}]\P{Cc}*$/u.test(job);
    demand(fits, this.#where(partition), 'a job name that a header can hold', job);
    const placed = messages
      .map(message => ({ ...message, at: sequenceOf(message.id, job, partition) }))
      .sort((a, b) => a.at - b.at);
    let end = this.#ends.get(partition) ?? (await this.look(job, partition));
    for (let vain = 0; ; vain++) {
      const had = sequenceOf(end.id, job, partition);
      const news = placed.filter(({ at }) => at > had).slice(0, 1 + mostWaiting);
      if (!news.length) return;
      const burst = await this.#put(partition, news, end);
      const { failure } = burst;
      const isAhead = burst.end.id !== end.id;
      // Others write to the stream as well: then it goes on from what it knows.
      if (isAhead) vain = 0;
      else if (failure && vain >= mostVain) throw this.#errorOf(partition, failure);
      const isMoved = failure && 'code' in failure && moved.includes(failure.code);
      if (failure && !isMoved && !(failure instanceof Unanswered)) {
        throw this.#errorOf(partition, failure);
      }
      end = burst.end;
      this.#ends.set(partition, end);
      if (failure && !(isMoved && isAhead)) end = await this.look(job, partition);
    }
  }

  /** One burst at a time, so that the messages of others are seldom between its own. */
  #put(partition: number, news: readonly Message[], end: End): Promise<Burst> {
    const put = this.#alone.then(() => this.#burst(partition, news, end));
    this.#alone = put.catch(() => {});
    return put;
  }

  async #burst(partition: number, news: readonly Message[], end: End): Promise<Burst> {
    const [first, ...others] = news;
    let last = end;
    let failure: Burst['failure'];
    const take = (id: string, answer: Answer | Unanswered) => {
      if (failure) return;
      if (answer instanceof Unanswered || answer.code !== undefined) failure = answer;
      else last = { id, seq: answer.seq };
    };
    const after = { 'Nats-Expected-Last-Subject-Sequence': String(end.seq) };
    take(first.id, await this.#send(partition, first, after));
    if (failure) return { end: last, failure };
    // Each names the one before it, whoever has published that. Where a message of another
    // partition is between them, the rest is refused, and comes again.
    const sent = others.map((message, i) => {
      return this.#send(partition, message, { 'Nats-Expected-Last-Msg-Id': news[i].id });
    });
    for (const [i, answer] of (await Promise.all(sent)).entries()) take(others[i].id, answer);
    return { end: last, failure };
  }

  async #send(partition: number, { id, payload }: Message, after: Headers) {
    const bytes = payload();
    const most = this.#link.maxPayload - 512;
    const expected = `an output of at most ${most} bytes`;
    const hint = 'max_payload of the server limits it';
    demand(bytes.length <= most, this.#where(partition), expected, bytes.length, hint);
    const headers = { 'Nats-Msg-Id': id, ...after };
    try {
      return await this.#link.put(this.#of(partition), bytes, headers);
    } catch (error) {
      if (error instanceof Unanswered) return error;
      throw error;
    }
  }

  #errorOf(partition: number, failure: Answer | Unanswered): Error {
    if (failure instanceof Unanswered) return failure;
    const got = `${failure.text} (${failure.code})`;
    return mismatch(this.#where(partition), 'the server to store outputs', got);
  }

  #of(partition: number): string {
    return `${this.#subject}.${partition}`;
  }

  #where(partition: number): string {
    return `toSubject ${this.#of(partition)}`;
  }
}
