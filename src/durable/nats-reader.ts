import type { Msg, Subscription } from '@nats-io/transport-node';
import type { NatsLink } from './nats-link.js';
import { type Found, ms, placeOf, type Range } from './nats-messages.js';

/** What may be on its way, or wait to be taken. */
const mostMessages = 8192;
const mostBytes = 16 * 2 ** 20;

const heartbeat = 2000;
/** Without a sign of life for so long the server has forgotten us. */
const silence = 2.5 * heartbeat;

interface Pull {
  readonly subscription: Subscription;
  left: number;
}

/** Reads a stream in order, as batches of what has come; ends with its signal, or its log. */
export async function* readStream(
  link: NatsLink,
  range: Range,
  signal?: AbortSignal,
): AsyncGenerator<readonly Found[]> {
  if (signal?.aborted || link.closed || !range.count) return;
  const reader = new StreamReader(link, range);
  const stop = () => reader.stop();
  signal?.addEventListener('abort', stop);
  try {
    for (let some = await reader.take(); some; some = await reader.take()) yield some;
  } finally {
    signal?.removeEventListener('abort', stop);
    reader.stop();
  }
}

/**
 * A consumer of the server's that belongs to this reader, knows nothing of acknowledgements, and
 * is made anew from where the reader is whenever a message or the connection was lost.
 */
class StreamReader {
  readonly #link: NatsLink;
  readonly #range: Range;
  readonly #pulls = new Set<Pull>();
  readonly #off: () => void;
  readonly #timer: ReturnType<typeof setInterval>;
  #found: Found[] = [];
  #bytes = 0;
  #next: number;
  #left: number;
  #consumer: string | undefined;
  /** How many times a consumer was wanted: answers for an older one are not heard. */
  #round = 0;
  /** Messages that this consumer has delivered. */
  #delivered = 0;
  #heard = performance.now();
  #isIdle = false;
  #isStopped = false;
  #failure: { readonly error: unknown } | undefined;
  #wake: () => void = () => {};

