import type { Observable, ObservableInput } from 'rxjs';
import type { DeadLetter, LogEvent } from '../durable/event.js';
import type { PartitionMetrics } from '../durable/metrics.js';
import type { Sink } from '../durable/sink.js';
import type { Late } from '../durable/turn.js';
import { checkNames, demand, mismatch } from '../errors.js';
import { type Backend, backends } from '../kernels/backends.js';
import type { StateInput } from '../streams/forms.js';
import type { Snapshot } from '../streams/snapshot.js';
import type { SnapshotInput } from '../streams/stateful.js';
import {
  callback,
  checkValues,
  count,
  type Fits,
  isFunction,
  observer,
  whatever,
} from './option-checks.js';
import type { Listener } from './tell.js';

/** Keys that follow from an event: `events` emits it, and what is emitted at once counts for it. */
export type KeysOf<E> = (events: Observable<LogEvent<E>>) => ObservableInput<string>;

/** Options of `durable`: events with values E, inputs X, outputs Y, emissions P, states S. */
export interface DurableOptions<E, X = E, Y = unknown, P = Y, S = unknown> {
  /** The job's name: its states and outputs are apart from those of other jobs on the same log. */
  readonly job: string;
  /** The key of an event. Default: the one by which it was appended. */
  readonly key?: ((event: LogEvent<E>) => string) | undefined;
  /** The model's input from an event. Default: its value. */
  readonly select?: ((event: LogEvent<E>) => X) | undefined;
  /** An output's `y` from the model's output, the event and its key: plain data. */
  readonly project?: ((output: Y, event: LogEvent<E>, key: string) => P) | undefined;
  /** Where each key's stream begins: a state, or a pure function of the key. */
  readonly initialState?: StateInput<S> | ((key: string) => StateInput<S>) | undefined;
  /**
   * Keys whose states begin anew: before an event that a function of the events says; or, of an
   * observable, before the next event, if this worker has the key's partition.
   */
  readonly reset?: KeysOf<E> | ObservableInput<string> | undefined;
  /** Keys whose states are given up before an event. */
  readonly evict?: KeysOf<E> | undefined;
  /**
   * Steps to go on from each output, on a copy of the state, each on the output before: the model's
   * outputs are then `{ y, ahead }`, as those of `forecast`.
   */
  readonly forecast?: number | undefined;
  /** Milliseconds in log time after its last event when a key's state is given up. */
  readonly idle?: number | undefined;
  /** Keys of a partition that have a state at most. */
  readonly maxKeys?: number | undefined;
  /** When an event happened, in milliseconds. Default: when it was appended. */
  readonly time?: ((event: LogEvent<E>) => number) | undefined;
  /**
   * Events more than `lateness` behind the latest of their partition: 'arrival' (default) steps
   * them as they come, 'drop' and 'side output' (a dead letter) don't. 'reorder' steps all events
   * in the order of their times, each `lateness` after its time; later ones are dead letters.
   */
  readonly late?: Late | undefined;
  readonly lateness?: number | undefined;
  /**
   * Parameter sets: each is in a record before an output shows it. One who takes a partition later
   * goes on with the record's.
   */
  readonly weights?: ObservableInput<unknown> | undefined;
  /**
   * What becomes of a state that another model has left, by its layer, equations or parameters: a
   * snapshot that fits, or undefined. Without it such states are refused.
   */
  readonly migrate?:
    | ((snapshot: Snapshot<S>, key: string) => SnapshotInput | undefined)
    | undefined;
  /** Default 'simd', which has the same bits everywhere. A job's states stay with theirs. */
  readonly backend?: Backend | undefined;
  /** Where outputs go on, each once; see `toStream` and `toFile`. */
  readonly sinks?: readonly Sink[] | undefined;
  /**
   * 'atomic' (default): outputs are stored with the states, and go on to sinks then. 'msgid': they
   * go to sinks that drop ids which they have had, and then the states are stored, without them.
   * Such an output can be seen before it is stored, and the log does not keep it.
   */
  readonly outputs?: 'atomic' | 'msgid' | undefined;
  /** Is told of events that gave no output, once they are stored as such. */
  readonly deadLetters?: Listener<DeadLetter> | undefined;
  /** Is told of this worker's partitions every `metricsEvery` milliseconds, by default 1,000. */
  readonly metrics?: Listener<readonly PartitionMetrics[]> | undefined;
  readonly metricsEvery?: number | undefined;
  /** This worker's name among those of the job. Default: one that nobody has. */
  readonly member?: string | undefined;
  /** Milliseconds after which others take the partitions of a worker that is silent: 5,000. */
  readonly ttl?: number | undefined;
  /** Events in a record at most: 4,096. */
  readonly maxEvents?: number | undefined;
  /** Bytes of records after which a snapshot stands for them: 64 MiB. */
  readonly snapshotBytes?: number | undefined;
  /**
   * True: with each snapshot, events that all jobs on this log have in their states may go, so that
   * the log stays small. Default false: a new job can begin with the first event.
   */
  readonly forget?: boolean | undefined;
  /** Records that may wait for the sinks: 4. */
  readonly credits?: number | undefined;
  /** Ends the work after what is being stored: the output completes, others take the partitions. */
  readonly signal?: AbortSignal | undefined;
}

