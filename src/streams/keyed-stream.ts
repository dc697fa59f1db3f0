import { asRecurError, mismatch } from '../errors.js';
import { KeySpace } from './key-space.js';
import { settler } from './settle.js';
import type { Work } from './turns.js';
import { copyValue } from './values.js';

/** An event, its key, its input and its number. */
interface Arrival {
  readonly event: unknown;
  readonly key: unknown;
  readonly x: unknown;
  readonly step: number;
}

const none: readonly unknown[] = [];
/** The slot of a key that waits for its snapshot. */
const away = -1;

/** What an event answers for which nothing is to be emitted. */
export const nothing = Symbol('nothing');

/** The streams of one subscription, by key: events become steps, and steps emissions. */
export class KeyedStream extends KeySpace {
  readonly #settle = settler(this.cell, true);
  #step = 0;
  /** When the first of the events that wait came. */
  waitingSince = 0;

  /** Takes an event and returns what is to be emitted now: of earlier events, perhaps of this. */
  accept(event: unknown): readonly unknown[] {
    if (this.options.most === 1) return listed(this.acceptOne(event));
    if (this.#refuses(event)) return none;
    const turns = this.turns;
    turns.busy = true;
    const emissions = this.#take(event);
    turns.busy = false;
    return turns.asked ? turns.settle(emissions) : emissions;
  }

  /** The short way where no event waits for others: an event's emission, or `nothing`. */
  acceptOne(event: unknown): unknown {
    if (this.#refuses(event)) return nothing;
    const turns = this.turns;
    turns.busy = true;
    const emission = this.#takeOne(event);
    turns.busy = false;
    if (turns.asked) turns.settle(none);
    return emission;
  }

  /** True, and the event dropped, where it comes in the middle of another. */
  #refuses(event: unknown): boolean {
    if (!this.turns.busy) return false;
    const error = mismatch(String(this.cell), 'one step at a time', 'a step inside a step');
    this.drop(asRecurError(error, '', { step: this.#step++ }), event, undefined);
    return true;
  }

  #takeOne(event: unknown): unknown {
    const step = this.#step++;
    const { key: keyOf, select } = this.config;
    const turns = this.turns;
    let key: unknown;
    let at = 'key';
    let x: unknown;
    try {
      key = keyOf(event as never);
      // What was asked for meanwhile comes before this event.
      if (turns.asked) turns.settle(none);
      at = 'select';
      x = select ? select(event as never) : event;
      at = '';
      x = this.#settle(x);
      if (turns.asked) turns.settle(none);
    } catch (error) {
      this.drop(asRecurError(error, at || String(this.cell), { step }), event, key);
      return nothing;
    }
    return this.ended || turns.failure ? nothing : this.#stepOne(key, x, event, step);
  }

  #stepOne(key: unknown, x: unknown, event: unknown, step: number): unknown {
    const { project } = this.config;
    let at = '';
    try {
      let slot = this.queues.of(key) ? undefined : this.table.slotOf(key);
      if (slot === undefined) {
        slot = this.#birth({ event, key, x, step });
        if (slot === away) return nothing;
        this.makeRoom();
        if (this.failure) return nothing;
      }
      this.table.touch(slot);
      const y = this.states.stepOne(slot, x);
      at = 'project';
      const emission = project ? project(y as never, event as never, key as never) : y;
      this.states.commitOne(slot);
      this.table.mark(slot);
      return emission;
    } catch (error) {
      this.drop(asRecurError(error, at || String(this.cell), { step }), event, key);
      return nothing;
    }
  }

  #take(event: unknown): readonly unknown[] {
    const step = this.#step++;
    const { key: keyOf, select } = this.config;
    const turns = this.turns;
    let key: unknown;
    let emissions: readonly unknown[] = none;
    let at = 'key';
    let x: unknown;
    try {
      key = keyOf(event as never);
      // Two events of one key never share a batch.
      emissions = this.before(this.table.slotOf(key));
      // What was asked for by steps of earlier events comes before this one,
      if (turns.asked) emissions = turns.settle(emissions);
      at = 'select';
      x = select ? select(event as never) : event;
      at = String(this.cell);
      x = this.#settle(x);
      // and so does what selecting or reading its input asked for.
      if (turns.asked) emissions = turns.settle(emissions);
    } catch (error) {
      this.drop(asRecurError(error, at, { step }), event, key);
      return emissions;
    }
    return this.ended || turns.failure ? emissions : this.#join({ event, key, x, step }, emissions);
  }

  /** An event waits for others, or all step; what is to be emitted with the emissions before. */
  #join(arrival: Arrival, emissions: readonly unknown[]): readonly unknown[] {
    const { event, key, x, step } = arrival;
    let slot = this.queues.of(key) ? undefined : this.table.slotOf(key);
    try {
      if (slot === undefined) {
        slot = this.#birth(arrival);
        if (slot === away) return emissions;
        const more = this.makeRoom();
        if (more.length) emissions = [...emissions, ...more];
      }
      // Others may have been stepped meanwhile.
      this.states.read(this.batch.size, x);
    } catch (error) {
      this.drop(asRecurError(error, String(this.cell), { step }), event, key);
      return emissions;
    }
    if (this.failure) return emissions;
    this.table.touch(slot);
    if (!this.batch.size) this.waitingSince = this.options.now();
    this.batch.add({ event, key, slot, step });
    if (this.batch.size < this.options.most) return emissions;
    return emissions.length ? [...emissions, ...this.stepWaiting()] : this.stepWaiting();
  }

  /** A slot for an event's key; `away` where the event waits for the key's snapshot. */
  #birth(arrival: Arrival): number {
    const { key, x } = arrival;
    // An input that does not fit begins nothing.
    this.states.read(this.batch.size, x);
    const queue = this.queues.of(key);
    if (queue) {
      queue.works.push(this.#later(arrival));
      return away;
    }
    const { answer = { value: this.births.ask(key) } } = this.queues;
    const { value } = answer;
    if (isPromise(value)) {
      this.queues.wait(key, value, this.#later(arrival), {
        next: work => this.put(this.failure ? none : this.turns.do(work)),
        error: error => this.#lose(error, arrival.step),
      });
      return away;
    }
    const { slot, snapshot } = this.births.open(key, value);
    this.queues.used();
    this.table.set(key, slot);
    this.turns.orFail(() => snapshot && this.events.restored?.(key, snapshot));
    return slot;
  }

  /** What an event does once its key's snapshot has come. */
  #later({ event, key, x, step }: Arrival): Work {
    // What waits must not change meanwhile.
    const own = copyValue(x);
    if (this.options.most === 1) return () => listed(this.#stepOne(key, own, event, step));
    return () => {
      const before = this.before(this.table.slotOf(key));
      const emissions = this.turns.asked ? this.turns.settle(before) : before;
      return this.#join({ event, key, x: own, step }, emissions);
    };
  }

  #lose(error: unknown, step: number): void {
    this.turns.orFail(() => {
      throw asRecurError(error, 'restore', { step });
    });
    this.put(none);
  }
}

const listed = (emission: unknown) => (emission === nothing ? none : [emission]);

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}
