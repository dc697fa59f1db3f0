import { sizeOf } from '../../arrays/ndarray.js';
import { quoted } from '../json.js';
import type { Dim, TimeAxis, Value } from './flow.js';
import { folded } from './fold.js';
import type { Node } from './graph.js';
import type { LoopForm } from './loop-form.js';
import type { Reading } from './reading.js';
import { type Constant, constantOf, weightsOf } from './tensor.js';
import { ensure } from './unfit.js';

/** So many numbers may be followed back to sizes. */
const deepest = 64;

/** A value that depends on nothing but sizes, where the sequence has so many steps. */
export function constantAt(
  name: string,
  steps: number,
  reading: Reading,
  batch = 1,
  depth = 0,
): Constant | undefined {
  const value = reading.valueOf(name);
  if (value.kind === 'constant') return value;
  if (value.kind === 'ints' && value.items.every(item => item !== '?')) {
    const items = Float64Array.from(value.items, item => sizeAt(item, steps, batch));
    return constantOf(name, value.scalar ? [] : [items.length], items);
  }
  const maker = reading.makerOf(name);
  if (value.kind !== 'ints' || !maker || depth > deepest) return undefined;
  const inputs = maker.inputs.map(own => constantAt(own, steps, reading, batch, depth + 1));
  if (inputs.includes(undefined)) return undefined;
  return folded({ node: maker, budget: reading.budget }, inputs as Constant[])?.[
    maker.outputs.indexOf(name)
  ];
}

const sizeAt = (dim: Dim, steps: number, batch: number) =>
  dim === 'batch' ? batch : dim === 'time' ? steps : (dim as number);

/** The sizes of a state: of a batch of one, whatever the steps. */
export function sizesOf(dims: readonly Dim[] | undefined): number[] {
  ensure(dims, 'a state whose shape is not known');
  return dims.map(dim => {
    ensure(dim !== 'time' && dim !== '?', 'a state whose shape depends on the steps');
    return sizeAt(dim, 1, 1);
  });
}

/** A state that counts: a whole number. */
export function isCount(value: Value): boolean {
  return value.kind === 'ints' || (value.kind === 'constant' && !value.floating);
}

/** True if the number of steps says when a loop ends; false where its condition has to. */
export function endsWith({ inputs }: Node, { size }: TimeAxis, reading: Reading): boolean {
  const [trip, condition] = inputs;
  const counts = size === undefined ? [3, 5, 8] : [size];
  for (const count of condition === '' || condition === undefined ? [] : counts) {
    const begun = constantAt(condition, count, reading)?.values()[0];
    ensure(begun !== undefined && begun !== 0, 'a condition that is not true from the start');
  }
  if (trip === '') return false;
  const trips = counts.map(count => constantAt(trip, count, reading)?.values()[0]);
  const [other] = counts.map(count => constantAt(trip, count, reading, 7)?.values()[0]);
  ensure(other === trips[0], 'a step for each sequence of a batch');
  if (trips.every((own, i) => own === counts[i])) return true;
  const least = size ?? 2 ** 31 - 1;
  const isOpen = trips.every(own => own !== undefined && own >= least);
  ensure(isOpen, `${trips[0] ?? '?'} steps of ${counts[0]}`);
  return false;
}

/** Constants around a loop, and sizes where the sequence has so many steps. */
export function constantsIn(
  { passed }: LoopForm,
  around: ReadonlyMap<string, Value>,
  steps: number,
  reading: Reading,
): Map<string, Constant> {
  return new Map(
    [...around].flatMap(([name, value]): [string, Constant][] => {
      if (value.kind === 'flow') return [];
      const constant = constantAt(passed.get(name) ?? name, steps, reading);
      ensure(constant, `${quoted(name)}, which it reads of what is around it, at each step`);
      return [[name, constant]];
    }),
  );
}

/** States that count, where they begin. */
export function countsIn(
  { states }: LoopForm,
  steps: number,
  reading: Reading,
): Map<string, Constant> {
  return new Map(
    states.flatMap(({ input, begin }): [string, Constant][] => {
      if (!isCount(reading.valueOf(begin))) return [];
      const constant = constantAt(begin, steps, reading);
      ensure(constant, 'a whole number that is not known from the start');
      return [[input, constant]];
    }),
  );
}

/** The shape of a state, of a batch of one. */
export function shapeOf(value: Value, { isBatched }: LoopForm): readonly number[] {
  const hasShape = value.kind === 'constant' || value.kind === 'filled' || value.kind === 'state';
  if (isCount(value)) return [];
  ensure(hasShape, 'a state that begins with what is computed from the input');
  const dims = sizesOf(value.dims);
  ensure(!isBatched || dims[0] === 1, `a state of ${dims[0]} sequences`);
  return isBatched ? dims.slice(1) : dims;
}

/** Where a state begins. */
export function beginOf(value: Value): Float32Array | undefined {
  if (value.kind === 'constant') return weightsOf(value);
  if (value.kind === 'filled') {
    return new Float32Array(sizeOf(sizesOf(value.dims))).fill(value.value);
  }
  return value.kind === 'state' ? new Float32Array(sizeOf(sizesOf(value.dims))) : undefined;
}
