import type { Term, Terms } from './leases.js';
import { bytesOf, codes, Unanswered } from './nats-link.js';
import type { StreamName, Streams } from './nats-streams.js';
import { tokenOf } from './places.js';

/** A term as the stream has it: how long it lasts, on whichever clock. */
interface Note {
  readonly member: string;
  readonly ttl: number;
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
  /** Since when this process knows the message of a subject. */
  readonly #seen = new Map<string, { readonly seq: number; readonly since: number }>();

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
    const query = { last_by_subj: subject };
    const found = await this.#streams.link.ask(({ streams }) => {
      return streams.getMessage(this.#name.stream, query);
    });
    const now = performance.now();
    if (!found?.data.length) {
      this.#seen.delete(subject);
      return { seq: found?.seq ?? 0, term: undefined };
    }
    const { seq } = found;
    const { member, ttl } = found.json<Note>();
    const seen = this.#seen.get(subject);
    const since = seen?.seq === seq ? seen.since : now;
    this.#seen.set(subject, { seq, since });
    return { seq, term: { member, until: Date.now() + ttl - (now - since) } };
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
    if (note) this.#seen.set(subject, { seq, since });
    else {
      this.#seen.delete(subject);
      // The message that says that there is no term is of no use, unless another one follows it.
      const remove = link.ask(({ streams }) => {
        return streams.deleteMessage(this.#name.stream, seq, false);
      });
      await remove.catch(() => {});
    }
    return true;
  }

  async list(job: string, prefix: string): Promise<readonly Term[]> {
    const { link } = this.#streams;
    const filter = { subjects_filter: `${this.#prefix}${tokenOf(job)}.${prefix.slice(0, -1)}.*` };
    const info = await link.ask(({ streams }) => streams.info(this.#name.stream, filter));
    const subjects = Object.keys(info.state.subjects ?? {});
    const found = await Promise.all(subjects.map(subject => this.#find(subject)));
    return found.flatMap(({ term }) => term ?? []);
  }
}
