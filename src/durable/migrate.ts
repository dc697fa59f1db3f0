import { mismatch } from '../errors.js';
import { graphOf, weightsOf } from '../streams/digest.js';
import type { LoadedStates } from '../streams/keyed-snapshots.js';
import type { KeyedStream } from '../streams/keyed-stream.js';
import { layerSignature } from '../streams/model.js';

/**
 * Keys go on from states that a job has kept. Those of another model are refused, or `migrate`
 * says what becomes of each: a hidden state means something to the weights that made it.
 */
export function migrated(
  stream: KeyedStream,
  states: LoadedStates,
  times: ArrayLike<number> | undefined,
  migrate: ((snapshot: never, key: string) => unknown) | undefined,
): void {
  const { cell: model } = stream;
  const own = { layer: layerSignature(model), graph: graphOf(model), weights: weightsOf(model) };
  const differs = (['layer', 'graph', 'weights'] as const).find(name => states[name] !== own[name]);
  if (!differs) {
    stream.table.load(states, times);
    return;
  }
  if (!migrate) {
    const hint = 'another model has another job name, or the option `migrate` takes its states';
    throw mismatch(`durable.${differs}`, `${own[differs]}`, `${states[differs]}`, hint);
  }
  for (const key of states.keys() as Iterable<string>) {
    const snapshot = migrate(states.get(key) as never, key);
    if (snapshot === undefined) stream.evict(key);
    else stream.restore(key, snapshot);
  }
}
