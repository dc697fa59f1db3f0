import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium as engine, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { partitionOf } from '../../src/durable.js';
import { chromium } from '../browser/chromium.js';
import { build } from '../cli/build.js';
import { until } from './page.js';
import { open } from './run.js';

interface WorkerRow {
  readonly pid: number;
  readonly partitions: readonly number[];
  readonly keys: number;
  readonly lag: number;
}

let demo: ChildProcess;
let browser: Browser;
let page: Page;
const lines: string[] = [];
const complaints: string[] = [];
/** Each alarm that the page has shown, in order. */
const alarms: string[] = [];

beforeAll(async () => {
  await build();
  const main = fileURLToPath(new URL('../../examples/durable/demo.mjs', import.meta.url));
  demo = spawn(process.execPath, [main, '--port', '0']);
  const output = createInterface(demo.stdout!).on('line', line => lines.push(line));
  await once(output, 'line');
  browser = await engine.launch(chromium());
  page = await browser.newPage();
  page.on('pageerror', error => complaints.push(error.message));
  page.on('console', message => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  await page.goto(lines[0]);
}, 30_000);

afterAll(async () => {
  await browser?.close();
  if (demo?.exitCode === null) demo.kill('SIGKILL');
});

/** The rows of the table of workers, all of one moment. */
async function workers(): Promise<WorkerRow[]> {
  const rows = (await page.evaluate(
    "[...document.querySelectorAll('#workers tr')].map(row => [...row.cells].map(td => td.textContent))",
  )) as string[][];
  return rows.map(([pid, partitions, keys, , lag]) => ({
    pid: Number(pid),
    partitions: partitions === 'none yet' ? [] : partitions.split(' ').map(Number),
    keys: Number(keys),
    lag: Number(lag),
  }));
}

const sum = (rows: readonly WorkerRow[], name: 'keys' | 'lag') =>
  rows.reduce((all, row) => all + row[name], 0);

/** True where each partition has one owner, none is on its way, and all keys are there. */
async function isServed(): Promise<boolean> {
  const rows = await workers();
  const owned = rows.flatMap(({ partitions }) => partitions);
  const isWhole = owned.length === 12 && new Set(owned).size === 12;
  return rows.length === 3 && isWhole && sum(rows, 'keys') >= 1000;
}

async function look(): Promise<void> {
  const shown = await page.locator('#alarms li').allTextContents();
  for (const alarm of shown.reverse()) if (!alarms.includes(alarm)) alarms.push(alarm);
}

test('the page shows who owns which partitions, a thousand keys, and alarms', async () => {
  await until(isServed);
  const rows = await workers();
  expect(rows.flatMap(({ partitions }) => partitions).sort((a, b) => a - b)).toEqual(
    Array.from({ length: 12 }, (_, p) => p),
  );
  expect(sum(rows, 'keys')).toBe(1000);
  for (const { pid } of rows) expect(process.kill(pid, 0)).toBe(true);
  await until(async () => {
    await look();
    return alarms.length > 0;
  });
  expect(alarms[0]).toMatch(/^sensor \d+, event \d+: -?\d+\.\d\d$/);
  expect(await page.locator('#totals').textContent()).toMatch(/^\d+ events, 0 kills$/);
});

test('the button kills the worker with most partitions, and others take them over', {
  timeout: 40_000,
}, async () => {
  const before = await workers();
  const counts = before.map(({ partitions }) => partitions.length);
  const most = before.filter(({ partitions }) => partitions.length === Math.max(...counts));
  await look();
  const seen = alarms.length;
  await page.getByRole('button', { name: 'Kill a worker' }).click();
  await until(async () => (await workers()).length > 0 && (await killed(most)).length === 1);
  const [gone] = await killed(most);
  expect(await page.locator('#totals').textContent()).toMatch(/, 1 kills$/);
  expect(() => process.kill(gone.pid, 0)).toThrow('ESRCH');
  await until(isServed);
  expect((await workers()).map(row => row.pid)).not.toContain(gone.pid);
  // The alarms of the keys that it had go on, too.
  const wasGone = (alarm: string) =>
    gone.partitions.includes(partitionOf(alarm.split(',', 1)[0], 12));
  await until(async () => {
    await look();
    return alarms.slice(seen).some(wasGone);
  });
  await until(async () => sum(await workers(), 'lag') < 200);
});

async function killed(of: readonly WorkerRow[]): Promise<readonly WorkerRow[]> {
  const now = new Set((await workers()).map(({ pid }) => pid));
  return of.filter(({ pid }) => !now.has(pid));
}

test('at the end nothing is lost or doubled, and each alarm was above the threshold', {
  timeout: 30_000,
}, async () => {
  const { alarmAbove } = await open('durable/job.mjs');
  for (const alarm of alarms) {
    expect(Math.abs(Number(alarm.split(': ')[1]))).toBeGreaterThanOrEqual(
      Number(alarmAbove.toFixed(2)),
    );
  }
  expect(complaints).toEqual([]);
  const exit = once(demo, 'exit');
  demo.kill('SIGINT');
  expect((await exit)[0]).toBe(0);
  expect(lines.at(-1)).toMatch(
    /^\d+ events, 1 kills: nothing lost, nothing doubled, all bits equal$/,
  );
});
