import type { StreamInfo } from '@nats-io/jetstream';
import { demand, mismatch } from '../errors.js';
import { textOf } from './nats-events.js';
import { codes, type NatsLink, Refused } from './nats-link.js';
import { tokenOf } from './places.js';

/** How the streams of a log are kept. */
export interface Keeping {
  readonly storage: 'file' | 'memory';
  readonly replicas: number;
}

/** A stream of a log, and the subjects that it takes. */
export interface StreamName {
  readonly stream: string;
  readonly subjects: string;
}

/** Milliseconds for which a stream knows the ids of its messages. */
export const idTime = 30_000;

/** A text that nobody else has: 12 letters, digits, - and _. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(9));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_');
}

/** The names of a log's streams and subjects. */
export class Names {
  readonly log: string;

  constructor(log: string) {
    this.log = log;
  }

  /** What the log is, and its leases and members. */
  get notes(): StreamName {
    return { stream: `${this.log}-log`, subjects: `${this.log}.log.>` };
  }

  events(partition: number | '*'): StreamName {
    const subjects = `${this.log}.in.${partition}.*`;
    return { stream: `${this.log}-in-${partition}`, subjects };
  }

  records(job: string, partition: number): StreamName {
    const token = tokenOf(job);
    const subjects = `${this.log}.rec.${token}.${partition}`;
    return { stream: `${this.log}-rec-${token}-${partition}`, subjects };
  }

  /** The subjects of the records of all jobs. */
  get allRecords(): string {
    return `${this.log}.rec.*.*`;
  }

  /** The jobs of streams that have, or had, records. */
  jobsOf(streams: readonly StreamInfo[]): string[] {
    const jobs = streams.flatMap(({ config, state }) => {
      const token = config.subjects[0]?.split('.')[2];
      return (token !== undefined && state.last_seq > 0 && textOf(token)) || [];
    });
    return [...new Set(jobs)].sort();
  }

  snapshots(job: string, partition: number): StreamName {
    const token = tokenOf(job);
    const subjects = `${this.log}.snap.${token}.${partition}.*`;
    return { stream: `${this.log}-snap-${token}-${partition}`, subjects };
  }
}

/** The streams of a log on its servers. */
export class Streams {
  readonly link: NatsLink;
  readonly #keeping: () => Keeping;
  readonly #there = new Set<string>();

  constructor(link: NatsLink, keeping: () => Keeping) {
    this.link = link;
    this.#keeping = keeping;
  }

  /** What a stream is and holds; undefined: there is none. */
  async info({ stream, subjects }: StreamName): Promise<StreamInfo | undefined> {
    let info: StreamInfo;
    try {
      info = await this.link.ask(({ streams }) => streams.info(stream));
    } catch (error) {
      if (!(error instanceof Refused) || error.code !== codes.streamNotFound) throw error;
      return undefined;
    }
    const [own] = info.config.subjects ?? [];
    const hint = 'another log, or another program, has a stream of that name';
    const expected = `the subjects ${subjects}`;
    demand(own === subjects, `the stream ${stream}`, expected, own, hint);
    return info;
  }

  /** Makes a stream unless it is there. */
  async ensure(name: StreamName, notes = false): Promise<void> {
    const { stream, subjects } = name;
    if (this.#there.has(stream)) return;
    const { storage, replicas } = this.#keeping();
    const config = {
      ...{ name: stream, subjects: [subjects], storage, num_replicas: replicas },
      // What does not fit is refused; nothing is dropped to make room for it.
      discard: 'new' as const,
      duplicate_window: idTime * 1e6,
      ...(notes && { max_msgs_per_subject: 1 }),
    };
    if (!(await this.info(name))) {
      try {
        await this.link.ask(({ streams }) => streams.add(config));
      } catch (error) {
        // Somebody else was faster.
        if (!(error instanceof Refused) || error.code !== codes.streamExists) throw error;
        await this.info(name);
      }
    }
    this.#there.add(stream);
  }

  /** A stream was removed under our hands: it is made again if it is wanted again. */
  lost({ stream }: StreamName): void {
    this.#there.delete(stream);
  }

  /** All streams that take a subject that matches. */
  async list(subject: string): Promise<StreamInfo[]> {
    return this.link.ask(async ({ streams }) => {
      const found: StreamInfo[] = [];
      for await (const info of streams.list(subject)) found.push(info);
      return found;
    });
  }

  /** Where a stream begins and ends: the first number that is kept, or would be, and the last. */
  async ends(name: StreamName): Promise<{ readonly first: number; readonly last: number }> {
    const info = await this.info(name);
    if (!info) return { first: 1, last: 0 };
    const { first_seq: first, last_seq: last, messages } = info.state;
    return { first: messages ? first : last + 1, last };
  }

  /** Removes all through a number, which is at most the last. */
  async purge(name: StreamName, through: number): Promise<void> {
    const { first, last } = await this.ends(name);
    // The last one stays: a server that is killed after all went (2.9.10) has forgotten its number,
    // and gives it to another message.
    const seq = Math.min(through + 1, last);
    if (seq <= first) return;
    await this.link.ask(({ streams }) => streams.purge(name.stream, { seq }));
  }
}

/** Throws unless it can be the name of a log. */
export function checkLogName(name: unknown): asserts name is string {
  const fits = typeof name === 'string' && /^[A-Za-z0-9_-]{1,32}$/.test(name);
  if (fits) return;
  throw mismatch('natsLog.name', '1 to 32 letters, digits, - and _', String(name));
}
