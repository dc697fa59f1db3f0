import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { type Browser, chromium as engine, type Page } from 'playwright-core';
import { build, type PreviewServer, preview } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stateful } from '../../src/index.js';
import { chromium } from '../browser/chromium.js';
import { build as buildLibrary } from '../cli/build.js';
import { open } from './run.js';

interface Seen {
  readonly mv: number;
  readonly ahead: number;
  readonly p: number;
}

const configFile = fileURLToPath(
  new URL('../../examples/ecg-page/vite.config.js', import.meta.url),
);
let [server, browser, page]: [PreviewServer?, Browser?, Page?] = [];
let script = '';
const complaints: string[] = [];
const text = (id: string) => page!.locator(`#${id}`).textContent();
const seconds = async () => Number.parseFloat((await text('time')) ?? '');
const until = (holds: () => Promise<boolean>) => expect.poll(holds, { timeout: 20_000 }).toBe(true);
const seen = () => page!.evaluate('seen') as Promise<Seen[]>;

beforeAll(async () => {
  await buildLibrary();
  const made = await build({ configFile, logLevel: 'error' });
  const { output } = made as { output: { code?: string }[] };
  script = output.map(({ code = '' }) => code).join('');
  server = await preview({ configFile, logLevel: 'error', preview: { port: 0 } });
  browser = await engine.launch(chromium());
  page = await browser.newPage();
  page.on('pageerror', error => complaints.push(error.message));
  page.on('console', message => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  await page.goto(server.resolvedUrls!.local[0]);
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

test('the script, RxJS included, is at most 30 kB gzipped', () => {
  expect(gzipSync(script).length).toBeGreaterThan(10_000);
  expect(gzipSync(script).length).toBeLessThanOrEqual(30_000);
});

test('the nets answer on the page what they answer in Node, from the first sample on', async () => {
  await until(async () => (await seen()).length > 100);
  const first = (await seen()).slice(0, 100);
  const { rows } = (await open('ecg/recording.mjs')).readRecording();
  expect(first.map(({ mv }) => mv)).toEqual(rows.slice(0, 100).map(({ mv }: Seen) => mv));
  const { forecast, flag } = (await open('ecg/models.mjs')).readModels();
  const [ahead, probability] = [stateful(forecast), stateful(flag)];
  for (const { mv, ...got } of first) {
    // Law 6 of a chain of three; the page may run on another backend than Node.
    expect(Math.abs(got.ahead - (ahead(mv) as Float32Array)[2])).toBeLessThanOrEqual(2e-6);
    expect(Math.abs(got.p - (probability(mv) as Float32Array)[0])).toBeLessThanOrEqual(2e-6);
  }
});

test('it draws: frames advance, and the picture with them', async () => {
  const picture = () => page!.locator('#chart').screenshot();
  const before = await picture();
  await until(async () => (await seconds()) > 2);
  expect((await picture()).equals(before)).toBe(false);
  await until(async () => Number(await text('frames')) > 0);
});

test('speed takes effect, and a reset brings back the first samples and the same answers', async () => {
  await page!.locator('#speed').selectOption('20');
  await until(async () => (await seconds()) > 30);
  await page!.locator('#speed').selectOption('0.25');
  await page!.locator('#reset').click();
  await until(async () => (await seen()).length > 20);
  expect(await seconds()).toBeLessThan(30);
  const again = (await seen()).slice(0, 20);
  await page!.reload();
  await until(async () => (await seen()).length > 20);
  expect((await seen()).slice(0, 20)).toEqual(again);
});

test('the page fits a phone and names its controls', async () => {
  await page!.setViewportSize({ width: 360, height: 740 });
  expect(await page!.evaluate('document.documentElement.scrollWidth')).toBe(360);
  await page!.getByRole('button', { name: 'Start again' }).click();
  await page!.getByLabel('Speed').selectOption('4');
});

test('nothing was reported on the console', () => {
  expect(complaints).toEqual([]);
});
