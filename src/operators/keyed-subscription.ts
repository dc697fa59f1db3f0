import {
  concat,
  concatMap,
  filter,
  map,
  merge,
  Observable,
  type ObservableInput,
  type SchedulerLike,
  Subject,
  type Subscriber,
  throwError,
} from 'rxjs';
import { type KeyedStream, nothing } from '../streams/keyed-stream.js';
import { Alarm } from './alarm.js';
import type { Notifier } from './notifier.js';

/** What subscriptions to keyed streams are made of. */
export interface KeyedSetup {
  start(): KeyedStream;
  resets(): Notifier;
  evictions(): Notifier;
  readonly weights: Observable<unknown> | undefined;
  readonly scheduler: SchedulerLike;
  readonly idle: number | undefined;
  /** How long an event may wait for others; undefined: not at all. */
  readonly maxDelay: number | undefined;
  /** True: keys may wait for their snapshots. */
  readonly late: boolean;
  /** Is told of a stream's keys. */
  tellKeys(stream: KeyedStream): void;
}

/** One subscription: keyed streams between a source, notifiers, a clock and a subscriber. */
export function subscribeKeyed(
  source: Observable<unknown>,
  subscriber: Subscriber<unknown>,
  setup: KeyedSetup,
): void {
  const stream = setup.start();
  subscriber.add(() => stream.end());
  const outputs =
    setup.maxDelay === undefined
      ? atOnce(source, subscriber, setup, stream)
      : inBatches(source, subscriber, setup, stream, setup.maxDelay);
  outputs?.subscribe(subscriber);
}

/** Each event's emission. By map and filter, which neither over-pull nor throw late. */
function atOnce(
  source: Observable<unknown>,
  subscriber: Subscriber<unknown>,
  setup: KeyedSetup,
  stream: KeyedStream,
): Observable<unknown> | undefined {
  stream.put = emissions => {
    for (const emission of emissions) subscriber.next(emission);
    if (stream.failure) subscriber.error(stream.failure.error);
  };
  const listeners = listen(subscriber, setup, stream);
  if (subscriber.closed) return undefined;
  const step = (event: unknown) => {
    if (!listeners.before(event)) return nothing;
    const emission = stream.acceptOne(event);
    listeners.after();
    if (stream.failure) throw stream.failure.error;
    return emission;
  };
  const emitted = source.pipe(
    map(step),
    filter(emission => emission !== nothing),
  );
  return setup.late ? concat(emitted, restored(stream)) : emitted;
}

/** Events wait for each other; all that is emitted goes one way, in order. */
function inBatches(
  source: Observable<unknown>,
  subscriber: Subscriber<unknown>,
  setup: KeyedSetup,
  stream: KeyedStream,
  maxDelay: number,
): Observable<unknown> | undefined {
  const outputs = new Subject<ObservableInput<unknown>>();
  // Rings when the first of the events that wait has waited for so many milliseconds.
  const due = () => (stream.waiting ? stream.waitingSince + maxDelay : Infinity);
  const alarm = new Alarm(setup.scheduler, due, () => stream.put(stream.flush()));
  subscriber.add(() => alarm.stop());
  stream.put = emissions => {
    const { failure } = stream;
    // What was stepped before the event that ends the stream is emitted before.
    if (failure) {
      const failing = throwError(() => failure.error);
      outputs.next(concat(emissions, failing));
    } else if (emissions.length) outputs.next(emissions);
    if (stream.waiting) alarm.set();
  };
  // One after another, also where an emission is what causes the next.
  const emitted = outputs.pipe(concatMap(emissions => emissions));
  const listeners = listen(subscriber, setup, stream);
  if (subscriber.closed) return undefined;
  const take = (event: unknown): event is never => {
    if (!listeners.before(event)) return false;
    const emissions = stream.accept(event);
    listeners.after();
    stream.put(emissions);
    return false;
  };
  const finish = () => {
    stream.put(stream.flush());
    outputs.complete();
  };
  // Takes the events of the source, emits nothing itself and ends with it.
  return merge(emitted, concat(source.pipe(filter(take)), restored(stream, finish)));
}

/** Completes when no key waits for its snapshot. */
function restored(stream: KeyedStream, finish?: () => void): Observable<never> {
  return new Observable(subscriber =>
    stream.whenRestored(() => {
      finish?.();
      subscriber.complete();
    }),
  );
}

/** Listens to notifiers and to the clock; what is done before and after the step of each event. */
function listen(
  subscriber: Subscriber<unknown>,
  { resets, evictions, weights, scheduler, idle, tellKeys }: KeyedSetup,
  stream: KeyedStream,
) {
  const due = () => (stream.oldest ?? Infinity) + (idle ?? Infinity);
  const ring = (time: number) => stream.put(stream.evictIdle(time, idle ?? Infinity));
  const alarm = new Alarm(scheduler, due, ring);
  subscriber.add(() => alarm.stop());
  const hear = (
    notices: Observable<unknown> | undefined,
    work: (notice: unknown) => readonly unknown[],
  ) => {
    const next = (notice: unknown) => stream.put(work(notice));
    const error = (cause: unknown) => subscriber.error(cause);
    subscriber.add(notices?.subscribe({ next, error }));
  };
  try {
    tellKeys(stream);
  } catch (error) {
    subscriber.error(error);
  }
  const reset = resets();
  const evict = evictions();
  hear(weights, params => stream.use(params));
  hear(reset.notices, key => stream.reset(key));
  hear(evict.notices, key => stream.evict(key));
  if (stream.failure) subscriber.error(stream.failure.error);
  return {
    before(event: unknown): boolean {
      reset.events?.next(event);
      evict.events?.next(event);
      return !(subscriber.closed || stream.failure);
    },
    after(): void {
      if (idle !== undefined) alarm.set();
    },
  };
}
