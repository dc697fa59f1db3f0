import type { Observable, ObservableInput, SchedulerLike } from 'rxjs';
import { checkNames, demand, type RecurError } from '../errors.js';
import { type Backend, backends } from '../kernels/backends.js';
import type { StateInput } from '../streams/forms.js';
import type { Reason } from '../streams/keyed-events.js';
import type { Snapshot } from '../streams/snapshot.js';
import type { SnapshotInput } from '../streams/stateful.js';
import {
  callback,
  checkValues,
  count,
  type Fits,
  has,
  isFunction,
  observer,
  time,
  whatever,
} from './option-checks.js';
import type { Listener } from './tell.js';

/** A datum that was dropped: `key` is undefined where it could not be told. */
export interface Invalid<E, K> {
  readonly error: RecurError;
  readonly event: E;
  readonly key: K | undefined;
}

/** A key whose state was given up, and the state: `restore` may bring it back. */
export interface Evicted<K, S = unknown> {
  readonly key: K;
  readonly reason: Reason;
  readonly snapshot: Snapshot<S>;
}

/** A key that went on from a snapshot. */
export interface Restored<K, S = unknown> {
  readonly key: K;
  readonly snapshot: Snapshot<S>;
}

/** A store of snapshots by key: a Map, `keyedSnapshots(bytes)`, or anything else with `get`. */
export interface SnapshotStore<K> {
  get(key: K): SnapshotInput | undefined | PromiseLike<SnapshotInput | undefined>;
}

/** The keys of one subscription that have states, and their states. */
export interface Keyed<K> {
  readonly size: number;
  /** The keys that have states, in the order in which they came. */
  keys(): IterableIterator<K>;
  /**
   * A checkpoint: the states of all keys, or of those `changed` (begun, stepped, reset or restored)
   * since the last one, as bytes for `keyedSnapshots`. Nothing is evicted, and events go on. Throws
   * a RecurError after the subscription's end, and for a key that is an object, a symbol or a
   * function.
   */
  snapshots(options?: { readonly changed?: boolean | undefined }): Uint8Array<ArrayBuffer>;
  /**
   * Keys go on from these snapshots, whatever their states are. Throws for one that does not fit.
   */
  restore(snapshots: Iterable<readonly [K, SnapshotInput]>): void;
}

/** A source of keys: an observable, or a function that is fed each event before it is stepped. */
export type Keys<E, K> = ObservableInput<K> | ((source: Observable<E>) => ObservableInput<K>);

/** Configuration of `recurBy`: events of type E with keys K, inputs X, outputs Y, emissions P. */
export interface RecurByConfig<E, K, X = E, Y = unknown, P = Y, S = unknown> {
  /** The key of an event: any value; equal as in a Map. */
  readonly key: (event: E) => K;
  /** The model's input from an event. */
  readonly select?: ((event: E) => X) | undefined;
  /** The emission from the model's output, the event and its key. */
  readonly project?: ((output: Y, event: E, key: K) => P) | undefined;
  /** Where each key's stream begins: a state, or a function of the key, called at each birth. */
  readonly initialState?: StateInput<S> | ((key: K) => StateInput<S>) | undefined;
  /**
   * Where a key goes on that has no state (yet, or any more): a snapshot of it, or undefined. Or a
   * promise: events of that key wait for it, others go on; rejected, it ends the stream.
   */
  readonly restore?: SnapshotStore<K>['get'] | SnapshotStore<K> | undefined;
  /** Told of each subscription's keys, when it begins: for checkpoints of their states. */
  readonly keyed?: Listener<Keyed<K>> | undefined;
  /**
   * An emission is a key, whose state begins anew at `initialState`, before events that come later.
   */
  readonly reset?: Keys<E, K> | undefined;
  /** An emission is a key, whose state is given up. */
  readonly evict?: Keys<E, K> | undefined;
  /** Keys that have a state at most: of more, the one that was used least recently is given up. */
  readonly maxKeys?: number | undefined;
  /** Milliseconds after its last event when a key's state is given up. */
  readonly idle?: number | undefined;
  /** Told of each state that is given up. */
  readonly evicted?: Listener<Evicted<K, S>> | undefined;
  /** Told of each snapshot that a key went on from. */
  readonly restored?: Listener<Restored<K, S>> | undefined;
  /**
   * Events of different keys wait for each other, and are stepped together when there are
   * `maxSize`, or `maxDelay` milliseconds after the first. Without it each event is stepped as it
   * comes.
   */
  readonly batch?: { readonly maxSize: number; readonly maxDelay: number } | undefined;
  /**
   * What an invalid datum does beside being dropped, its key's state untouched: by default it is
   * told to `invalid` of the operator; 'error' ends the stream; a function is told of it.
   */
  readonly onInvalid?:
    | 'error'
    | 'skip'
    | ((error: RecurError, event: E, key?: K) => void)
    | undefined;
  /**
   * Parameter sets of the model: each counts for all keys from the next event on, the states
   * untouched; what waits is stepped before.
   */
  readonly weights?: ObservableInput<unknown> | undefined;
  /** Where time comes from. Default: RxJS's asyncScheduler. */
  readonly scheduler?: SchedulerLike | undefined;
  /** Pins a backend; throws at the call where this engine has not got it. */
  readonly backend?: Backend | undefined;
  /** True: each output has a buffer to itself, which `postMessage` may transfer. */
  readonly transferable?: boolean | undefined;
}

/** The configuration as the code handles it; the overloads of `recurBy` are what users see. */
export type UntypedKeyed = RecurByConfig<unknown, unknown, unknown, unknown, unknown, unknown>;

/** What fits each option; `whatever` is checked where it is used. */
const options: Readonly<Record<string, Fits>> = {
  key: callback,
  select: callback,
  project: callback,
  initialState: whatever,
  restore: [value => isFunction(value) || has(value, 'get'), 'a function, or a Map of snapshots'],
  keyed: observer,
  reset: whatever,
  evict: whatever,
  maxKeys: count,
  idle: time,
  evicted: observer,
  restored: observer,
  batch: whatever,
  weights: whatever,
  onInvalid: [
    value => isFunction(value) || value === 'error' || value === 'skip',
    "'error', 'skip' or a function",
  ],
  scheduler: [value => has(value, 'schedule') && has(value, 'now'), 'a scheduler'],
  backend: whatever,
  transferable: [value => typeof value === 'boolean', 'true or false'],
};

/** Throws a RecurError for what is no configuration of `recurBy`. */
export function checkKeyed(config: unknown): asserts config is UntypedKeyed {
  checkNames('recurBy', config, Object.keys(options));
  const { key, batch, backend } = config as UntypedKeyed;
  demand(isFunction(key), 'recurBy.key', 'a function', key);
  checkValues('recurBy', config, options);
  if (batch !== undefined) {
    checkNames('recurBy.batch', batch, ['maxSize', 'maxDelay']);
    // Both, so that nothing waits for ever.
    const { maxSize, maxDelay } = batch;
    checkValues('recurBy.batch', { maxSize: maxSize ?? null }, { maxSize: count });
    checkValues('recurBy.batch', { maxDelay: maxDelay ?? null }, { maxDelay: time });
  }
  const known = backend === undefined || backends().includes(backend);
  demand(known, 'recurBy.backend', `one of ${backends().join(', ')}`, backend);
}
