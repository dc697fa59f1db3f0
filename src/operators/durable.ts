import { Observable, type OperatorFunction, Subject, type Subscriber, tap } from 'rxjs';
import { valueIn, valueReader } from '../durable/codec.js';
import type { DurableOutput, LogEvent, Told } from '../durable/event.js';
import type { Job } from '../durable/job.js';
import type { PartitionLog } from '../durable/log.js';
import { partitionOf } from '../durable/places.js';
import { Worker, type WorkerSetup } from '../durable/worker.js';
import { demand, mismatch } from '../errors.js';
import { checkOwnInputs, type Forecast } from '../streams/ahead.js';
import type { StateOf } from '../streams/cell.js';
import type { Answer } from '../streams/forms.js';
import {
  type AnyPlainCell,
  functionCell,
  type PlainCell,
  startingFrom,
} from '../streams/function-cell.js';
import type { InputOf, Model, OutputOf } from '../streams/members.js';
import { cellIn } from '../streams/model.js';
import { checkDurable, type DurableOptions, type KeysOf } from './durable-config.js';
import { checkLog, type LogSource, logOf } from './from-stream.js';
import { notifier, weightsIn } from './notifier.js';
import { tell } from './tell.js';

/** Options of `durable` for a model, typed by it. */
export type DurableConfig<M extends Model, E, X, P> = DurableOptions<
  E,
  X,
  Answer<OutputOf<M>, X>,
  P,
  StateOf<M>
> & { readonly model: M; readonly forecast?: undefined };

/** The same with `forecast`: the model's outputs are those of `forecast`. */
export type DurableForecastConfig<M extends Model, E, X, P> = DurableOptions<
  E,
  X,
  Forecast<Answer<OutputOf<M>, X>>,
  P,
  StateOf<M>
> & { readonly model: M; readonly forecast: number };

/**
 * Stands where `recurBy` stands, for jobs that survive their process: one model, a state for each
 * key, and a log that keeps events, states and outputs. The states of a partition, the offset of
 * its last event and its outputs are stored together or not at all, and outputs are emitted when
 * they are stored. Its source is `fromStream(log)`; several workers, in one process or in many,
 * share the partitions, and take over those of one that dies.
 *
 * The log has each output exactly once, and each event that the model refuses once, as a dead
 * letter. A subscriber is told of what its own worker stores; `sinks` are told of all, again after
 * a restart, and keep each once. How events were cut into records changes no bit of any number.
 *
 * `signal` ends it after what is being stored: partitions are given up at once, and the output
 * completes. Throws a RecurError at the call for wrong arguments; errors of the stream are those of
 * the log, of states that another model or backend has left, and of wrong parameter sets.
 *
 * @example
 * const log = memoryLog({ partitions: 2 });
 * await log.append(partitionOf('a', 2), [{ key: 'a', value: jsonBytes([0.5]) }]);
 * const events = fromStream<number[]>(log, { follow: false });
 * const outputs = events.pipe(durable(log, { job: 'alarms', model: gru(1, 4) }));
 * const { key, y } = await lastValueFrom(outputs);
 * `${key} ${y.length}`; // → a 4
 */
export function durable<M extends Model, E, X extends InputOf<M>, P = Answer<OutputOf<M>, X>>(
  log: PartitionLog,
  options: DurableConfig<M, E, X, P> & { readonly select: (event: LogEvent<E>) => X },
): OperatorFunction<LogEvent<E>, DurableOutput<P>>;
export function durable<M extends Model, E extends InputOf<M>, P = Answer<OutputOf<M>, E>>(
  log: PartitionLog,
  options: DurableConfig<M, E, E, P>,
): OperatorFunction<LogEvent<E>, DurableOutput<P>>;
export function durable<
  M extends Model,
  E,
  X extends InputOf<M>,
  P = Forecast<Answer<OutputOf<M>, X>>,
>(
  log: PartitionLog,
  options: DurableForecastConfig<M, E, X, P> & { readonly select: (event: LogEvent<E>) => X },
): OperatorFunction<LogEvent<E>, DurableOutput<P>>;
export function durable<
  M extends Model,
  E extends InputOf<M>,
  P = Forecast<Answer<OutputOf<M>, E>>,
