import type { AnyCell } from '../equations/cell.js';
import { settled } from '../equations/inputs.js';
import { asRecurError, mismatch, type RecurError } from '../errors.js';
import { backendOf } from './backend.js';
import { layerSignature } from './chain.js';
import { type KeyedOptions, type KeyedStates, keyedStates } from './keyed-states.js';
import { Recency } from './recency.js';
import { rowOf } from './sequences.js';
import { Snapshot, toSnapshot } from './snapshot.js';

/** Why a key's state was given up: its age, the number of keys, or because it was told to. */
export type Reason = 'idle' | 'count' | 'evict';

/** How events become steps of keyed streams, in its untyped form; see `RecurByConfig`. */
export interface KeyedConfig {
  readonly key: (event: never) => unknown;
  readonly select?: ((event: never) => unknown) | undefined;
  readonly project?: ((output: never, event: never, key: never) => unknown) | undefined;
  readonly initialState?: unknown;
  readonly restore?: ((key: never) => unknown) | undefined;
  readonly maxKeys?: number | undefined;
}

/** Who is told of what happens to keys; each is absent where nobody listens. */
export interface KeyedEvents {
  evicted?(key: unknown, reason: Reason, snapshot: Snapshot): void;
  restored?(key: unknown, snapshot: Snapshot): void;
  /** A datum that was dropped, the states untouched; may throw, which ends the stream. */
  invalid(error: RecurError, event: unknown, key: unknown): void;
}

export interface KeyedStreamOptions extends KeyedOptions {
  /** True: keys are given up by age or number. */
  readonly ordered: boolean;
  now(): number;
}

/** An event that waits for its step. */
interface Waiting {
  readonly event: unknown;
  readonly key: unknown;
  readonly slot: number;
  readonly step: number;
}

const none: readonly unknown[] = [];

/** The streams of one subscription, by key. */
export class KeyedStream {
  readonly #cell: AnyCell;
  readonly #config: KeyedConfig;
  readonly #options: KeyedStreamOptions;
  readonly #events: KeyedEvents;
  readonly #states: KeyedStates;
  readonly #slots = new Map<unknown, number>();
  /** Keys by slot and their order of use, kept only where keys are given up by either. */
  readonly #keys: unknown[] = [];
  readonly #recency: Recency | undefined;
  readonly #row: Float32Array | undefined;
  #waiting: Waiting[] = [];
  readonly #waitingSlots = new Set<number>();
  #step = 0;
  /** True while users' functions may be running; what they ask for meanwhile is done afterwards. */
  #busy = false;
  readonly #deferred: (() => readonly unknown[])[] = [];
  #ended = false;
  /** What ended the stream; nothing is stepped afterwards. */
  failure: { readonly error: unknown } | undefined;

  constructor(
    cell: AnyCell,
    config: KeyedConfig,
    options: KeyedStreamOptions,
    events: KeyedEvents,
  ) {
    this.#cell = cell;
    this.#config = config;
    this.#options = options;
    this.#events = events;
    this.#states = keyedStates(cell, options);
    this.#row = rowOf(cell);
    this.#recency = options.ordered ? new Recency() : undefined;
  }

  /** When the first of the events that wait came. */
  waitingSince = 0;

  get waiting(): number {
    return this.#waiting.length;
  }

  /** When the key that was used least recently was used; undefined: there is none. */
  get oldest(): number | undefined {
    const slot = this.#recency?.oldest ?? -1;
    return slot < 0 ? undefined : this.#recency?.timeOf(slot);
  }

