import fc from 'fast-check';
import type { Blow, Disturbance } from './disturbed-log.js';
import type { Rules, Trial } from './durable-oracle.js';
import type { Cuts } from './durable-runs.js';

const someKey = fc.constantFrom('a', 'b', 'c', 'dd', 'é', 'f', 'g');
const someKeys = fc.array(someKey, { minLength: 1, maxLength: 2 });
const rarely = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 7, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
const places = ['decode', 'key', 'select', 'model', 'project'] as const;
const number = fc.integer({ min: -64, max: 64 }).map(n => n / 64);

const someTrial: fc.Arbitrary<Trial> = fc.record({
  key: someKey,
  x: fc.tuple(number, number),
  at: fc.nat({ max: 60 }),
  poison: rarely(fc.constantFrom(...places)).map(place => place as never),
  reset: rarely(someKeys).map(keys => keys as never),
  evict: rarely(someKeys).map(keys => keys as never),
});
/** In log time, give or take. */
export const someEvents = fc
  .array(someTrial, { minLength: 1, maxLength: 80, size: 'max' })
  .map(trials => trials.map((trial, i) => ({ ...trial, at: i * 10 + trial.at })));

export const someRules: fc.Arbitrary<Rules> = fc.record({
  late: fc.constantFrom('arrival', 'reorder', 'drop', 'side output'),
  lateness: fc.constantFrom(0, 15, 100),
  idle: fc.constantFrom(undefined, undefined, 20, 70) as fc.Arbitrary<never>,
  maxKeys: fc.constantFrom(undefined, 1, 3, 5) as fc.Arbitrary<never>,
  initial: fc.boolean(),
});

const cuts = {
  maxEvents: fc.constantFrom(1, 2, 3, 7, 12),
  snapshotBytes: fc.constantFrom(1, 2000, 1e6),
  maxBytes: fc.constantFrom(1, 2000, 6000, 2 ** 26),
};
export const someCuts: fc.Arbitrary<Cuts> = fc.record(cuts);
const blows: readonly Blow[] = [
  'dies before',
  'dies after',
  'unknown before',
  'unknown after',
  'sleeps',
];
export const someBlows: fc.Arbitrary<(Disturbance & Cuts)[]> = fc.array(
  fc.record({ blow: fc.constantFrom(...blows), calls: fc.nat({ max: 12 }), ...cuts }),
  { maxLength: 5, size: 'max' },
);
