import { asRecurError } from '../errors.js';
import type { KeyedStates } from './slot-states.js';
import { checkFits, type Snapshot, toSnapshot } from './snapshot.js';

/** Where a store keeps snapshots by key: a Map, `keyedSnapshots` or anything else that answers. */
export interface SnapshotSource {
  get(key: never): unknown;
}

/** Where the streams of keys begin, in its untyped form; see `RecurByConfig`. */
export interface BirthConfig {
  readonly initialState?: unknown;
  readonly restore?: ((key: never) => unknown) | SnapshotSource | undefined;
}

/** Begins the streams of keys: at a snapshot, or at the initial state. */
export class KeyBirths {
  readonly #config: BirthConfig;
  readonly #states: KeyedStates;

  constructor(config: BirthConfig, states: KeyedStates) {
    this.#config = config;
    this.#states = states;
  }

  /** True where a key without a state may have one in a store. */
  get asks(): boolean {
    return this.#config.restore !== undefined;
  }

  /** What the store answers: undefined, a snapshot, or a promise of either. */
  ask(key: unknown): unknown {
    const { restore } = this.#config;
    try {
      return typeof restore === 'function' ? restore(key as never) : restore?.get(key as never);
    } catch (error) {
      throw asRecurError(error, 'restore');
    }
  }

  /** A slot for a key: at what the store answered, where that was anything. */
  open(key: unknown, answer: unknown): { readonly slot: number; readonly snapshot?: Snapshot } {
    if (answer === undefined) return { slot: this.begin(key) };
    const snapshot = toSnapshot('restore', answer);
    checkFits(snapshot, this.#states.cell);
    const { state, batch } = snapshot;
    return { slot: this.#states.open(state, { batch }), snapshot };
  }

  /** A slot for a key, at the initial state. */
  begin(key: unknown): number {
    const { initialState } = this.#config;
    try {
      const state = typeof initialState === 'function' ? initialState(key) : initialState;
      return this.#states.open(state);
    } catch (error) {
      throw asRecurError(error, 'initialState');
    }
  }
}
