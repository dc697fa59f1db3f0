import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect } from 'vitest';
import type { PartitionLog } from '../../src/durable/log.js';
import { sequentially } from './durable-oracle.js';
import { foundIn, jobOf, keepingAll, logOf, model, runAll } from './durable-runs.js';
import { someBlows, someCuts, someEvents, someRules } from './durable-trials.js';

/** The laws of durable jobs on a disk: on some examples, what is found when it is opened again. */
export async function lawfulOn(open: (folder: string) => Promise<PartitionLog>): Promise<void> {
  const examples = fc.sample(fc.tuple(someEvents, someRules, someBlows, someCuts), {
    numRuns: 8,
    seed: 8,
  });
  for (const [events, rules, some, last] of examples) {
    const folder = mkdtempSync(join(tmpdir(), 'rxrecur-laws-'));
    const log = keepingAll(await logOf(events, await open(folder)));
    await runAll(log, jobOf(rules), some, last);
    await log.close();
    const again = await open(folder);
    const found = await foundIn(again);
    await again.close();
    rmSync(folder, { recursive: true });
    const expected = sequentially(model, events, rules);
    expect(found.answers).toEqual(expected.answers);
    expect(new Map([...found.states].sort())).toEqual(new Map([...expected.states].sort()));
  }
}
