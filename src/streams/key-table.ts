import { mismatch } from '../errors.js';
import { backendOf } from './backend.js';
import type { AnyCell } from './cell.js';
import { graphOf, weightsOf } from './digest.js';
import { keyedBytes } from './keyed-bytes.js';
import type { LoadedStates } from './keyed-snapshots.js';
import { Marks } from './marks.js';
import { layerSignature } from './model.js';
import { Recency } from './recency.js';
import type { KeyedOptions, KeyedStates } from './slot-states.js';
import { checkFits, Snapshot } from './snapshot.js';

export interface KeyTableOptions extends KeyedOptions {
  /** True: keys are given up by age or number. */
  readonly ordered: boolean;
  /** True: checkpoints may be asked for, so that keys whose states change are marked. */
  readonly marked?: boolean | undefined;
  /** Makes the states. Default: `keyedStates`. */
  readonly statesOf?: ((cell: AnyCell, options: KeyedOptions) => KeyedStates) | undefined;
  now(): number;
}

/** Which key has which slot; their order of use, and which have changed, where anyone may ask. */
export class KeyTable {
  readonly #options: KeyTableOptions;
  readonly #states: KeyedStates;
  readonly #slots = new Map<unknown, number>();
  /** Keys by slot, kept only where they may be asked for. */
  readonly #keys: unknown[] | undefined;
  readonly #recency: Recency | undefined;
  readonly #marks: Marks | undefined;
  /** Which were used since the last checkpoint, where that counts. */
  readonly #used: Marks | undefined;

  constructor(options: KeyTableOptions, states: KeyedStates) {
    this.#options = options;
    this.#states = states;
    this.#recency = options.ordered ? new Recency() : undefined;
    this.#marks = options.marked ? new Marks() : undefined;
    this.#used = this.#recency && this.#marks ? new Marks() : undefined;
    this.#keys = this.#recency || this.#marks ? [] : undefined;
  }

  get size(): number {
    return this.#slots.size;
  }

  keys(): MapIterator<unknown> {
    return this.#slots.keys();
  }

  slotOf(key: unknown): number | undefined {
    return this.#slots.get(key);
  }

  /** When the key that was used least recently was used; undefined: there is none. */
  get oldest(): number | undefined {
    const slot = this.#recency?.oldest ?? -1;
    return slot < 0 ? undefined : this.#recency?.timeOf(slot);
  }

  get oldestKey(): unknown {
    return this.#keys?.[this.#recency?.oldest ?? 0];
  }

  /** A key has this slot now, whose state nobody has taken yet. */
  set(key: unknown, slot: number): void {
    this.#slots.set(key, slot);
    if (this.#keys) this.#keys[slot] = key;
    this.#marks?.add(slot);
  }

  /** A key's slot is used now. */
  touch(slot: number): void {
    this.#recency?.touch(slot, this.#options.now());
    this.#used?.add(slot);
  }

  /** The state of a slot has changed. */
  mark(slot: number): void {
    this.#marks?.add(slot);
  }

  /** Forgets a key and its state. */
  delete(key: unknown, slot: number): void {
    this.#slots.delete(key);
    if (this.#keys) this.#keys[slot] = undefined;
    this.#recency?.remove(slot);
    this.#marks?.remove(slot);
    this.#used?.remove(slot);
    this.#states.close(slot);
  }

  snapshot(slot: number): Snapshot {
    const header = { ...this.#header(), batch: this.#states.batch(slot) };
    return new Snapshot(header, this.#states.state(slot));
  }

  /** A checkpoint: the states of all keys, or of those that changed after the last checkpoint. */
  checkpoint(changed: boolean): Uint8Array<ArrayBuffer> {
    const bytes = this.write(this.slots(changed));
    // Not before the bytes are there: a key that no checkpoint holds is still to be taken.
    this.settle();
    return bytes;
  }

  /** Slots of all keys, or of those that changed: the oldest first, where last use counts. */
  slots(changed: boolean): number[] {
    const marks = changed ? this.#marks : undefined;
    return this.#inOrder(marks ? marks.list() : [...this.#slots.values()]);
  }

  /**
   * The states of keys that changed, or were used, after the last checkpoint, as `write` and
   * `times` give them; which of these keys were not used; and the bytes of `each`.
   */
  news() {
    const slots = this.#inOrder(this.#marks?.list(this.#used) ?? []);
    if (!slots.length) return { each: 0 };
    const [keys, used] = [this.#keys ?? [], this.#used];
    const others = used ? slots.filter(slot => !used.has(slot)) : [];
    const unused = others.length ? others.map(slot => keys[slot] as string) : undefined;
    const states = this.write(slots);
    return { states, times: this.times(slots), unused, each: states.length / slots.length };
  }

  #inOrder(slots: number[]): number[] {
    const recency = this.#recency;
    if (!recency) return slots;
    const left = new Set(slots);
    const used: number[] = [];
    for (const slot of recency.newest()) {
      if (!left.size) break;
      if (left.delete(slot)) used.push(slot);
    }
    return [...left, ...used.reverse()];
  }

  /** The states of slots, as a checkpoint's bytes. */
  write(slots: readonly number[]): Uint8Array<ArrayBuffer> {
    const keys = this.#keys;
    if (!keys) throw mismatch('keyed', 'keys that are marked', 'none');
    const named = slots.map(slot => keys[slot]);
    return keyedBytes(this.#header(), named, slots, this.#states);
  }

  /** When each of these was used, where that counts. */
  times(slots: readonly number[]): number[] | undefined {
    const recency = this.#recency;
    return recency && slots.map(slot => recency.timeOf(slot));
  }

  /** Whatever has changed is in a checkpoint now. */
  settle(): void {
    this.#marks?.clear();
    this.#used?.clear();
  }

  /**
   * Keys go on from a checkpoint, whatever their states were: used at these times, in order; those
   * that were `unused` stay where they are in the order of use.
   */
  load(
    snapshots: LoadedStates,
    times: ArrayLike<number> | undefined,
    unused?: ReadonlySet<unknown>,
  ): void {
    checkFits(snapshots, this.#states.cell);
    const { packed } = snapshots;
    const isPacked = packed !== undefined && this.#states.shape !== undefined;
    const slots = isPacked ? this.#states.unpack(packed) : undefined;
    let i = 0;
    for (const key of snapshots.keys()) {
      const slot = slots?.[i] ?? this.#open(snapshots.get(key));
      const before = this.#slots.get(key);
      const stays = before !== undefined && unused?.has(key);
      if (stays) this.#recency?.replace(before, slot);
      else this.#recency?.touch(slot, times?.[i] ?? this.#options.now());
      if (before !== undefined) this.delete(key, before);
      this.set(key, slot);
      this.#marks?.remove(slot);
      i++;
    }
  }

  #open(snapshot: Snapshot | undefined): number {
    return this.#states.open(snapshot?.state, { batch: snapshot?.batch ?? null });
  }

  clear(): void {
    this.#slots.clear();
    this.#states.end();
  }

  #header() {
    const { cell } = this.#states;
    return {
      backend: backendOf(cell, this.#options.backend),
      layer: layerSignature(cell),
      graph: graphOf(cell),
      weights: weightsOf(cell),
    };
  }
}
