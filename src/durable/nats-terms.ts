import type { Term, Terms } from './leases.js';
import { bytesOf, codes, Unanswered } from './nats-link.js';
import type { StreamName, Streams } from './nats-streams.js';
import { tokenOf } from './places.js';

/** A term as the stream has it: how long it lasts, on whichever clock. */
interface Note {
  readonly member: string;
  readonly ttl: number;
}

/** A note, and since when this process knows it. */
interface Seen {
  readonly note: Note;
  readonly since: number;
}

/** A term that was found, and the number of its message; 0: there is none. */
interface Found {
  readonly seq: number;
  readonly term: Term | undefined;
  readonly seen?: Seen;
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
  /** What was listed, and the stream's last number before. */
  readonly #lists = new Map<string, { readonly last: number; readonly notes: readonly Seen[] }>();

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
    if (!found?.data.length) {
      this.#seen.delete(subject);
      return { seq: found?.seq ?? 0, term: undefined };
    }
    const { seq } = found;
    const note = found.json<Note>();
    const seen = this.#seen.get(subject);
    const since = seen?.seq === seq ? seen.since : performance.now();
    this.#seen.set(subject, { seq, since });
    return { seq, term: termOf({ note, since }), seen: { note, since } };
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
    const { stream } = this.#name;
    const filter = `${this.#prefix}${tokenOf(job)}.${prefix.slice(0, -1)}.*`;
    const { state } = await link.ask(({ streams }) => streams.info(stream));
    const before = this.#lists.get(filter);
    // Workers ask often, and most of the time nobody has changed anything.
    if (before?.last === state.last_seq) return before.notes.map(termOf);
    const only = { subjects_filter: filter };
    const info = await link.ask(({ streams }) => streams.info(stream, only));
    const subjects = Object.keys(info.state.subjects ?? {});
    const found = await Promise.all(subjects.map(subject => this.#find(subject)));
    const notes = found.flatMap(({ seen }) => seen ?? []);
    this.#lists.set(filter, { last: state.last_seq, notes });
    return notes.map(termOf);
  }
}

/** A term on the clock of this machine, which may be any. */
function termOf({ note: { member, ttl }, since }: Seen): Term {
  return { member, until: Date.now() + ttl - (performance.now() - since) };
}