>(
  log: PartitionLog,
  options: DurableForecastConfig<M, E, E, P>,
): OperatorFunction<LogEvent<E>, DurableOutput<P>>;
export function durable<S, X, Y, E = X, P = Y>(
  log: PartitionLog,
  options: DurableOptions<E, X, Y, P, S> & { readonly model: PlainCell<S, X, Y> },
): OperatorFunction<LogEvent<E>, DurableOutput<P>>;
export function durable(log: PartitionLog, options: unknown): unknown {
  checkLog('durable', log);
  checkDurable(options);
  const { model } = options as unknown as { readonly model: unknown };
  demand(model !== undefined, 'durable.model', 'a layer, a cell or a function', model);
  const given = cellIn('durable', 'model', model, 'durable') ?? functionCell(model as AnyPlainCell);
  if (options.forecast !== undefined) checkOwnInputs('durable.forecast', given);
  const { initialState, job: name, backend = 'simd' } = options;
  const isFactory = typeof initialState === 'function';
  const cell = isFactory ? given : startingFrom(given, initialState);
  const resets = options.reset;
  const isHeard = resets !== undefined && typeof resets !== 'function';
  const setup: Setup = {
    log,
    options,
    heard: isHeard ? notifier('durable.reset', resets)().notices : undefined,
    weights: weightsIn('durable', options.weights),
    jobOf: (source, decode) => ({
      ...(options as object),
      ...{ job: name, cell, backend, partitions: source.partitions },
      decode: event => valueIn(event, decode),
      ...{ late: options.late ?? 'arrival', lateness: options.lateness ?? 0 },
      member: options.member ?? `worker-${globalThis.crypto.randomUUID()}`,
      initialState: isFactory ? initialState : undefined,
      resets: typeof resets === 'function' ? keysOf('reset', resets) : undefined,
      evictions: options.evict && keysOf('evict', options.evict),
    }),
  };
  return (source: Observable<unknown>) => {
    const from = (source as Partial<LogSource<unknown>>)?.[logOf];
    const expected = 'fromStream(log) as its source';
    const hint = 'it tells where a job stands; `select` and `key` see each event';
    demand(from, 'durable', expected, source, hint);
    return new Observable<DurableOutput>(subscriber => begin(subscriber, from, setup));
  };
}

interface Setup {
  readonly log: PartitionLog;
  readonly options: DurableOptions<unknown>;
  /** Resets that come from outside. */
  readonly heard: Observable<unknown> | undefined;
  readonly weights: Observable<unknown> | undefined;
  jobOf(source: PartitionLog, decode: (bytes: Uint8Array) => unknown): Job;
}

/** What a function of the events answers to each, on its own: nothing is carried over. */
function keysOf(option: string, given: KeysOf<never>): (event: LogEvent) => readonly unknown[] {
  const notices = notifier(`durable.${option}`, given);
  return event => {
    const keys: unknown[] = [];
    let isOver = false;
    let failure: { readonly cause: unknown } | undefined;
    const { notices: answers, events = new Subject() } = notices();
    const heard = answers?.subscribe({
      next: key => keys.push(key),
      error: cause => {
        failure = { cause };
      },
      complete: () => {
        isOver = true;
      },
    });
    events.next(event);
    events.complete();
    heard?.unsubscribe();
    // Assigned in a callback, which the compiler does not see.
    const failed = failure as { readonly cause: unknown } | undefined;
    if (failed) throw failed.cause;
    const expected = 'keys that are answered at once, from the event alone';
    if (!isOver) throw mismatch(`durable.${option}`, expected, 'an observable that goes on');
    return keys;
  };
}

/** One subscription: a worker. */
function begin(
  subscriber: Subscriber<DurableOutput>,
  from: LogSource<unknown>[typeof logOf],
  { log, options, heard, weights, jobOf }: Setup,
): void {
  const { deadLetters, metrics, metricsEvery = 1000, signal, sinks = [] } = options;
  let params: unknown;
  const setup: WorkerSetup = {
    ...{ source: from.log, log, sinks, follow: from.follow ?? true, starts: from.after },
    job: jobOf(from.log, valueReader(from.decode)),
    outputs: options.outputs ?? 'atomic',
    maxEvents: options.maxEvents ?? 4096,
    snapshotBytes: options.snapshotBytes ?? 2 ** 26,
    forget: options.forget ?? false,
    credits: options.credits ?? 4,
    ttl: options.ttl ?? 5000,
    poll: 50,
    params: () => params,
    tell({ outputs, letters }: Told) {
      for (const output of outputs) subscriber.next(output);
      for (const letter of letters) tell(deadLetters, letter);
    },
  };
  const worker = new Worker(setup);
  const stop = () => worker.stop();
  const error = (cause: unknown) => {
    subscriber.error(cause);
    stop();
  };
  subscriber.add(stop);
  const hear = (notices: Observable<unknown> | undefined, next: (notice: unknown) => void) =>
    subscriber.add(notices?.pipe(tap(next)).subscribe({ error }));
  hear(weights, set => {
    params = set;
    worker.ask('weights', partition => partition.use(set));
  });
  hear(heard, key => {
    demand(typeof key === 'string', 'durable.reset', 'a text, the key', key);
    const own = partitionOf(key, from.log.partitions);
    worker.ask('reset', partition => partition.reset(key), own);
  });
  signal?.addEventListener('abort', stop, { once: true });
  subscriber.add(() => signal?.removeEventListener('abort', stop));
  if (signal?.aborted) stop();
  if (metrics) {
    const report = (all: Metrics) => all && tell(metrics, all);
    subscriber.add(every(metricsEvery, () => worker.metrics().then(report, error)));
  }
  worker.run().then(() => subscriber.complete(), error);
}

type Metrics = Awaited<ReturnType<Worker['metrics']>>;

/** Works again and again, never twice at a time; returns what ends that. */
function every(time: number, work: () => Promise<unknown>): () => void {
  let isBusy = false;
  const timer = setInterval(async () => {
    if (isBusy) return;
    isBusy = true;
    await work();
    isBusy = false;
  }, time);
  return () => clearInterval(timer);
}
