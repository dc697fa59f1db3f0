import '../slow.js';
import { expect } from 'vitest';
import type { Disturbance } from './disturbed-log.js';
import { type Rules, sequentially, type Trial } from './durable-oracle.js';
import { type Cuts, foundIn, jobOf, keepingAll, logOf, model, runAll } from './durable-runs.js';
import { someBlows, someCuts, someEvents, someRules } from './durable-trials.js';
import { lawInTime } from './law.js';

// The laws of durable jobs: whatever happens to the workers, the log comes to what one sequential
// run over its events would give, each bit and each id.

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
