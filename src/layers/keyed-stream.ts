import type { AnyCell } from '../equations/cell.js';
import { asRecurError, mismatch, type RecurError } from '../errors.js';
import { layerSignature } from './chain.js';
import { type KeyedOptions, type KeyedStates, keyedStates } from './keyed-states.js';
import { Recency } from './recency.js';
import { backendOf } from './session.js';
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
  readonly #options: KeyedOptions;
  readonly #events: KeyedEvents;
  readonly #states: KeyedStates;
  readonly #slots = new Map<unknown, number>();
  /** Keys by slot and their order of use, kept only where keys are given up by either. */
  readonly #keys: unknown[] = [];
  readonly #recency: Recency | undefined;
  #waiting: Waiting[] = [];
  readonly #waitingSlots = new Set<number>();
  #step = 0;
  /** What ended the stream; nothing is stepped afterwards. */
  failure: { readonly error: unknown } | undefined;

  /** `ordered`: keys are given up by age or number. */
  constructor(
    cell: AnyCell,
    config: KeyedConfig,
    options: KeyedOptions & { readonly ordered: boolean },
    events: KeyedEvents,
  ) {
    this.#cell = cell;
    this.#config = config;
    this.#options = options;
    this.#events = events;
    this.#states = keyedStates(cell, options);
    this.#recency = options.ordered ? new Recency() : undefined;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** When the key that was used least recently was used; undefined: there is none. */
  get oldest(): number | undefined {
    const slot = this.#recency?.oldest ?? -1;
    return slot < 0 ? undefined : this.#recency?.timeOf(slot);
  }

  /** Takes an event and returns what is to be emitted now: of earlier events, perhaps of this. */
  accept(event: unknown, time: number): readonly unknown[] {
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
      if (slot !== undefined && this.#waitingSlots.has(slot)) emissions = this.flush();
      at = 'select';
      const x = select ? select(event as never) : event;
      at = String(this.#cell);
      this.#states.read(this.#waiting.length, x);
      if (slot === undefined) {
        if (this.#makesRoom()) {
          emissions = [...emissions, ...this.flush()];
          this.#states.read(0, x);
        }
        this.#evictOldest();
        at = 'restore';
        slot = this.#open(key);
      }
    } catch (error) {
      this.#drop(asRecurError(error, at, { step }), event, key);
      return emissions;
    }
    this.#recency?.touch(slot, time);
    this.#waiting.push({ event, key, slot, step });
    this.#waitingSlots.add(slot);
    if (this.#waiting.length < this.#options.most) return emissions;
    return emissions.length ? [...emissions, ...this.flush()] : this.flush();
  }

  /** Steps what waits; the emissions in order of arrival. */
  flush(): unknown[] {
    const items = this.#waiting;
    this.#waiting = [];
    this.#waitingSlots.clear();
    const slots = items.map(({ slot }) => slot);
    const emissions: unknown[] = [];
    let together = false;
    try {
      this.#states.step(slots, 0, slots.length);
      together = true;
    } catch {
      // Which one it was comes out when they step one by one.
    }
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
        if (this.failure) break;
      }
    }
    return emissions;
  }

  /** A key's state begins anew; nothing for a key that has none. What is to be emitted before. */
  reset(key: unknown): unknown[] {
    const slot = this.#slots.get(key);
    if (slot === undefined) return [];
    const emissions = this.#waitingSlots.has(slot) ? this.flush() : [];
    this.#states.close(slot);
    this.#slots.set(key, this.#begin(key));
    return emissions;
  }

  /** A key's state is given up; nothing for a key that has none. What is to be emitted before. */
  evict(key: unknown, reason: Reason = 'evict'): unknown[] {
    const slot = this.#slots.get(key);
    if (slot === undefined) return [];
    const emissions = this.#waitingSlots.has(slot) ? this.flush() : [];
    const snapshot = this.#events.evicted && this.#snapshot(slot);
    this.#slots.delete(key);
    this.#keys[slot] = undefined;
    this.#recency?.remove(slot);
    this.#states.close(slot);
    if (snapshot) this.#events.evicted?.(key, reason, snapshot);
    return emissions;
  }

  /** Gives up what was last used at `time` or before. What is to be emitted before. */
  evictIdle(time: number): unknown[] {
    const emissions: unknown[] = [];
    for (let oldest = this.oldest; oldest !== undefined && oldest <= time; oldest = this.oldest) {
      emissions.push(...this.evict(this.#keys[this.#recency?.oldest ?? 0], 'idle'));
    }
    return emissions;
  }

  /** Gives back all room. */
  end(): void {
    this.#waiting = [];
    this.#slots.clear();
    this.#states.end();
  }

  #drop(error: RecurError, event: unknown, key: unknown): void {
    try {
      this.#events.invalid(error, event, key);
    } catch (thrown) {
      this.failure = { error: thrown };
    }
  }

  get #isFull(): boolean {
    return this.#slots.size >= (this.#config.maxKeys ?? Infinity);
  }

  /** True where the key that has to go is one that waits. */
  #makesRoom(): boolean {
    return this.#isFull && this.#waitingSlots.has(this.#recency?.oldest ?? -1);
  }

  #evictOldest(): void {
    if (this.#isFull) this.evict(this.#keys[this.#recency?.oldest ?? 0], 'count');
  }

  #open(key: unknown): number {
    const given = this.#config.restore?.(key as never);
    let slot: number;
    if (given === undefined) slot = this.#begin(key);
    else {
      const snapshot = toSnapshot('restore', given);
      const { state, batch, layer } = snapshot;
      const own = layerSignature(this.#cell);
      if (layer !== own) throw mismatch('restore', `a snapshot of ${own}`, `one of ${layer}`);
      slot = this.#states.open(state, { batch });
      this.#events.restored?.(key, snapshot);
    }
    this.#slots.set(key, slot);
    if (this.#recency) this.#keys[slot] = key;
    return slot;
  }

  #begin(key: unknown): number {
    const { initialState } = this.#config;
    const state = typeof initialState === 'function' ? initialState(key) : initialState;
    return this.#states.open(state);
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
