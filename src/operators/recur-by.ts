import {
  asyncScheduler,
  concat,
  concatMap,
  defer,
  filter,
  from,
  map,
  Observable,
  type ObservableInput,
  type Observer,
  type SchedulerLike,
  Subject,
  type Subscription,
  throwError,
} from 'rxjs';
import type { Answer, StateInput, StateOf } from '../equations/cell.js';
import { checkNames, demand, type RecurError } from '../errors.js';
import { type Backend, backends } from '../kernels/backends.js';
import { cellIn } from '../layers/chain.js';
import { functionCell } from '../layers/function-cell.js';
import {
  type KeyedConfig,
  type KeyedEvents,
  KeyedStream,
  type Reason,
} from '../layers/keyed-stream.js';
import type { InputOf, Model, OutputOf } from '../layers/members.js';
import type { Snapshot } from '../layers/snapshot.js';
import type { SnapshotInput } from '../layers/stateful.js';
import { notifier } from './notifier.js';

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
  /** Where a key goes on that has no state (yet, or any more): a snapshot of it, or undefined. */
  readonly restore?: ((key: K) => SnapshotInput | undefined) | undefined;
  /** An emission is a key, whose state begins anew before events that come later. */
  readonly reset?: Keys<E, K> | undefined;
  /** An emission is a key, whose state is given up. */
  readonly evict?: Keys<E, K> | undefined;
  /** Keys that have a state at most: of more, the one that was used least recently is given up. */
  readonly maxKeys?: number | undefined;
  /** Milliseconds after its last event when a key's state is given up. */
  readonly idle?: number | undefined;
  /** Told of each state that is given up. */
  readonly evicted?: Partial<Observer<Evicted<K, S>>> | ((gone: Evicted<K, S>) => void) | undefined;
  /** Told of each snapshot that a key went on from. */
  readonly restored?:
    | Partial<Observer<Restored<K, S>>>
    | ((back: Restored<K, S>) => void)
    | undefined;
  /**
   * Events of different keys wait for each other, and are stepped together when there are `maxSize`,
   * or `maxDelay` milliseconds after the first. Without it each event is stepped as it comes.
   */
  readonly batch?: { readonly maxSize: number; readonly maxDelay: number } | undefined;
  /**
   * What an invalid datum does beside being dropped, its key's state untouched: by default it is told
   * to `invalid` of the operator; 'error' ends the stream; a function is told of it.
   */
  readonly onInvalid?:
    | 'error'
    | 'skip'
    | ((error: RecurError, event: E, key?: K) => void)
    | undefined;
  /** Where time comes from. Default: RxJS's asyncScheduler. */
  readonly scheduler?: SchedulerLike | undefined;
  /** Pins a backend; throws at the call where this engine has not got it. */
  readonly backend?: Backend | undefined;
}

/** An operator of keyed streams, and the data that it dropped. */
export interface KeyedOperator<E, P, K> {
  (source: Observable<E>): Observable<P>;
  /** Invalid data of all subscriptions, as they come; none with another `onInvalid`. */
  readonly invalid: Observable<Invalid<E, K>>;
}

const names = [
  ...['key', 'select', 'project', 'initialState', 'restore', 'reset', 'evict', 'maxKeys', 'idle'],
  ...['evicted', 'restored', 'batch', 'onInvalid', 'scheduler', 'backend'],
];

type Untyped = RecurByConfig<unknown, unknown, unknown, unknown, unknown, unknown>;

