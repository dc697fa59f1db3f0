import { sizeOf } from '../../arrays/ndarray.js';
import { quoted } from '../json.js';
import type { Value } from './flow.js';
import type { Node } from './graph.js';
import type { LoopForm } from './loop-form.js';
import { MixedBatch, type Reading } from './reading.js';
import { carriedIn, isPartOfState } from './steps.js';
import { type Constant, weightsOf } from './tensor.js';
import { ensure } from './unfit.js';

/** A state that counts: a whole number. */
export function isCount(value: Value): boolean {
  return value.kind === 'constant' && !value.floating;
}

/** True if the number of steps says when a loop ends; false where its condition has to. */
export function endsWith({ inputs }: Node, steps: number, reading: Reading): boolean {
  const numberOf = (name: string) => {
    const value = reading.valueOf(name);
    return value.kind === 'constant' ? value.values()[0] : undefined;
  };
  const [trip, condition] = inputs;
  const begun = condition ? numberOf(condition) : 1;
  ensure(begun !== undefined && begun !== 0, 'a condition that is not true from the start');
  if (trip === '') return false;
  const trips = numberOf(trip);
  const isOfBatch = reading.batches > 1 && trips === reading.batches;
  if (isOfBatch) throw new MixedBatch('a step for each sequence of a batch');
  if (trips === steps) return true;
  const least = reading.openSteps === undefined ? steps : 2 ** 31 - 1;
  ensure(trips !== undefined && trips >= least, `${trips ?? '?'} steps of ${steps}`);
  return false;
}

/** Constants around a loop. */
export function constantsIn(around: ReadonlyMap<string, Value>): Map<string, Constant> {
  return new Map(
    [...around].flatMap(([name, value]): [string, Constant][] => {
      if (value.kind === 'tensor') return [];
      const why = `${quoted(name)}, which it reads of what is around it, at each step`;
      ensure(value.kind === 'constant', why);
      return [[name, value]];
    }),
  );
}

/** The shape of a state, of a batch of one. */
export function shapeOf(
  value: Value,
  { isBatched }: LoopForm,
  reading: Reading,
): readonly number[] {
  if (isCount(value)) return [];
  const isState = value.kind === 'tensor' && isPartOfState(value, reading);
  const why = 'a state that begins with what is computed from the input';
  ensure(value.kind === 'constant' || (isState && value.kind === 'tensor'), why);
  if (value.kind === 'tensor') carriedIn(value, reading);
  const { dims } = value.kind === 'tensor' ? value.ids : value;
  ensure(!isBatched || dims[0] === 1, `a state of ${dims[0]} sequences`);
  return isBatched ? dims.slice(1) : dims;
}

/** Where a state begins. */
export function beginOf(value: Value): Float32Array | undefined {
  if (value.kind === 'constant') return weightsOf(value);
  return value.kind === 'tensor' ? new Float32Array(sizeOf(value.ids.dims)) : undefined;
}
