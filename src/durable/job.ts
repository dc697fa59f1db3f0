import type { RecurError } from '../errors.js';
import type { Backend } from '../kernels/backends.js';
import { aheadStates } from '../streams/ahead-states.js';
import type { AnyCell } from '../streams/cell.js';
import { KeyedStream } from '../streams/keyed-stream.js';
import type { LogEvent } from './event.js';
import type { StoredEvent } from './log.js';
import { type Output, ownAnswer } from './told.js';
import type { TurnConfig } from './turn.js';

/** A job as each of its partitions runs it; see `DurableOptions`. */
export interface Job extends TurnConfig {
  readonly job: string;
  readonly member: string;
  readonly cell: AnyCell;
  readonly backend: Backend;
  readonly partitions: number;
  /** An event's value; throws for one that is none. */
  decode(event: StoredEvent): unknown;
  readonly key?: ((event: never) => unknown) | undefined;
  readonly select?: ((event: never) => unknown) | undefined;
  readonly project?: ((output: never, event: never, key: never) => unknown) | undefined;
  readonly initialState?: unknown;
  /** Keys that an event resets, or gives up, before it is stepped. */
  readonly resets?: ((event: LogEvent) => readonly unknown[]) | undefined;
  readonly evictions?: ((event: LogEvent) => readonly unknown[]) | undefined;
  readonly idle?: number | undefined;
  readonly maxKeys?: number | undefined;
  /** Steps to go on from each output. */
  readonly forecast?: number | undefined;
  readonly migrate?: ((snapshot: never, key: string) => unknown) | undefined;
}

/** An event on its way through the model, and its number in the record. */
interface Passing {
  readonly event: LogEvent;
  readonly at: number;
}

/** Who is asked and told by a job's keyed streams. */
interface Hooks {
  now(): number;
  keyOf(event: LogEvent): string;
  refused(passing: Passing, error: RecurError): void;
  gone(key: string): void;
}

/** Events that wait for each other at most: as many as one call of the code takes well. */
const most = 256;

/** The keyed streams of a partition, which take events as `Passing` and emit them as `Output`. */
export function openStream(job: Job, hooks: Hooks): KeyedStream {
  const { backend, idle, maxKeys, initialState, select, project, forecast } = job;
  const config = {
    key: ({ event }: Passing) => hooks.keyOf(event),
    select: ({ event }: Passing) => (select ? select(event as never) : event.value),
    project: (y: unknown, { event, at }: Passing, key: string): Output => ({
      at,
      offset: event.offset,
      key,
      y: ownAnswer(project ? project(y as never, event as never, key as never) : y, y),
    }),
    ...{ initialState, maxKeys },
  };
  const options = {
    ...{ backend, most, marked: true, ordered: (idle ?? maxKeys) !== undefined },
    now: () => hooks.now(),
    statesOf: forecast === undefined ? undefined : aheadStates(forecast),
  };
  return new KeyedStream(job.cell, config as never, options, {
    invalid: (error, passing) => hooks.refused(passing as Passing, error),
    evicted: key => hooks.gone(key as string),
  });
}
