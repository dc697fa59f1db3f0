import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stateful } from '../../src/index.js';
import {
  contrasts,
  type ExamplePage,
  examplePage,
  type OpenPage,
  pictures,
  policies,
  until,
} from './page.js';
import { open } from './run.js';

interface Seen {
  readonly mv: number;
  readonly ahead: number;
  readonly p: number;
}

let example: ExamplePage;
beforeAll(async () => {
  example = await examplePage('ecg-page');
});
afterAll(() => example?.close());

const seen = (page: Page) => page.evaluate('seen') as Promise<Seen[]>;
const secondsOf = async ({ text }: OpenPage) => Number.parseFloat(await text('time'));

test('the script is at most 44.6 kB gzipped, RxJS and the portable path included', () => {
  const script = example.files.map(({ code = '' }) => code).join('');
  expect(gzipSync(script).length).toBeGreaterThan(10_000);
  expect(gzipSync(script).length).toBeLessThanOrEqual(44_600);
});

describe.for(Object.entries(policies))('under the policy: %s', ([name, policy]) => {
  let opened: OpenPage;
  beforeAll(async () => {
    opened = await example.open(policy);
  });
  afterAll(() => opened?.close());

  test('the page names the backend that the policy allows', async () => {
    await until(async () => (await opened.text('backend')) !== '–');
    const backend = await opened.text('backend');
    if (name === 'strict') expect(backend).toBe('portable');
    else expect(backend).toMatch(/^(relaxed-fma|relaxed-nofma|simd)$/);
  });

  test('the nets answer what they answer in Node, from the first sample on', async () => {
    await until(async () => (await seen(opened.page)).length > 100);
    const first = (await seen(opened.page)).slice(0, 100);
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

  test('frames advance, and the picture with them', async () => {
    const before = await opened.page.locator('#chart').screenshot();
    await until(async () => (await secondsOf(opened)) > 2);
    expect((await opened.page.locator('#chart').screenshot()).equals(before)).toBe(false);
    await until(async () => Number(await opened.text('frames')) > 0);
  });

  test('nothing is reported on the console', () => {
    expect(opened.complaints).toEqual([]);
  });
});

describe('the controls', () => {
  let opened: OpenPage;
  beforeAll(async () => {
    opened = await example.open();
  });
  afterAll(() => opened?.close());

  test('speed takes effect, and a reset brings back the first samples and answers', async () => {
    const { page } = opened;
    await page.getByLabel('Speed').selectOption('20');
    await until(async () => (await secondsOf(opened)) > 30);
    await page.getByLabel('Speed').selectOption('0.25');
    await page.getByRole('button', { name: 'Start again' }).click();
    await until(async () => (await seen(page)).length > 20);
    expect(await secondsOf(opened)).toBeLessThan(30);
    const again = (await seen(page)).slice(0, 20);
    await page.reload();
    await until(async () => (await seen(page)).length > 20);
    expect((await seen(page)).slice(0, 20)).toEqual(again);
  });

  test('Pause stops the recording where it is, by keyboard too, and Play goes on from there', async () => {
    const { page } = opened;
    await until(async () => (await secondsOf(opened)) > 0.5);
    await page.getByRole('button', { name: 'Pause' }).focus();
    await page.keyboard.press('Enter');
    expect(await opened.text('status')).toBe('Paused.');
    const [time, before] = [await opened.text('time'), await seen(page)];
    expect(await pictures(page, 500)).toBe(1);
    expect([await opened.text('time'), await seen(page)]).toEqual([time, before]);
    await page.getByRole('button', { name: 'Play' }).click();
    await until(async () => (await seen(page)).length > before.length + 20);
    expect((await seen(page)).slice(0, before.length)).toEqual(before);
    expect(await pictures(page, 1000)).toBeGreaterThan(4);
  });

  test('each is reached by the tabulator key, in the order of reading', async () => {
    await opened.page.reload();
    const reached = [];
    for (let i = 0; i < 3; i++) {
      await opened.page.keyboard.press('Tab');
      reached.push(await opened.page.evaluate('document.activeElement.id'));
    }
    expect(reached).toEqual(['pause', 'reset', 'speed']);
  });

  test('the page fits a phone', async () => {
    await opened.page.setViewportSize({ width: 360, height: 740 });
    expect(await opened.page.evaluate('document.documentElement.scrollWidth')).toBe(360);
  });
});

test('if the system asks for less motion, the page waits for Play and draws once a second', async () => {
  const opened = await example.open('', { reducedMotion: 'reduce' });
  const { page } = opened;
  await until(async () => (await opened.text('status')).startsWith('Paused: your system asks'));
  expect(await pictures(page, 500)).toBe(1);
  expect(await seen(page)).toEqual([]);
  await page.getByRole('button', { name: 'Play' }).click();
  await until(async () => (await seen(page)).length > 20);
  expect(await pictures(page, 3000)).toBeLessThanOrEqual(5);
  await opened.close();
});

test('the words of the page are those of the data: the lead and the threshold', async () => {
  const opened = await example.open();
  const { horizons, flag, hz } = (await open('ecg/baselines.mjs')).readBaselines();
  const lead = `${(horizons.at(-1) * 1000) / hz} ms`;
  expect(await opened.page.locator('.legend .forecast').textContent()).toContain(`${lead} before`);
  await until(async () => (await opened.text('threshold')) === String(flag.threshold));
  const read = (file: string) =>
    readFileSync(new URL(`../../examples/ecg-page/${file}`, import.meta.url), 'utf8');
  expect(read('index.html').replace(/\s+/g, ' ')).toContain(`forecasts the signal ${lead} ahead`);
  await opened.close();
});

test.for(contrasts('ecg-page'))('the colour %s has contrast enough', ([name, ratio]) => {
  expect(ratio).toBeGreaterThanOrEqual(/ink|soft/.test(name) ? 4.5 : 3);
});
