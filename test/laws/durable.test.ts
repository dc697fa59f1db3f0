import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fileLog } from '../../src/durable/file-log.js';
import '../slow.js';
import type { Blow, Disturbance } from './disturbed-log.js';
import { type Rules, sequentially, type Trial } from './durable-oracle.js';
import { type Cuts, foundIn, jobOf, keepingAll, logOf, model, runAll } from './durable-runs.js';
import { lawInTime } from './law.js';

// The laws of durable jobs: whatever happens to the workers, the log comes to what one sequential
// run over its events would give, each bit and each id.

const someKey = fc.constantFrom('a', 'b', 'c', 'dd', 'é');
const someKeys = fc.array(someKey, { minLength: 1, maxLength: 2 });
const rarely = <T>(value: fc.Arbitrary<T>) => fc.option(value, { freq: 8, nil: undefined });
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
const someEvents = fc
  .array(someTrial, { minLength: 1, maxLength: 60 })
  .map(trials => trials.map((trial, i) => ({ ...trial, at: i * 10 + trial.at })));

const someRules: fc.Arbitrary<Rules> = fc.record({
  late: fc.constantFrom('arrival', 'reorder', 'drop', 'side output'),
  lateness: fc.constantFrom(0, 15, 100),
  idle: fc.constantFrom(undefined, 20, 70) as fc.Arbitrary<never>,
  maxKeys: fc.constantFrom(undefined, 1, 2, 3) as fc.Arbitrary<never>,
  initial: fc.boolean(),
});

const cuts = {
  maxEvents: fc.integer({ min: 1, max: 12 }),
  snapshotBytes: fc.constantFrom(1, 2000, 1e6),
};
const someCuts: fc.Arbitrary<Cuts> = fc.record(cuts);
const blows: readonly Blow[] = [
  'dies before',
  'dies after',
  'unknown before',
  'unknown after',
  'sleeps',
];
const someBlows: fc.Arbitrary<(Disturbance & Cuts)[]> = fc.array(
  fc.record({ blow: fc.constantFrom(...blows), calls: fc.nat({ max: 24 }), ...cuts }),
  { maxLength: 5 },
);

const lawful = async (
  events: Trial[],
  rules: Rules,
  some: readonly (Disturbance & Cuts)[],
  last: Cuts,
) => {
  const log = keepingAll(await logOf(events));
  await runAll(log, jobOf(rules), some, last);
  const found = await foundIn(log);
  const expected = sequentially(model, events, rules);
  expect(found.answers).toEqual(expected.answers);
  expect(new Map([...found.states].sort())).toEqual(new Map([...expected.states].sort()));
};

lawInTime(
  'a job’s outputs, letters, ids and states are those of one sequential run, however it is cut',
  [someEvents, someRules, someCuts],
  (events, rules, last) => lawful(events, rules, [], last),
);

lawInTime(
  'and so they are after kills, unknown commits, restarts and zombies',
  [someEvents, someRules, someBlows, someCuts],
  lawful,
);

test('so they are on files, and when these are opened again', async () => {
  const examples = fc.sample(fc.tuple(someEvents, someRules, someBlows, someCuts), {
    numRuns: 8,
    seed: 8,
  });
  for (const [events, rules, some, last] of examples) {
    const folder = mkdtempSync(join(tmpdir(), 'rxrecur-laws-'));
    const open = () => fileLog(folder, { partitions: 1, segmentBytes: 4096 });
    const log = keepingAll(await logOf(events, await open()));
    await runAll(log, jobOf(rules), some, last);
    await log.close();
    const again = await open();
    const found = await foundIn(again);
    await again.close();
    rmSync(folder, { recursive: true });
    const expected = sequentially(model, events, rules);
    expect(found.answers).toEqual(expected.answers);
    expect(new Map([...found.states].sort())).toEqual(new Map([...expected.states].sort()));
  }
});
