import { asyncScheduler, Observable, Subject } from 'rxjs';
import type { StateOf } from '../streams/cell.js';
import type { Answer } from '../streams/forms.js';
import {
  type AnyPlainCell,
  functionCell,
  type PlainCell,
  startingFrom,
} from '../streams/function-cell.js';
import type { KeyedConfig, KeyedEvents } from '../streams/keyed-events.js';
import { KeyedStream } from '../streams/keyed-stream.js';
import { carried, type InputOf, type Model, type OutputOf } from '../streams/members.js';
import { cellIn } from '../streams/model.js';
import { keysOf } from './keyed.js';
import { checkKeyed, type Invalid, type RecurByConfig, type UntypedKeyed } from './keyed-config.js';
import { subscribeKeyed } from './keyed-subscription.js';
import { notifier, weightsIn } from './notifier.js';
import type { WeightsConfig } from './recur-config.js';
import { checkSource } from './source.js';
import { tell } from './tell.js';

/** An operator of keyed streams, and the data that it dropped. */
export interface KeyedOperator<E, P, K> {
  (source: Observable<E>): Observable<P>;
  /** Invalid data of all subscriptions, as they come; none with another `onInvalid`. */
  readonly invalid: Observable<Invalid<E, K>>;
}

/** The configuration of a plain function, whose state is of any type. */
type PlainKeyed<S, E, K, X, Y, P> = Omit<RecurByConfig<E, K, X, Y, P, S>, 'initialState'> & {
  readonly initialState?: S | ((key: K) => S) | undefined;
};

/**
 * One model for the streams of many keys: each key has a state of its own, as if `recur` ran on its
 * events alone; the parameters are shared, and a state costs its own bytes and some 80 more.
 *
 * An event is a vector `[inputSize]` unless `select` makes it so; emissions come in the order of
 * arrival. States begin with a key's first event, and end with the subscription, by age (`idle`),
 * by number (`maxKeys`) or when `evict` says so. With `batch`, completion steps what waits; an
 * error and unsubscribing drop it.
 *
 * Throws a RecurError at the call for wrong arguments. An invalid datum (wrong size, a number that
 * is not finite, a throw from `key`, `select` or `project`, a snapshot that does not fit) is
 * dropped and told to `invalid`, see `onInvalid`. Errors of the source and of notifiers are passed
 * on.
 *
 * @example
 * const events = from([{ id: 'a', x: [1] }, { id: 'b', x: [5] }, { id: 'a', x: [2] }]);
 * const key = (e: { id: string; x: number[] }) => e.id;
 * const keyed = recurBy(gru(1, 4), { key, select: e => e.x });
 * events.pipe(keyed).subscribe(y => console.log(y.length)); // → 4, 4, 4
 */
export function recurBy<M extends Model, E, K, X extends InputOf<M>, P = Answer<OutputOf<M>, X>>(
  model: M,
  config: RecurByConfig<E, K, X, Answer<OutputOf<M>, X>, P, StateOf<M>> &
    WeightsConfig<M> & {
      readonly select: (event: E) => X;
    },
): KeyedOperator<E, P, K>;
export function recurBy<M extends Model, E extends InputOf<M>, K, P = Answer<OutputOf<M>, E>>(
  model: M,
  config: RecurByConfig<E, K, E, Answer<OutputOf<M>, E>, P, StateOf<M>> & WeightsConfig<M>,
): KeyedOperator<E, P, K>;
export function recurBy<S, X, Y, E, K, P = Y>(
  fn: PlainCell<S, X, Y>,
  config: PlainKeyed<S, E, K, X, Y, P> & { readonly select: (event: E) => X },
): KeyedOperator<E, P, K>;
export function recurBy<S, X, Y, K, P = Y>(
  fn: PlainCell<S, X, Y>,
  config: PlainKeyed<S, X, K, X, Y, P>,
): KeyedOperator<X, P, K>;
export function recurBy(model: unknown, config: unknown): unknown {
  checkKeyed(config);
  const given = cellIn('recurBy', 'model', model, 'recurBy') ?? functionCell(model as AnyPlainCell);
  const { initialState, ...rest } = config;
  // A value is checked and copied now, a function of the key is asked at each birth.
  const isFactory = typeof initialState === 'function';
  const cell = isFactory ? given : startingFrom(given, initialState);
  const untyped = (isFactory ? config : rest) as KeyedConfig;
  const { maxKeys, idle, batch, backend, transferable, keyed, weights } = config;
  const { scheduler = asyncScheduler } = config;
  const invalid = new Subject<Invalid<unknown, unknown>>();
  const events = telling(config, invalid);
  const options = {
    backend,
    transferable,
    most: batch?.maxSize ?? 1,
    ordered: (maxKeys ?? idle) !== undefined,
    marked: keyed !== undefined,
    now: () => scheduler.now(),
  };
  const setup = {
    start: () => new KeyedStream(cell, untyped, options, events),
    tellKeys: (stream: KeyedStream) => keyed && tell(keyed, keysOf(stream)),
    late: config.restore !== undefined,
    resets: notifier('recurBy.reset', config.reset),
    evictions: notifier('recurBy.evict', config.evict),
    weights: weightsIn('recurBy', weights),
    scheduler,
    idle,
    maxDelay: batch?.maxDelay,
  };
  // A backend that cannot be had throws here, not when a stream starts.
  setup.start().end();
  const operator = (source: Observable<unknown>) => {
    checkSource('recurBy', source, 'from(…) makes one');
    return new Observable<unknown>(subscriber => subscribeKeyed(source, subscriber, setup));
  };
  return Object.defineProperties(operator, {
    invalid: { value: invalid.asObservable() },
    // No chain takes it for a function of a vector.
    [carried]: { value: Object.keys(config) },
  });
}

/** Those who are told of keys, as functions; absent where nobody listens. */
function telling(
  { evicted, restored, onInvalid }: UntypedKeyed,
  invalid: Subject<Invalid<unknown, unknown>>,
): KeyedEvents {
  return {
    invalid(error, event, key) {
      if (onInvalid === 'error') throw error;
      if (typeof onInvalid === 'function') onInvalid(error, event, key);
      else if (onInvalid !== 'skip') invalid.next({ error, event, key });
    },
    ...(evicted && {
      evicted: (key, reason, snapshot) => tell(evicted, { key, reason, snapshot }),
    }),
    ...(restored && { restored: (key, snapshot) => tell(restored, { key, snapshot }) }),
  };
}
