import { asRecurError, mismatch, type RecurError } from '../errors.js';
import type { AnyCell } from './cell.js';
import { KeyBirths } from './key-births.js';
import { KeyQueues } from './key-queues.js';
import { KeyTable, type KeyTableOptions } from './key-table.js';
import { KeyedBatch } from './keyed-batch.js';
import type { KeyedConfig, KeyedEvents, Reason } from './keyed-events.js';
import { keyedStates } from './keyed-states.js';
import type { KeyedStates } from './slot-states.js';
import type { Snapshot } from './snapshot.js';
import { Turns, type Work } from './turns.js';
import { retire, withWeights } from './with-params.js';

const none: readonly unknown[] = [];

/** The keys of one subscription, their states, and what is done to them beside steps. */
export class KeySpace {
  /** Where the model began, which others may have too. */
  readonly #given: AnyCell;
  protected readonly config: KeyedConfig;
  protected readonly options: KeyTableOptions;
  protected readonly events: KeyedEvents;
  protected readonly states: KeyedStates;
  protected readonly births: KeyBirths;
  readonly table: KeyTable;
  protected readonly turns = new Turns();
  protected readonly queues = new KeyQueues();
  protected readonly batch: KeyedBatch;
  protected ended = false;
  /** Emits what comes with no event of the source, and fails where the stream has. */
  put: (emissions: readonly unknown[]) => void = () => {};

  constructor(cell: AnyCell, config: KeyedConfig, options: KeyTableOptions, events: KeyedEvents) {
    this.#given = cell;
    this.config = config;
    this.options = options;
    this.events = events;
    this.states = (options.statesOf ?? keyedStates)(cell, options);
    this.births = new KeyBirths(config, this.states);
    this.table = new KeyTable(options, this.states);
    this.batch = new KeyedBatch(this.states);
  }

  /** The model, with its present parameters. */
  get cell(): AnyCell {
    return this.states.cell;
  }

  /** What ended the stream; nothing is stepped afterwards. */
  get failure(): { readonly error: unknown } | undefined {
    return this.turns.failure;
  }

  /** How many events wait for others. */
  get waiting(): number {
    return this.batch.size;
  }

  /** When the key that was used least recently was used; undefined: there is none. */
  get oldest(): number | undefined {
    return this.table.oldest;
  }

  get size(): number {
    return this.table.size;
  }

  /** The keys that have states. */
  keys(): MapIterator<unknown> {
    return this.table.keys();
  }

  /** Steps what waits; the emissions in order of arrival. */
  flush(): readonly unknown[] {
    return this.turns.do(() => this.stepWaiting());
  }

