import type { DurableOutput } from '../durable/event.js';
import type { LineWriter } from '../durable/file-sink.js';
import type { Sink } from '../durable/sink.js';
import { sequenceOf } from '../durable/told.js';
import { mismatch } from '../errors.js';
import {
  asUnusable,
  type NatsConnection,
  type NatsMessage,
  natsConnection,
  natsTransport,
  withoutPassword,
} from './log-places.js';
import type { Target } from './serve-places.js';
import { unusable } from './stop.js';

type NatsTarget = Extract<Target, { readonly kind: 'nats' }>;

/** Milliseconds that a server may take to store a message. */
const patience = 5000;
/** Messages that may wait for their acknowledgements. */
const mostWaiting = 256;

/** What a stream answers to a message, or to a question. */
interface Answer {
  readonly error?: { readonly description: string; readonly err_code?: number };
  readonly streams?: readonly string[];
  readonly message?: { readonly seq: number; readonly hdrs?: string };
}

/**
 * Each output as a message of `SUBJECT.PARTITION`: a line of NDJSON, and its id as Nats-Msg-Id. A
 * stream has to take these subjects. Its last message of each tells where to go on; the first one
 * of each write names that message, so that a former owner of the partition adds nothing.
 */
export async function natsSink({ server, subject }: NatsTarget, lines: LineWriter) {
  const where = `--to ${withoutPassword(server.at)}/${subject}`;
  const { connect, headers } = await natsTransport();
  const options = { ...(await natsConnection(server)), maxReconnectAttempts: -1 };
  const connection = await connect(options).catch((error: Error) => {
    throw unusable(`${where}: ${error.message}`);
  });
  const stream = new Subjects(connection, where, subject);
  const sink: Sink = {
    name: where,
    async last(job, partition) {
      const { id } = await stream.last(partition);
      if (id !== undefined && sequenceOf(id, job, partition) < 0) {
        const hint = 'a subject that takes the outputs of a job is its own';
        throw mismatch(`${where}.${partition}`, `an output of ${job}`, id, hint);
      }
      return id;
    },
    async write(job, partition, { outputs }) {
      const { id: last, seq } = await stream.last(partition);
      const had = sequenceOf(last, job, partition);
      const news = outputs.filter(({ id }) => sequenceOf(id, job, partition) > had);
      const put = ({ id, ...rest }: DurableOutput, after?: number) => {
        const own = headers();
        own.set('Nats-Msg-Id', id);
        if (after !== undefined) own.set('Nats-Expected-Last-Subject-Sequence', String(after));
        return stream.put(partition, lines.line({ id, ...rest }).trimEnd(), own);
      };
      if (!news.length) return;
      await put(news[0], seq);
      for (let i = 1; i < news.length; i += mostWaiting) {
        await Promise.all(news.slice(i, i + mostWaiting).map(output => put(output)));
      }
    },
  };
  return { sink, close: () => connection.drain() };
}

/** The subjects of the partitions, and the stream that takes them. */
class Subjects {
  readonly #connection: NatsConnection;
  readonly #where: string;
  readonly #subject: string;

  constructor(connection: NatsConnection, where: string, subject: string) {
    this.#connection = connection;
    this.#where = where;
    this.#subject = subject;
  }

  /** The id of the last message of a partition, and its number; 0: there is none. */
  async last(
    partition: number,
  ): Promise<{ readonly id?: string | undefined; readonly seq: number }> {
    const subject = `${this.#subject}.${partition}`;
    const { streams } = await this.#ask('$JS.API.STREAM.NAMES', { subject });
    if (!streams?.length) throw this.#noStream(subject);
    const question = { last_by_subj: subject };
    const { message, error } = await this.#ask(`$JS.API.STREAM.MSG.GET.${streams[0]}`, question);
    if (!message) {
      // 10037: there is no such message.
      if (error?.err_code === 10037) return { seq: 0 };
      throw this.#refused(error?.description);
    }
    const text = Buffer.from(message.hdrs ?? '', 'base64').toString('utf8');
    return { id: /^Nats-Msg-Id: *(.*?)\r?$/im.exec(text)?.[1] ?? '', seq: message.seq };
  }

  /** Resolves when a message is stored. */
  async put(partition: number, text: string, headers: object): Promise<void> {
    const subject = `${this.#subject}.${partition}`;
    const { error } = await this.#answer(subject, text, { headers });
    if (error) throw this.#refused(error.description);
  }

  async #ask(subject: string, question: object): Promise<Answer> {
    return this.#answer(subject, JSON.stringify(question), {});
  }

  async #answer(subject: string, text: string, options: object): Promise<Answer> {
    let message: NatsMessage;
    try {
      const told = { timeout: patience, ...options };
      message = await this.#connection.request(subject, text, told);
    } catch (error) {
      const { message: why, name } = error as Error;
      if (/NoResponders/i.test(name)) throw this.#noStream(subject);
      throw this.#refused(why);
    }
    return message.json<Answer>();
  }

  #noStream(subject: string): unknown {
    const make = `nats stream add --subjects '${this.#subject}.*'`;
    const expected = `a stream of JetStream that takes ${this.#subject}.*`;
    return asUnusable(mismatch(this.#where, expected, `none for ${subject}`, `make one: ${make}`));
  }

  #refused(got = 'no answer'): unknown {
    return asUnusable(mismatch(this.#where, 'the server to store outputs', got));
  }
}
