import type { JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection, NodeConnectionOptions } from '@nats-io/transport-node';
import { RecurError } from '../errors.js';
import { UnknownError } from './log.js';
import { closed } from './refusals.js';

/** The packages of the client, which are loaded only where a log is opened. */
export interface NatsPackages {
  readonly transport: typeof import('@nats-io/transport-node');
  readonly jetstream: typeof import('@nats-io/jetstream');
}

export async function natsPackages(): Promise<NatsPackages> {
  try {
    const [transport, jetstream] = await Promise.all([
      import('@nats-io/transport-node'),
      import('@nats-io/jetstream'),
    ]);
    return { transport, jetstream };
  } catch (cause) {
    const expected = 'the packages @nats-io/transport-node and @nats-io/jetstream';
    const hint = "install them with 'npm install @nats-io/transport-node@3 @nats-io/jetstream@3'";
    const parts = { where: 'natsLog', expected, hint, cause };
    throw new RecurError({ ...parts, got: (cause as Error).message });
  }
}

/** What a message says besides its bytes, by the names of its headers. */
export type Headers = Readonly<Record<string, string>>;

/** How long a connected server may take to answer, in milliseconds, before it is asked again. */
const answerTime = 5000;

/** How long it is asked again what may be asked twice, without the time without a connection. */
const patience = 30_000;

/** A question without an answer: whether it was heard, nobody can tell. */
export class Unanswered extends UnknownError {}

/** What the server refuses, with its number. */
export class Refused extends RecurError {
  readonly code: number | undefined;

  constructor(where: string, got: string, code?: number, cause?: unknown) {
    const number = code === undefined ? '' : ` (${code})`;
    super({ where, expected: 'the server to do as it is asked', got: `${got}${number}`, cause });
    this.code = code;
  }
}

/** The server's numbers of what it refuses. */
export const codes = {
  streamNotFound: 10059,
  streamExists: 10058,
  wrongLastId: 10070,
  wrongLast: 10071,
} as const;

/** Numbers of a cluster that lacks a leader or a server just now: it did nothing. */
const unready: readonly (number | undefined)[] = [
  ...[10004, 10005, 10007, 10008, 10009, 10118, 10119],
];

/** A connection to the servers that is made again for ever. */
export class NatsLink {
  readonly name: string;
  readonly connection: NatsConnection;
  readonly jsm: JetStreamManager;
  readonly #packages: NatsPackages;
  readonly #inboxPrefix: string | undefined;
  readonly #reconnects = new Set<() => void>();
  #maxPayload = 0;
  #isConnected = true;
  /** True once it was closed on purpose. */
  closed = false;

  constructor(
    name: string,
    packages: NatsPackages,
    connection: NatsConnection,
    jsm: JetStreamManager,
    inboxPrefix: string | undefined,
  ) {
    this.name = name;
    this.#packages = packages;
    this.connection = connection;
    this.jsm = jsm;
    this.#inboxPrefix = inboxPrefix;
    void this.#watch();
  }

  static async open(name: string, packages: NatsPackages, options: NodeConnectionOptions) {
    const connection = await packages.transport.connect(options);
    const jsm = await packages.jetstream.jetstreamManager(connection, {
      ...{ checkAPI: false, timeout: answerTime },
    });
    return new NatsLink(name, packages, connection, jsm, options.inboxPrefix);
  }

  /** The most bytes of a message, with its headers. */
  get maxPayload(): number {
    // There is no information while there is no connection.
    this.#maxPayload = this.connection.info?.max_payload ?? this.#maxPayload;
    return this.#maxPayload;
  }

