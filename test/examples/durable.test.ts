import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastValueFrom } from 'rxjs';
import { afterAll, describe, expect, test } from 'vitest';
import { toFile } from '../../src/durable/file.js';
import { durable, fromStream, jsonBytes, memoryLog } from '../../src/durable.js';
import { stateful } from '../../src/index.js';
import { open, run } from './run.js';

const folder = mkdtempSync(join(tmpdir(), 'rxrecur-durable-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a worker is killed, and nothing is lost or doubled', { timeout: 60_000 }, async () => {
  const lines = await run('durable/demo.mjs', '--quick');
  expect(lines.at(-1)).toMatch(
    /^\d+ events, 1 kills: nothing lost, nothing doubled, all bits equal$/,
  );
});

test('there is an alarm for each reading that is out of order, and for no other', async () => {
  const { alarmAbove, isFault, model, reading } = await open('durable/job.mjs');
  let faults = 0;
  for (let sensor = 0; sensor < 1000; sensor += 9) {
    const m = stateful(model, { backend: 'simd' });
    for (let tick = sensor % 5; tick < 1500; tick += 5) {
      const [y] = m([reading(sensor, tick)]) as Float32Array;
      if (isFault(sensor, tick)) faults++;
      expect([sensor, tick, Math.abs(y) > alarmAbove]).toEqual([
        sensor,
        tick,
        isFault(sensor, tick),
      ]);
    }
  }
  expect(faults).toBeGreaterThan(20);
});

describe('the check finds', () => {
  const file = join(folder, 'outputs.ndjson');
  const checked = async (change: (lines: string[]) => string[]) => {
    const { model } = await open('durable/job.mjs');
    const { check } = await open('durable/check.mjs');
    const log = memoryLog({ partitions: 2 });
    for (const [p, key] of [...'ab'].entries()) {
      const events = [1, 2, 3].map(x => ({ key, value: jsonBytes([x]) }));
      await log.append(p, events);
    }
    rmSync(file, { force: true });
    const source = fromStream<number[]>(log, { follow: false });
    const options = { job: 'alarms', model, sinks: [toFile(file)] };
    await lastValueFrom(source.pipe(durable(log, options as never)));
    const lines = change(readFileSync(file, 'utf8').trim().split('\n'));
    const outputs = lines.map(line => JSON.parse(line));
    return check(log, outputs) as Promise<string[]>;
  };

  test('nothing in whole outputs', async () => {
    expect(await checked(lines => lines)).toEqual([]);
  });

  test('an output that is lost', async () => {
    expect(await checked(lines => lines.slice(0, -1))).toEqual(['1 lost']);
  });

  test('an output that is there twice', async () => {
    expect(await checked(lines => [...lines, lines[0]])).toEqual(['1 doubled']);
  });

  test('an output of which one digit is another', async () => {
    const wrong = (line: string) => line.replace(/"y":\[(-?)0\.\d/, '"y":[$10.9');
    expect(await checked(lines => [...lines.slice(0, -1), wrong(lines[5])])).toEqual(['1 wrong']);
  });
});
