import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fileLog } from '../../src/durable/file-log.js';
import '../slow.js';
import { sequentially } from './durable-oracle.js';
import { foundIn, jobOf, keepingAll, logOf, model, runAll } from './durable-runs.js';
import { someBlows, someCuts, someEvents, someRules } from './durable-trials.js';

test('the laws of durable jobs hold on files, and when these are opened again', async () => {
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