  async #watch(): Promise<void> {
    this.maxPayload;
    for await (const { type } of this.connection.status()) {
      if (type === 'disconnect') this.#isConnected = false;
      if (type !== 'reconnect' && type !== 'close') continue;
      this.#isConnected = true;
      for (const told of [...this.#reconnects]) told();
    }
  }

  /** Calls back after each new connection, and when there will be none; returns what ends that. */
  onReconnect(told: () => void): () => void {
    this.#reconnects.add(told);
    return () => this.#reconnects.delete(told);
  }

  newInbox(): string {
    return this.#packages.transport.createInbox(this.#inboxPrefix);
  }

  publish(subject: string, payload: Uint8Array | string, headers?: Headers, reply?: string): void {
    const own = headers && { headers: this.#headers(headers) };
    this.connection.publish(subject, payload, { ...own, ...(reply !== undefined && { reply }) });
  }

  /** Puts a message into a stream; rejects with Unanswered if there is no answer. */
  async put(subject: string, payload: Uint8Array, headers: Headers): Promise<Answer> {
    const options = { headers: this.#headers(headers), timeout: answerTime, noMux: false };
    const answer = await this.attempt(() => this.connection.request(subject, payload, options));
    const { seq, error } = answer.json<RawAnswer>();
    if (unready.includes(error?.err_code)) throw this.#unanswered(error?.description);
    return { seq, code: error?.err_code, text: error?.description ?? '' };
  }

  #headers(headers: Headers) {
    const own = this.#packages.transport.headers();
    for (const [name, value] of Object.entries(headers)) own.set(name, value);
    return own;
  }

  /** Calls once; rejects with Unanswered if there is no answer, or a new connection before it. */
  async attempt<T>(call: () => Promise<T>): Promise<T> {
    this.checkOpen();
    let off: (() => void) | undefined;
    const lost = new Promise<never>((_, reject) => {
      off = this.onReconnect(() => reject(this.#unanswered('a new connection')));
    });
    try {
      return await Promise.race([call(), lost]);
    } catch (error) {
      this.checkOpen();
      throw this.#errorOf(error);
    } finally {
      off?.();
    }
  }

  #errorOf(error: unknown): unknown {
    if (error instanceof RecurError || !(error instanceof Error)) return error;
    const { errors } = this.#packages.transport;
    const { code } = error as { readonly code?: number };
    // Errors come with the one that they are about as their cause.
    const chain = [error, error.cause, (error.cause as Error | undefined)?.cause];
    const is = (type: abstract new (...args: never[]) => unknown) =>
      chain.some(one => one instanceof type);
    const isSilent = is(errors.TimeoutError) || is(errors.NoRespondersError);
    if (isSilent || unready.includes(code)) return this.#unanswered(error.message, error);
    if (is(errors.RequestError) && !is(errors.PermissionViolationError)) {
      return this.#unanswered(error.message, error);
    }
    return new Refused(this.name, error.message, code, error);
  }

  #unanswered(got = 'nothing', cause?: unknown): Unanswered {
    return new Unanswered({ where: this.name, expected: 'an answer', got, cause });
  }

  /** What may be asked again is, until the server answers. */
  async ask<T>(call: (jsm: JetStreamManager) => Promise<T>): Promise<T> {
    let left = patience;
    for (;;) {
      const begin = performance.now();
      try {
        return await this.attempt(() => call(this.jsm));
      } catch (error) {
        if (!(error instanceof Unanswered)) throw error;
        if (this.#isConnected) left -= performance.now() - begin + 100;
        if (left < 0) throw error;
        await new Promise(resolve => setTimeout(resolve, 100));
      }
    }
  }

  /** Resolves after a time, or at once with the next connection. */
  pause(ms: number): Promise<void> {
    return new Promise(resolve => {
      const done = () => {
        clearTimeout(timer);
        off();
        resolve();
      };
      const timer = setTimeout(done, ms);
      const off = this.onReconnect(done);
    });
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  checkOpen(): void {
    if (this.closed) throw closed(this.name);
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.connection.close();
  }
}

interface RawAnswer {
  readonly seq: number;
  readonly error?: { readonly err_code: number; readonly description: string };
}

/** What a stream says to a message: where it is; or by a number why it is not. */
export interface Answer {
  readonly seq: number;
  readonly code: number | undefined;
  readonly text: string;
}

export const bytesOf = (text: string) => new TextEncoder().encode(text);
