import '../slow.js';
import { expect } from 'vitest';
import type { Sink } from '../../src/durable/sink.js';
import type { Disturbance } from './disturbed-log.js';
import { type Rules, sequentially, type Trial } from './durable-oracle.js';
import {
  answersIn,
  type Cuts,
  foundIn,
  jobOf,
  keepingAll,
  logOf,
  model,
  runAll,
} from './durable-runs.js';
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

lawInTime(
  'outputs that go to a sink before they are stored are there once, and are the same bits again',
  [someEvents, someRules, someBlows, someCuts],
  async (events, rules, some, last) => {
    const log = keepingAll(await logOf(events));
    const had = new Map<number, string>();
    const sink: Sink = {
      name: 'a sink that knows ids',
      deduplicates: true,
      last: async () => undefined,
      async write(_, __, told) {
        for (const [id, answer] of answersIn(told)) {
          expect(had.get(id) ?? answer).toBe(answer);
          had.set(id, answer);
        }
      },
    };
    await runAll(log, jobOf(rules), some, last, { outputs: 'msgid', sinks: [sink] });
    const expected = sequentially(model, events, rules);
    const answers = [...had].sort(([a], [b]) => a - b).map(([, answer]) => answer);
    expect(answers).toEqual(expected.answers);
    const { answers: stored, states } = await foundIn(log);
    // Records have the letters, and no output.
    expect(stored).toEqual(expected.answers.filter(answer => / (poison|late)$/.test(answer)));
    expect(new Map([...states].sort())).toEqual(new Map([...expected.states].sort()));
  },
);
