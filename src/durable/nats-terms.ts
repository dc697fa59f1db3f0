import type { Term, Terms } from './leases.js';
import { bytesOf, codes, Unanswered } from './nats-link.js';
import { readStream } from './nats-reader.js';
import type { StreamName, Streams } from './nats-streams.js';
import { tokenOf } from './places.js';

/** A term as the stream has it: how long it lasts, on whichever clock. */
interface Note {
  readonly member: string;
  readonly ttl: number;
}

/** A note, the number of its message, and since when this process knows it. */
interface Seen {
  readonly seq: number;
  readonly note: Note;
  readonly since: number;
}

/** A term that was found, and the number of its message; 0: there is none. */
interface Found {
  readonly seq: number;
  readonly term: Term | undefined;
}

const none = new Uint8Array();

/**
 * Terms as messages of the log's stream of notes, changed by compare-and-set. No clock is compared
 * with another machine's: a term is over when this process has seen the same message for as long as
 * the term lasts, on its own monotonic clock.
 */
export class NatsTerms implements Terms {
  readonly #streams: Streams;
  readonly #name: StreamName;
  readonly #prefix: string;
  readonly #seen = new Map<string, Seen>();
  #isWatching = false;

  constructor(streams: Streams, name: StreamName) {
    this.#streams = streams;
    this.#name = name;
    this.#prefix = `${name.subjects.slice(0, -1)}terms.`;
  }

  /** `lease-3` and `member-NAME` as subjects: the kind and the rest. */
  #subject(job: string, name: string): string {
    const dash = name.indexOf('-');
    const kind = name.slice(0, dash);
    return `${this.#prefix}${tokenOf(job)}.${kind}.${tokenOf(name.slice(dash + 1))}`;
  }

  async get(job: string, name: string): Promise<Term | undefined> {
    return (await this.#find(this.#subject(job, name))).term;
  }

  async #find(subject: string): Promise<Found> {
    this.#watch();
    const query = { last_by_subj: subject };
    const found = await this.#streams.link.ask(({ streams }) => {
      return streams.getMessage(this.#name.stream, query);
    });
    if (!found) {
      this.#seen.delete(subject);
      return { seq: 0, term: undefined };
    }
    const seen = this.#see(subject, found.seq, found.data);
    return { seq: found.seq, term: seen && termOf(seen) };
  }

  /** Keeps what a message says, and since when it is known; undefined: that there is no term. */
  #see(subject: string, seq: number, data: Uint8Array): Seen | undefined {
    const before = this.#seen.get(subject);
    // The news may come later than an answer.
    if (before && before.seq >= seq) return before;
    if (!data.length) {
      this.#seen.delete(subject);
      return undefined;
    }
    const note = JSON.parse(new TextDecoder().decode(data)) as Note;
    const seen = { seq, note, since: performance.now() };
    this.#seen.set(subject, seen);
    return seen;
  }

  /** Sees all changes from now on: a term that is not asked for is watched as well. */
  #watch(): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    const { link } = this.#streams;
    const { stream } = this.#name;
    const range = { after: 0, count: Infinity, isSparse: true, lack: async () => {} };
    const watching = async () => {
      for await (const found of readStream(link, { stream, ...range })) {
        for (const { subject, seq, data } of found) {
          if (subject.startsWith(this.#prefix)) this.#see(subject, seq, data);
        }
      }
    };
    // Whoever asks next begins again.
    const done = () => {
      this.#isWatching = false;
    };
    watching().then(done, done);
  }

  async change(
    job: string,
    name: string,
    next: (term: Term | undefined) => Term | undefined,
  ): Promise<Term | undefined> {
    const subject = this.#subject(job, name);
    for (;;) {
      const found = await this.#find(subject);
      const term = next(found.term);
      if (term === found.term) return term;
      try {
        if (await this.#put(subject, found.seq, term)) return term;
      } catch (error) {
        // What is there tells whether it was heard.
        if (!(error instanceof Unanswered)) throw error;
        await this.#streams.link.pause(100);
      }
    }
  }

  /** Puts a term in the place of a message; false: there is another one by now. */
  async #put(subject: string, last: number, term: Term | undefined): Promise<boolean> {
    const { link } = this.#streams;
    const since = performance.now();
    const note: Note | undefined = term && { member: term.member, ttl: term.until - Date.now() };
    const bytes = note ? bytesOf(JSON.stringify(note)) : none;
    const headers = { 'Nats-Expected-Last-Subject-Sequence': String(last) };
    const { seq, code } = await link.put(subject, bytes, headers);
    if (code === codes.wrongLast) return false;
    if (code !== undefined) throw new Error(`${subject}: ${code}`);
    if (note) this.#seen.set(subject, { seq, note, since });
    else {
      this.#seen.delete(subject);
      // The message that says that there is no term is of no use, unless another one follows it.
      const remove = link.ask(({ streams }) => {
        return streams.deleteMessage(this.#name.stream, seq, false);
      });
      remove.catch(() => {});
    }
    return true;
  }

  async list(job: string, prefix: string): Promise<readonly Term[]> {
    this.#watch();
    const { link } = this.#streams;
    const filter = { subjects_filter: `${this.#prefix}${tokenOf(job)}.${prefix.slice(0, -1)}.*` };
    const info = await link.ask(({ streams }) => streams.info(this.#name.stream, filter));
    const subjects = Object.keys(info.state.subjects ?? {});
    const terms = subjects.map(async subject => {
      const seen = this.#seen.get(subject);
      const term = seen && termOf(seen);
      // One that is over, or unknown, may have been changed just now.
      return term && term.until > Date.now() ? term : (await this.#find(subject)).term;
    });
    return (await Promise.all(terms)).flatMap(term => term ?? []);
  }
}

/** A term on the clock of this machine, which may be any. */
function termOf({ note: { member, ttl }, since }: Seen): Term {
  return { member, until: Date.now() + ttl - (performance.now() - since) };
}