  /** Takes an event and returns what is to be emitted now: of earlier events, perhaps of this. */
  accept(event: unknown): readonly unknown[] {
    if (this.#busy) {
      const error = mismatch(String(this.#cell), 'one step at a time', 'a step inside a step');
      this.#drop(asRecurError(error, '', { step: this.#step++ }), event, undefined);
      return none;
    }
    this.#busy = true;
    const emissions = this.#take(event);
    this.#busy = false;
    return this.#deferred.length ? this.#settle(emissions) : emissions;
  }

  /** Steps what waits; the emissions in order of arrival. */
  flush(): readonly unknown[] {
    return this.#turn(() => this.#stepWaiting());
  }

  /**
   * A key's state begins anew; nothing for a key that has none and would not be restored. What is to
   * be emitted before.
   */
  reset(key: unknown): readonly unknown[] {
    return this.#turn(() => {
      const slot = this.#slots.get(key);
      const emissions = this.#before(slot);
      if (slot !== undefined) {
        // The slot that was closed last is opened first.
        this.#states.close(slot);
        this.#slots.set(key, this.#begin(key));
      } else if (this.#config.restore) {
        const fresh = this.#register(key, this.#begin(key));
        const more = this.#makeRoom();
        this.#recency?.touch(fresh, this.#options.now());
        return more;
      }
      return emissions;
    });
  }

  /** A key's state is given up; nothing for a key that has none. What is to be emitted before. */
  evict(key: unknown): readonly unknown[] {
    return this.#turn(() => this.#giveUp(key, 'evict'));
  }

