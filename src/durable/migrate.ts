import { demand, mismatch } from '../errors.js';
import type { Backend } from '../kernels/backends.js';
import { backendOf } from '../streams/backend.js';
import type { AnyCell } from '../streams/cell.js';
import { graphOf, weightsOf } from '../streams/digest.js';
import type { LoadedStates } from '../streams/keyed-snapshots.js';
import type { KeyedStream } from '../streams/keyed-stream.js';
import { layerSignature } from '../streams/model.js';
import type { RecordHead } from './record.js';

const hint = 'another model has another job name, or the option `migrate` takes its states';

/** What tells a model from others. */
export function identityOf(cell: AnyCell) {
  return { layer: layerSignature(cell), graph: graphOf(cell), weights: weightsOf(cell) };
}

/** States of a record, when each key was used last, and those that were not used in it. */
interface Kept {
  readonly states: LoadedStates;
  readonly times: ArrayLike<number> | undefined;
  readonly unused: readonly string[] | undefined;
}

/**
 * Keys go on from states that a job has kept. Those of another model are refused, or `migrate`
 * says what becomes of each: a hidden state means something to the weights that made it.
 */
export function migrated(
  stream: KeyedStream,
  { states, times, unused }: Kept,
  migrate: ((snapshot: never, key: string) => unknown) | undefined,
): void {
  const isEach = !times || times.length === states.size;
  demand(isEach, 'durable.times', `${states.size} times of use`, times?.length);
  for (const key of states.keys()) demand(typeof key === 'string', 'durable.keys', 'texts', key);
  const { cell: model } = stream;
  const own = identityOf(model);
  const differs = (['layer', 'graph', 'weights'] as const).find(name => states[name] !== own[name]);
  if (!differs) {
    stream.table.load(states, times, new Set(unused));
    return;
  }
  if (!migrate) {
    throw mismatch(`durable.${differs}`, `${own[differs]}`, `${states[differs]}`, hint);
  }
  for (const key of states.keys() as Iterable<string>) {
    const snapshot = migrate(states.get(key) as never, key);
    if (snapshot === undefined) stream.evict(key);
    else stream.restore(key, snapshot);
  }
}

/** Throws unless the record's states go on where they were computed. */
export function checkBackend(head: RecordHead, cell: AnyCell, backend: Backend): void {
  const own = backendOf(cell, backend);
  if (head.backend === own) return;
  const hint = 'states go on where they began: pin `backend` to the same one';
  throw mismatch(`${head.job}.${head.partition}.backend`, head.backend, own, hint);
}

/**
 * True where parameters were swapped in for those of this model; false for another's, whose states
 * `migrate` takes. Without it they are refused.
 */
export function isModel(model: string | undefined, own: string, migrates: boolean): boolean {
  if (model === undefined || model === own) return true;
  if (!migrates) throw mismatch('durable.weights', own, model, hint);
  return false;
}
