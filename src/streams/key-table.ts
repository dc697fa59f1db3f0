import { mismatch } from '../errors.js';
import { backendOf } from './backend.js';
import { graphOf, weightsOf } from './digest.js';
import { keyedBytes } from './keyed-bytes.js';
import { Marks } from './marks.js';
import { layerSignature } from './model.js';
import { Recency } from './recency.js';
import type { KeyedOptions, KeyedStates } from './slot-states.js';
import { Snapshot } from './snapshot.js';

export interface KeyTableOptions extends KeyedOptions {
  /** True: keys are given up by age or number. */
  readonly ordered: boolean;
  /** True: checkpoints may be asked for, so that keys whose states change are marked. */
  readonly marked?: boolean | undefined;
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

  constructor(options: KeyTableOptions, states: KeyedStates) {
    this.#options = options;
    this.#states = states;
    this.#recency = options.ordered ? new Recency() : undefined;
    this.#marks = options.marked ? new Marks() : undefined;
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
    this.#states.close(slot);
  }

  snapshot(slot: number): Snapshot {
    const header = { ...this.#header(), batch: this.#states.batch(slot) };
    return new Snapshot(header, this.#states.state(slot));
  }

  /** A checkpoint: the states of all keys, or of those that changed after the last checkpoint. */
  checkpoint(changed: boolean): Uint8Array<ArrayBuffer> {
    const [keys, marks] = [this.#keys, this.#marks];
    if (!keys || !marks) throw mismatch('keyed', 'keys that are marked', 'none');
    const slots = changed ? marks.list() : [...this.#slots.values()];
    const named = slots.map(slot => keys[slot]);
    const bytes = keyedBytes(this.#header(), named, slots, this.#states);
    // Not before the bytes are there: a key that no checkpoint holds is still to be taken.
    marks.clear();
    return bytes;
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