/**
 * One model for the streams of many keys: each key has a state of its own, as if `recur` ran on its
 * events alone; the parameters are shared, and a state costs its own bytes and some 80 more.
 *
 * An event is a vector `[inputSize]` unless `select` makes it so; emissions come in the order of
 * arrival. States begin with a key's first event, and end with the subscription, by age (`idle`), by
 * number (`maxKeys`) or when `evict` says so. With `batch`, completion steps what waits; an error and
 * unsubscribing drop it.
 *
 * Throws a RecurError at the call for wrong arguments. An invalid datum (wrong size, a number that is
 * not finite, a throw from `key`, `select` or `project`, a snapshot that does not fit) is dropped and
 * told to `invalid`, see `onInvalid`. Errors of the source and of notifiers are passed on.
 *
 * @example
 * const events = from([{ id: 'a', x: [1] }, { id: 'b', x: [5] }, { id: 'a', x: [2] }]);
 * const keyed = recurBy(gru(1, 4), { key: (e: { id: string; x: number[] }) => e.id, select: e => e.x });
 * events.pipe(keyed).subscribe(y => console.log(y.length)); // → 4, 4, 4
 */
export function recurBy<M extends Model, E, K, X extends InputOf<M>, P = Answer<OutputOf<M>, X>>(
  model: M,
  config: RecurByConfig<E, K, X, Answer<OutputOf<M>, X>, P, StateOf<M>> & {
    readonly select: (event: E) => X;
  },
): KeyedOperator<E, P, K>;
export function recurBy<M extends Model, E extends InputOf<M>, K, P = Answer<OutputOf<M>, E>>(
  model: M,
  config: RecurByConfig<E, K, E, Answer<OutputOf<M>, E>, P, StateOf<M>>,
): KeyedOperator<E, P, K>;
export function recurBy(model: unknown, config: unknown): unknown {
  checkConfig(config);
  const cell = cellIn('recurBy', 'model', model, 'recurBy') ?? functionCell(model as () => unknown);
  const resets = notifier('recurBy.reset', config.reset);
  const evictions = notifier('recurBy.evict', config.evict);
  const { maxKeys, idle, batch, onInvalid, backend, scheduler = asyncScheduler } = config;
  const invalid = new Subject<Invalid<unknown, unknown>>();
  const options = { backend, most: batch?.maxSize ?? 1, ordered: (maxKeys ?? idle) !== undefined };
  const events: KeyedEvents = {
    invalid(error, event, key) {
      if (onInvalid === 'error') throw error;
      if (typeof onInvalid === 'function') onInvalid(error, event, key);
      else if (onInvalid !== 'skip') invalid.next({ error, event, key });
    },
    ...telling(config),
  };
  const start = () => new KeyedStream(cell, config as KeyedConfig, options, events);
  start().end();

  const operator = (source: Observable<unknown>) =>
    new Observable<unknown>(subscriber => {
      const stream = start();
      subscriber.add(() => stream.end());
      const timers = { batch: undefined, idle: undefined } as Record<
        string,
        Subscription | undefined
      >;
      const check = () => {
        if (stream.failure) throw stream.failure.error;
      };
      const emit = (work: () => readonly unknown[]) => {
        if (subscriber.closed) return;
        try {
          for (const emission of work()) subscriber.next(emission);
          check();
        } catch (error) {
          subscriber.error(error);
        }
      };
      /** `work` after so many milliseconds, once. */
      const later = (name: string, delay: number, work: () => void) => {
        if (timers[name]) return;
        timers[name] = scheduler.schedule(() => {
          timers[name] = undefined;
          work();
        }, delay);
        subscriber.add(timers[name]);
      };
      const watch = () => {
        if (idle === undefined || stream.oldest === undefined) return;
        later('idle', Math.max(0, stream.oldest + idle - scheduler.now()), () => {
          emit(() => stream.evictIdle(scheduler.now() - idle));
          watch();
        });
      };

      const reset = resets();
      const evict = evictions();
      const error = (error: unknown) => subscriber.error(error);
      const next = (work: (key: unknown) => unknown[]) => ({
        next: (key: unknown) => emit(() => work(key)),
        error,
      });
      subscriber.add(reset.notices?.subscribe(next(key => stream.reset(key))));
      subscriber.add(evict.notices?.subscribe(next(key => stream.evict(key))));
      if (subscriber.closed) return;

      const accept = (event: unknown): readonly unknown[] => {
        reset.events?.next(event);
        evict.events?.next(event);
        if (subscriber.closed) return [];
        const emissions = stream.accept(event, options.ordered ? scheduler.now() : 0);
        watch();
        return emissions;
      };
      // map and concatMap, not a hand-written observer: they neither over-pull nor throw late.
      if (!batch) {
        const stepped = map((event: unknown) => {
          const emissions = accept(event);
          check();
          return emissions;
        });
        source.pipe(stepped, filter(hasOne), map(first)).subscribe(subscriber);
        return;
      }
      const acceptLater = (event: unknown) => {
        const emissions = accept(event);
        if (stream.waiting) later('batch', batch.maxDelay, () => emit(() => stream.flush()));
        else stop('batch');
        return emissions;
      };
      // What was stepped before the datum that ends the stream is emitted before.
      const thenFailing = (emissions: readonly unknown[]) => {
        const { failure } = stream;
        return failure
          ? concat(
              emissions,
              throwError(() => failure.error),
            )
          : from(emissions);
      };
      const stop = (name: string) => {
        timers[name]?.unsubscribe();
        timers[name] = undefined;
      };
      const rest = defer(() => thenFailing(stream.flush()));
      const some = filter((emissions: readonly unknown[]) => hasOne(emissions) || !!stream.failure);
      const stepped = source.pipe(map(acceptLater), some, concatMap(thenFailing));
      concat(stepped, rest).subscribe(subscriber);
    });
  return Object.defineProperties(operator, { invalid: { value: invalid.asObservable() } });
}