const positive: Fits = [value => typeof value === 'number' && value > 0, 'milliseconds'];
const name: Fits = [
  value => typeof value === 'string' && value.length > 0 && value.length <= 80,
  'a name of 1 to 80 characters',
];
const lates = ['arrival', 'reorder', 'drop', 'side output'];

const fitting: Readonly<Record<string, Fits>> = {
  model: whatever,
  job: name,
  key: callback,
  select: callback,
  project: callback,
  initialState: whatever,
  reset: whatever,
  forecast: count,
  evict: [isFunction, 'a function of the events: what else gives up states is not in the log'],
  idle: positive,
  maxKeys: count,
  time: callback,
  late: [value => lates.includes(value as string), `one of '${lates.join("', '")}'`],
  lateness: [value => typeof value === 'number' && value >= 0, 'milliseconds'],
  weights: whatever,
  migrate: callback,
  backend: whatever,
  sinks: [Array.isArray, 'an array of sinks'],
  outputs: [value => value === 'atomic' || value === 'msgid', "'atomic' or 'msgid'"],
  deadLetters: observer,
  metrics: observer,
  metricsEvery: positive,
  member: name,
  ttl: positive,
  maxEvents: count,
  snapshotBytes: count,
  forget: [value => typeof value === 'boolean', 'true or false'],
  credits: count,
  signal: [value => value instanceof AbortSignal, 'an AbortSignal'],
};

/** Options of `recurBy` that a log leaves no room for, and what stands in their place. */
const refused: Readonly<Record<string, string>> = {
  restore: 'the log has the states; `rxrecur state import` puts one in',
  keyed: 'the log has the states; `rxrecur state ls` and `get` show them',
  evicted: 'a state that is given up is gone from the log, too',
  restored: 'the log has the states',
  batch: '`maxEvents` says how many events a record has at most; no bit depends on it',
  onInvalid: '`deadLetters` is told of events that the model refuses',
  scheduler: 'time is log time: the option `time`, or when an event was appended',
  transferable: 'outputs are copied into records',
  delta: 'no text of a cell has a Δt',
};

/** Throws a RecurError for options that do not fit. */
export function checkDurable(options: unknown): asserts options is DurableOptions<unknown> {
  for (const [option, hint] of Object.entries(refused)) {
    const isGiven = Object.hasOwn(Object(options), option);
    if (isGiven) throw mismatch(`durable.${option}`, 'no such option', 'it', hint);
  }
  checkNames('durable', options, Object.keys(fitting));
  const given = options as Record<string, unknown>;
  demand(given.job !== undefined, 'durable.job', name[1], given.job);
  checkValues('durable', given, fitting);
  const { late = 'arrival', lateness, backend = 'simd' } = options as DurableOptions<unknown>;
  const isNeeded = late !== 'arrival';
  const hint = `late: '${late}' asks how far an event may be behind`;
  demand(!isNeeded || lateness !== undefined, 'durable.lateness', 'milliseconds', lateness, hint);
  demand(
    isNeeded || lateness === undefined,
    'durable.late',
    `one of '${lates.slice(1).join("', '")}' with lateness`,
    late,
  );
  checkOutputs(options as DurableOptions<unknown>);
  const known = backends().includes(backend);
  const why = "states of one backend don't go on in another";
  demand(known, 'durable.backend', `one of ${backends().join(', ')}`, backend, why);
}

/** Outputs that are nowhere else have to be dropped where they come twice. */
function checkOutputs({ outputs, sinks = [] }: DurableOptions<unknown>): void {
  if (outputs !== 'msgid') return;
  const expected = "sinks with outputs: 'msgid'";
  demand(sinks.length, 'durable.sinks', expected, 'none', 'records keep no outputs then');
  for (const { name, deduplicates } of sinks) {
    const hint = "without it, outputs: 'atomic' has each output once";
    const where = `durable.sinks: ${name}`;
    demand(deduplicates === true, where, 'a sink that drops ids which it has had', name, hint);
  }
}
