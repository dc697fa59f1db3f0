import {
  concat,
  concatMap,
  defer,
  EMPTY,
  filter,
  map,
  merge,
  type Observable,
  type ObservableInput,
  type SchedulerLike,
  Subject,
  type Subscriber,
  throwError,
} from 'rxjs';
import type { KeyedStream } from '../layers/keyed-stream.js';
import { Alarm } from './alarm.js';
import type { Notifier } from './notifier.js';

/** What subscriptions to keyed streams are made of. */
export interface KeyedSetup {
  start(): KeyedStream;
  resets(): Notifier;
  evictions(): Notifier;
  readonly scheduler: SchedulerLike;
  readonly idle: number | undefined;
  /** How long an event may wait for others; undefined: not at all. */
  readonly maxDelay: number | undefined;
}

/** Takes an event; what is to be emitted now. */
type Accept = (event: unknown) => readonly unknown[];
/** Emits, and fails where the stream has failed. */
type Put = (emissions: readonly unknown[]) => void;

const none: readonly unknown[] = [];

/** One subscription: keyed streams between a source, notifiers, a clock and a subscriber. */
export function subscribeKeyed(
  source: Observable<unknown>,
  subscriber: Subscriber<unknown>,
  setup: KeyedSetup,
): void {
  const stream = setup.start();
  subscriber.add(() => stream.end());
  if (setup.maxDelay === undefined) {
    // Nothing waits, so that only events have something to emit.
    const put = () => {
      if (stream.failure) subscriber.error(stream.failure.error);
    };
    const accept = acceptFor(subscriber, stream, setup, put);
    if (!subscriber.closed) stepAtOnce(source, stream, accept).subscribe(subscriber);
    return;
  }
  const outputs = new Subject<ObservableInput<unknown>>();
  const put = (emissions: readonly unknown[]) => {
    const { failure } = stream;
    // What was stepped before the datum that ends the stream is emitted before.
    if (failure) {
      const failing = throwError(() => failure.error);
      outputs.next(concat(emissions, failing));
    } else if (emissions.length) outputs.next(emissions);
  };
  // One after another, also where an emission is what causes the next.
  const emitted = outputs.pipe(concatMap(emissions => emissions));
  const accept = acceptFor(subscriber, stream, setup, put);
  if (subscriber.closed) return;
  const alarm = waitingAlarm(stream, setup.scheduler, setup.maxDelay, put);
  subscriber.add(() => alarm.stop());
  const rest = defer(() => {
    put(stream.flush());
    outputs.complete();
    return EMPTY;
  });
  const taken = takeInBatches(source, stream, accept, put, alarm);
  merge(emitted, concat(taken, rest)).subscribe(subscriber);
}

/** Listens to notifiers and to the clock; what takes events, after the notifiers that hear them. */
function acceptFor(
  subscriber: Subscriber<unknown>,
  stream: KeyedStream,
  { resets, evictions, scheduler, idle }: KeyedSetup,
  put: Put,
): Accept {
  const reset = resets();
  const evict = evictions();
  const listen = ({ notices }: Notifier, work: (key: unknown) => readonly unknown[]) => {
    const next = (key: unknown) => put(work(key));
    subscriber.add(notices?.subscribe({ next, error: error => subscriber.error(error) }));
  };
  listen(reset, key => stream.reset(key));
  listen(evict, key => stream.evict(key));
  if (stream.failure) subscriber.error(stream.failure.error);
  const due = () => (stream.oldest ?? Infinity) + (idle ?? Infinity);
  const alarm = new Alarm(scheduler, due, time => put(stream.evictIdle(time, idle ?? Infinity)));
  subscriber.add(() => alarm.stop());
  return event => {
    reset.events?.next(event);
    evict.events?.next(event);
    if (subscriber.closed || stream.failure) return none;
    const emissions = stream.accept(event);
    if (idle !== undefined) alarm.set();
    return emissions;
  };
}

/** Each event's emission. By map and filter, which neither over-pull nor throw late. */
function stepAtOnce(source: Observable<unknown>, stream: KeyedStream, accept: Accept) {
  const step = (event: unknown) => {
    const emissions = accept(event);
    if (stream.failure) throw stream.failure.error;
    return emissions;
  };
  return source.pipe(
    map(step),
    filter(emissions => emissions.length > 0),
    map(([emission]) => emission),
  );
}

/** Rings when the first of the events that wait has waited for so many milliseconds. */
function waitingAlarm(stream: KeyedStream, scheduler: SchedulerLike, maxDelay: number, put: Put) {
  const due = () => (stream.waiting ? stream.waitingSince + maxDelay : Infinity);
  return new Alarm(scheduler, due, () => put(stream.flush()));
}

/** Takes the events of a source, emits nothing itself and ends with it. */
function takeInBatches(
  source: Observable<unknown>,
  stream: KeyedStream,
  accept: Accept,
  put: Put,
  alarm: Alarm,
): Observable<never> {
  const take = (event: unknown): event is never => {
    put(accept(event));
    if (stream.waiting) alarm.set();
    return false;
  };
  return source.pipe(filter(take));
}