  constructor(link: NatsLink, range: Range) {
    this.#link = link;
    this.#range = range;
    this.#next = range.after + 1;
    this.#left = range.count;
    this.#off = link.onReconnect(() => this.#reopen());
    this.#timer = setInterval(() => {
      if (this.#pulls.size && performance.now() - this.#heard > silence) this.#reopen();
    }, heartbeat);
    void this.#open();
  }

  /** What has come, or the next that comes; undefined: that was all. */
  async take(): Promise<readonly Found[] | undefined> {
    while (!this.#found.length) {
      if (this.#failure) throw this.#failure.error;
      if (this.#isStopped || !this.#left) return undefined;
      await new Promise<void>(resolve => {
        this.#wake = resolve;
      });
    }
    if (this.#isStopped) return undefined;
    const some = this.#found;
    this.#found = [];
    this.#bytes = 0;
    this.#pull();
    return some;
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#off();
    clearInterval(this.#timer);
    this.#drop();
    this.#wake();
  }

  #fail(error: unknown): void {
    if (this.#isStopped) return;
    this.#failure = { error };
    this.#drop();
    this.#wake();
  }

  #reopen(): void {
    if (this.#isStopped || this.#failure) return;
    if (this.#link.connection.isClosed()) {
      if (this.#link.closed) this.stop();
      else void this.#link.ask(async () => {}).catch(error => this.#fail(error));
      return;
    }
    this.#drop();
    void this.#open();
  }

  /** Gives up the consumer; the server would forget it by itself, but later. */
  #drop(): void {
    this.#round++;
    for (const { subscription } of this.#pulls) subscription.unsubscribe();
    this.#pulls.clear();
    const consumer = this.#consumer;
    this.#consumer = undefined;
    if (consumer === undefined || this.#link.connection.isClosed()) return;
    const subject = `${this.#link.jsm.getOptions().apiPrefix}.CONSUMER.DELETE`;
    this.#link.publish(`${subject}.${this.#range.stream}.${consumer}`, '');
  }

  async #open(): Promise<void> {
    const round = ++this.#round;
    const { stream, filter } = this.#range;
    const config = {
      ...{ ack_policy: 'none' as const, deliver_policy: 'by_start_sequence' as const },
      ...{ opt_start_seq: this.#next, mem_storage: true, num_replicas: 1 },
      ...{ inactive_threshold: 30_000 * ms, ...(filter && { filter_subject: filter }) },
    };
    try {
      const { name } = await this.#link.ask(({ consumers }) => consumers.add(stream, config));
      if (round !== this.#round) return;
      this.#consumer = name;
      this.#delivered = 0;
      this.#heard = performance.now();
      this.#pull();
    } catch (error) {
      if (this.#link.closed) this.stop();
      else if (round === this.#round) this.#fail(error);
    }
  }

  /** Asks for as much as there is room for, half at a time. */
  #pull(): void {
    if (this.#consumer === undefined || this.#isStopped || this.#failure) return;
    let asked = 0;
    for (const { left } of this.#pulls) asked += left;
    const room = Math.min(this.#left, mostMessages - this.#found.length) - asked;
    const batch = Math.min(room, mostMessages / 2);
    const isWorthIt = batch > 0 && (batch === mostMessages / 2 || !this.#pulls.size);
    if (!isWorthIt || this.#pulls.size > 1 || this.#bytes > mostBytes / 2) return;
    const inbox = this.#link.newInbox();
    const pull: Pull = {
      left: batch,
      subscription: this.#link.connection.subscribe(inbox, {
        callback: (error, message) => this.#hear(pull, error, message),
      }),
    };
    this.#pulls.add(pull);
    const request = {
      ...{ batch, expires: 60_000 * ms, idle_heartbeat: this.#heartbeat() * ms },
      max_bytes: Math.max(mostBytes / 2, this.#link.maxPayload + 8192),
    };
    const subject = `${this.#link.jsm.getOptions().apiPrefix}.CONSUMER.MSG.NEXT`;
    const to = `${subject}.${this.#range.stream}.${this.#consumer}`;
    this.#link.publish(to, JSON.stringify(request), undefined, inbox);
  }

  /** A reader that knows how much is to come wants to know soon if it does not. */
  #heartbeat(): number {
    return this.#range.count === Infinity ? heartbeat : 500;
  }

  #hear(pull: Pull, error: Error | null, message: Msg): void {
    if (!this.#pulls.has(pull)) return;
    this.#heard = performance.now();
    const { reply } = message;
    if (error) this.#fail(error);
    else if (reply) this.#accept(pull, message, reply);
    else this.#learn(pull, message);
  }

  #accept(pull: Pull, message: Msg, reply: string): void {
    const { seq, delivered, time } = placeOf(reply);
    // One was lost on its way.
    if (delivered !== ++this.#delivered) {
      this.#reopen();
      return;
    }
    this.#isIdle = false;
    if (!--pull.left) this.#end(pull);
    if (seq >= this.#next) {
      if (seq > this.#next && !this.#range.isSparse) {
        this.#drop();
        void this.#check(seq);
        return;
      }
      this.#next = seq + 1;
      this.#left--;
      const { data } = message;
      this.#bytes += data.length;
      this.#found.push({ seq, time, subject: message.subject, data });
      this.#wake();
    }
    if (!pull.left) this.#pull();
  }

  /** A message without bytes that says how a pull is. */
  #learn(pull: Pull, message: Msg): void {
    const { code = 0, description = '' } = message.headers ?? {};
    if (code === 100) {
      // Nothing more has come since the last one.
      if (this.#isIdle && this.#range.count !== Infinity) void this.#check(undefined);
      this.#isIdle = true;
    } else if (code === 400) this.#fail(new Error(`${this.#range.stream}: ${description}`));
    else if (code === 503) void this.#lose(pull);
    else if (/deleted|leadership|shutdown/i.test(description)) this.#reopen();
    else {
      this.#end(pull);
      this.#pull();
    }
  }

  /** The consumer has gone with its server, or has no leader yet: soon there is another one. */
  async #lose(pull: Pull): Promise<void> {
    await this.#link.pause(100);
    if (this.#pulls.has(pull)) this.#reopen();
  }

  async #check(at: number | undefined): Promise<void> {
    try {
      await this.#range.lack(this.#next - 1, at);
    } catch (error) {
      this.#fail(error);
    }
  }

  #end(pull: Pull): void {
    pull.subscription.unsubscribe();
    this.#pulls.delete(pull);
  }
}