  /** Gives up what at `time` has been idle for so long. What is to be emitted before. */
  evictIdle(time: number, idle: number): readonly unknown[] {
    return this.#turn(() => {
      const emissions: unknown[] = [];
      while ((this.oldest ?? Infinity) + idle <= time) {
        emissions.push(...this.#giveUp(this.#oldestKey, 'idle'));
      }
      return emissions;
    });
  }

  /** Gives back all room; what waits is dropped. */
  end(): void {
    this.#ended = true;
    this.#turn(() => {
      this.#waiting = [];
      this.#slots.clear();
      this.#states.end();
      return none;
    });
  }

  /** Does what users' functions may ask for in the middle of something else: now, or after that. */
  #turn(work: () => readonly unknown[]): readonly unknown[] {
    this.#deferred.push(work);
    return this.#busy ? none : this.#settle(none);
  }

  #settle(emissions: readonly unknown[]): readonly unknown[] {
    const before = this.#busy;
    this.#busy = true;
    for (let work = this.#deferred.shift(); work; work = this.#deferred.shift()) {
      try {
        const more = work();
        if (more.length) emissions = emissions.length ? [...emissions, ...more] : more;
      } catch (error) {
        this.failure ??= { error };
      }
    }
    this.#busy = before;
    return emissions;
  }

  #take(event: unknown): readonly unknown[] {
    const step = this.#step++;
    const { key: keyOf, select } = this.#config;
    let key: unknown;
    let emissions: readonly unknown[] = none;
    let slot: number | undefined;
    let at = 'key';
    try {
      key = keyOf(event as never);
      slot = this.#slots.get(key);
      // Two events of one key never share a batch.
      emissions = this.#before(slot);
      // What was asked for by steps of earlier events comes before this one,
      if (this.#deferred.length) emissions = this.#settle(emissions);
      at = 'select';
      const given = select ? select(event as never) : event;
      at = String(this.#cell);
      const x = settled(given, this.#cell.inputSize, this.#row);
      // and so does what selecting or reading its input asked for.
      if (this.#deferred.length) emissions = this.#settle(emissions);
      if (this.#ended || this.failure) return emissions;
      slot = this.#slots.get(key);
      this.#states.read(this.#waiting.length, x);
      if (slot === undefined) {
        slot = this.#open(key);
        const more = this.#makeRoom();
        // Others were stepped meanwhile.
        if (more.length) this.#states.read(0, x);
        emissions = more.length ? [...emissions, ...more] : emissions;
      }
    } catch (error) {
      this.#drop(asRecurError(error, at, { step }), event, key);
      return emissions;
    }
    if (this.failure) return emissions;
    this.#recency?.touch(slot, this.#options.now());
    if (!this.#waiting.length && this.#options.most > 1) this.waitingSince = this.#options.now();
    this.#waiting.push({ event, key, slot, step });
    this.#waitingSlots.add(slot);
    if (this.#waiting.length < this.#options.most) return emissions;
    return emissions.length ? [...emissions, ...this.#stepWaiting()] : this.#stepWaiting();
  }

  #stepWaiting(): unknown[] {
    const items = this.#waiting;
    this.#waiting = [];
    this.#waitingSlots.clear();
    const slots = items.map(({ slot }) => slot);
    const together = slots.length > 1 && this.#stepTogether(slots);
    const emissions: unknown[] = [];
    const { project } = this.#config;
    for (const [i, { event, key, step }] of items.entries()) {
      let at = String(this.#cell);
      try {
        if (!together) this.#states.step(slots, i, 1);
        const y = this.#states.output(i);
        at = 'project';
        emissions.push(project ? project(y as never, event as never, key as never) : y);
        this.#states.commit(i);
      } catch (error) {
        this.#drop(asRecurError(error, at, { step }), event, key);
      }
      if (this.failure || this.#ended) break;
    }
    return emissions;
  }

  /** False where one of them refuses: which one comes out when they step one by one. */
  #stepTogether(slots: readonly number[]): boolean {
    try {
      this.#states.step(slots, 0, slots.length);
      return true;
    } catch {
      return false;
    }
  }

  /** Steps what waits where the slot's next event does. */
  #before(slot: number | undefined): readonly unknown[] {
    return slot !== undefined && this.#waitingSlots.has(slot) ? this.#stepWaiting() : none;
  }

  #giveUp(key: unknown, reason: Reason): readonly unknown[] {
    const slot = this.#slots.get(key);
    if (slot === undefined) return none;
    const emissions = this.#before(slot);
    let snapshot: Snapshot | undefined;
    // Neither a state that cannot be kept nor an observer that throws is an event's fault.
    this.#orFail(() => {
      snapshot = this.#events.evicted && this.#snapshot(slot);
    });
    this.#slots.delete(key);
    if (this.#recency) this.#keys[slot] = undefined;
    this.#recency?.remove(slot);
    this.#states.close(slot);
    this.#orFail(() => snapshot && this.#events.evicted?.(key, reason, snapshot));
    return emissions;
  }

  #drop(error: RecurError, event: unknown, key: unknown): void {
    this.#orFail(() => this.#events.invalid(error, event, key));
  }

  /** A throw of one who is told ends the stream. */
  #orFail(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      this.failure ??= { error };
    }
  }

  get #oldestKey(): unknown {
    return this.#keys[this.#recency?.oldest ?? 0];
  }

  /** Gives up keys beyond the number of those that may be. What is to be emitted before. */
  #makeRoom(): readonly unknown[] {
    if (this.#slots.size <= (this.#config.maxKeys ?? Infinity)) return none;
    return this.#giveUp(this.#oldestKey, 'count');
  }

  #open(key: unknown): number {
    const { restore } = this.#config;
    let snapshot: Snapshot | undefined;
    try {
      const given = restore?.(key as never);
      if (given !== undefined) snapshot = toSnapshot('restore', given);
    } catch (error) {
      throw asRecurError(error, 'restore');
    }
    if (!snapshot) return this.#register(key, this.#begin(key));
    const { state, batch, layer } = snapshot;
    const own = layerSignature(this.#cell);
    if (layer !== own) throw mismatch('restore', `a snapshot of ${own}`, `one of ${layer}`);
    const slot = this.#register(key, this.#states.open(state, { batch }));
    this.#orFail(() => this.#events.restored?.(key, snapshot));
    return slot;
  }

  #begin(key: unknown): number {
    const { initialState } = this.#config;
    try {
      const state = typeof initialState === 'function' ? initialState(key) : initialState;
      return this.#states.open(state);
    } catch (error) {
      throw asRecurError(error, 'initialState');
    }
  }

  #register(key: unknown, slot: number): number {
    this.#slots.set(key, slot);
    if (this.#recency) this.#keys[slot] = key;
    return slot;
  }

  #snapshot(slot: number): Snapshot {
    const header = {
      backend: backendOf(this.#cell, this.#options.backend),
      layer: layerSignature(this.#cell),
      batch: this.#states.batch(slot),
    };
    return new Snapshot(header, this.#states.state(slot));
  }
}