  /**
   * A key's state begins anew; nothing for a key that has none and would not be restored. What is
   * to be emitted before.
   */
  reset(key: unknown): readonly unknown[] {
    return this.#doFor(key, () => {
      const slot = this.table.slotOf(key);
      const emissions = this.before(slot);
      if (slot !== undefined) {
        // The slot that was closed last is opened first.
        this.states.close(slot);
        this.table.set(key, this.births.begin(key));
      } else if (this.births.asks) return this.#enter(key, this.births.begin(key));
      return emissions;
    });
  }

  /** A key's state is given up; nothing for a key that has none. What is to be emitted before. */
  evict(key: unknown): readonly unknown[] {
    return this.#doFor(key, () => this.#giveUp(key, 'evict'));
  }

  /**
   * A key goes on from a snapshot, whatever its state was; emits what is to be before. Throws for a
   * snapshot that does not fit; where it could not be looked at yet, the stream fails later.
   */
  restore(key: unknown, snapshot: unknown): void {
    let isNow = true;
    let refused: { readonly error: unknown } | undefined;
    const emissions = this.#doFor(key, () => {
      const before = this.before(this.table.slotOf(key));
      try {
        const more = this.#replace(key, snapshot);
        return more.length ? [...before, ...more] : before;
      } catch (error) {
        if (!isNow) throw error;
        refused = { error };
        return before;
      }
    });
    isNow = false;
    this.put(emissions);
    if (refused) throw (refused as { readonly error: unknown }).error;
  }

  /** Goes on with other parameters; what waits is stepped with the old ones before, and emitted. */
  use(params: unknown): readonly unknown[] {
    return this.turns.do(() => {
      const emissions = this.stepWaiting();
      this.turns.orFail(() => {
        const old = this.cell;
        const next = withWeights(old, params);
        if (next === old || this.ended) return;
        this.states.use(next);
        retire(old, next, this.#given);
      });
      return emissions;
    });
  }

  /** Gives up what at `time` has been idle for so long. What is to be emitted before. */
  evictIdle(time: number, idle: number): readonly unknown[] {
    return this.turns.do(() => {
      const emissions: unknown[] = [];
      while ((this.oldest ?? Infinity) + idle <= time) {
        emissions.push(...this.#giveUp(this.table.oldestKey, 'idle'));
      }
      return emissions;
    });
  }

  /** A checkpoint: the states of all keys, or of those that changed after the last checkpoint. */
  checkpoint(changed: boolean): Uint8Array<ArrayBuffer> {
    const expected = 'a subscription that goes on';
    if (this.ended) throw mismatch('keyed.snapshots', expected, 'one that has ended');
    return this.table.checkpoint(changed);
  }

  /** Calls back when no key waits for its snapshot, perhaps at once. */
  whenRestored(callback: () => void): void {
    this.queues.whenEmpty(callback);
  }

  /** Gives back all room; what waits is dropped. */
  end(): void {
    this.ended = true;
    this.queues.clear();
    this.turns.do(() => {
      this.batch.clear();
      this.table.clear();
      if (this.cell !== this.#given) retire(this.cell, this.#given);
      return none;
    });
  }

  /** Does something for a key: after all that waits for its snapshot, if that is on its way. */
  #doFor(key: unknown, work: Work): readonly unknown[] {
    return this.turns.do(() => {
      if (this.ended) return none;
      const queue = this.queues.of(key);
      if (!queue) return work();
      queue.works.push(work);
      return none;
    });
  }

  protected stepWaiting(): unknown[] {
    const emissions: unknown[] = [];
    const { project } = this.config;
    this.batch.step(({ event, key, slot, step }, i, output) => {
      let at = String(this.cell);
      try {
        const y = output(i);
        at = 'project';
        emissions.push(project ? project(y as never, event as never, key as never) : y);
        this.states.commit(i);
        this.table.mark(slot);
      } catch (error) {
        this.drop(asRecurError(error, at, { step }), event, key);
      }
      return !(this.failure || this.ended);
    });
    return emissions;
  }

  /** Steps what waits where the slot's next event does. */
  protected before(slot: number | undefined): readonly unknown[] {
    return slot !== undefined && this.batch.has(slot) ? this.stepWaiting() : none;
  }

  #giveUp(key: unknown, reason: Reason): readonly unknown[] {
    const slot = this.table.slotOf(key);
    if (slot === undefined) return none;
    const emissions = this.before(slot);
    let snapshot: Snapshot | undefined;
    // Neither a state that cannot be kept nor an observer that throws is an event's fault.
    this.turns.orFail(() => {
      snapshot = this.events.evicted && this.table.snapshot(slot);
    });
    this.table.delete(key, slot);
    this.turns.orFail(() => snapshot && this.events.evicted?.(key, reason, snapshot));
    return emissions;
  }

  protected drop(error: RecurError, event: unknown, key: unknown): void {
    this.turns.orFail(() => this.events.invalid(error, event, key));
  }

  /** A key has a state that no event of it has stepped. What is to be emitted before. */
  #enter(key: unknown, slot: number): readonly unknown[] {
    this.table.set(key, slot);
    const emissions = this.makeRoom();
    this.table.touch(slot);
    return emissions;
  }

  #replace(key: unknown, given: unknown): readonly unknown[] {
    const { slot: next, snapshot } = this.births.open(key, given ?? null);
    const slot = this.table.slotOf(key);
    if (slot !== undefined) this.table.delete(key, slot);
    const emissions = this.#enter(key, next);
    this.turns.orFail(() => snapshot && this.events.restored?.(key, snapshot));
    return emissions;
  }

  /** Gives up keys beyond the number of those that may be. What is to be emitted before. */
  protected makeRoom(): readonly unknown[] {
    const { maxKeys = Infinity } = this.config;
    let emissions = none;
    // More than one where keys came from a checkpoint.
    for (let { size } = this.table; size > maxKeys; size--) {
      const more = this.#giveUp(this.table.oldestKey, 'count');
      if (more.length) emissions = [...emissions, ...more];
    }
    return emissions;
  }
}
