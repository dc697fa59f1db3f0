import { backendOf } from '../streams/backend.js';
import type { AnyCell } from '../streams/cell.js';
import type { KeyTable } from '../streams/key-table.js';
import type { Told } from './event.js';
import type { Job } from './job.js';
import { identityOf } from './migrate.js';
import type { RecordHead, RecordParts } from './record.js';

/** A record, and what it tells. */
export interface Written extends RecordParts {
  readonly told: Told;
}

/** A record without its outputs, which have gone to sinks already. */
export function withoutOutputs({ values: _, ...parts }: Written): Written {
  const { outputs, ...head } = parts.head;
  const sent = parts.told.outputs.length;
  return { ...parts, head: { ...head, ...(sent && { sent }) } };
}

/** Where a partition stands, for a record's head. */
type Stand = Omit<
  RecordHead,
  'format' | 'version' | 'job' | 'member' | 'backend' | 'layer' | 'graph' | 'weights'
> & { readonly waiting: readonly number[]; readonly time: number };

/** A record's head, without what is absent. */
export function headOf(
  { job, member, backend, idle }: Job,
  cell: AnyCell,
  stand: Stand,
): RecordHead {
  const { waiting, time, now, model, cause, ...rest } = stand;
  return {
    ...{ format: 'rxrecur/record', version: 1, job, member, ...rest },
    ...{ backend: backendOf(cell, backend), ...identityOf(cell) },
    ...(Number.isFinite(time) && { time }),
    ...(idle !== undefined && { now }),
    ...(model !== undefined && { model }),
    ...(waiting.length && { waiting }),
    ...(cause !== undefined && { cause }),
  };
}

/** The states of all keys, in parts of at most so many bytes, if a key fits into one. */
export function* statesIn(table: KeyTable, most: number, slots = table.slots(false)): States {
  const first = slots.slice(0, 4096);
  if (first.length) yield* fitting(table, first, most);
  if (slots.length > first.length) yield* statesIn(table, most, slots.slice(first.length));
}

type States = Generator<Pick<RecordParts, 'states' | 'times'>>;

function* fitting(table: KeyTable, slots: readonly number[], most: number): States {
  const states = table.write(slots);
  if (states.length <= most || slots.length === 1) {
    yield { states, times: table.times(slots) };
    return;
  }
  const half = slots.length >>> 1;
  yield* fitting(table, slots.slice(0, half), most);
  yield* fitting(table, slots.slice(half), most);
}