const hasOne = (emissions: readonly unknown[]) => emissions.length > 0;
const first = (emissions: readonly unknown[]) => emissions[0];

/** The observers of keys as functions; absent where nobody listens. */
function telling({ evicted, restored }: Untyped): Partial<KeyedEvents> {
  const tell = <T>(to: Partial<Observer<T>> | ((value: T) => void), value: T) =>
    typeof to === 'function' ? to(value) : to.next?.(value);
  return {
    ...(evicted && {
      evicted: (key, reason, snapshot) => tell(evicted, { key, reason, snapshot }),
    }),
    ...(restored && { restored: (key, snapshot) => tell(restored, { key, snapshot }) }),
  };
}

function checkConfig(config: unknown): asserts config is Untyped {
  checkNames('recurBy', config, names);
  const { key, maxKeys, idle, batch, onInvalid, backend, ...rest } = config as Untyped;
  const isFunction = (value: unknown) => typeof value === 'function';
  const count = (value: unknown) => Number.isInteger(value) && (value as number) > 0;
  const time = (value: unknown) => typeof value === 'number' && value >= 0;
  demand(isFunction(key), 'recurBy.key', 'a function', key);
  for (const name of ['select', 'project', 'restore'] as const) {
    const given = rest[name];
    demand(given === undefined || isFunction(given), `recurBy.${name}`, 'a function', given);
  }
  const isAbsent = (value: unknown) => value === undefined;
  demand(isAbsent(maxKeys) || count(maxKeys), 'recurBy.maxKeys', 'a whole number from 1', maxKeys);
  demand(isAbsent(idle) || time(idle), 'recurBy.idle', 'milliseconds', idle);
  if (batch !== undefined) {
    checkNames('recurBy.batch', batch, ['maxSize', 'maxDelay']);
    const { maxSize, maxDelay } = batch;
    demand(count(maxSize), 'recurBy.batch.maxSize', 'a whole number from 1', maxSize);
    demand(time(maxDelay), 'recurBy.batch.maxDelay', 'milliseconds', maxDelay);
  }
  const known = isAbsent(onInvalid) || onInvalid === 'error' || onInvalid === 'skip';
  demand(
    known || isFunction(onInvalid),
    'recurBy.onInvalid',
    "'error', 'skip' or a function",
    onInvalid,
  );
  const has = isAbsent(backend) || backends().includes(backend as Backend);
  demand(has, 'recurBy.backend', `one of ${backends().join(', ')}`, backend);
}
