import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stateful } from '../../src/index.js';
import { readSafetensors } from '../../src/io/index.js';
import {
  contrasts,
  type ExamplePage,
  examplePage,
  type OpenPage,
  pictures,
  policies,
  until,
} from './page.js';
import { open, run } from './run.js';
import { sileroFile } from './silero.js';

interface Heard {
  readonly p: number;
  readonly loud: number;
}

let example: ExamplePage;
let weights: Awaited<ReturnType<typeof sileroFile>>;
let samples: Float32Array;

/** The file that the page fetches: float16, which silero.test.ts compares with onnxruntime. */
const fetched = () => readFileSync(join(weights.folder, 'silero.safetensors'));

/** The page with the weights, which are no part of the repository. */
async function openPage(policy = '', options = {}): Promise<OpenPage> {
  const body = fetched();
  const opened = await example.open(policy, {
    ...options,
    route: page => page.route('**/silero.safetensors', route => route.fulfill({ body })),
  });
  await opened.page.locator('#listen:enabled').waitFor();
  return opened;
}

const heard = (page: Page) => page.evaluate('heard') as Promise<Heard[]>;
const secondsOf = async ({ text }: OpenPage) => Number.parseFloat(await text('time'));

/** A WAV file of 16-bit samples, 16,000 a second. */
function wav(samples: Float32Array): Buffer {
  const bytes = Buffer.alloc(44 + 2 * samples.length);
  const format = [1, 1, 16_000, 0, 32_000, 0, 2, 16];
  bytes.write('RIFF', 0, 'latin1');
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write('WAVEfmt \x10', 8, 'latin1');
  for (const [i, value] of format.entries()) bytes.writeUInt16LE(value, 20 + 2 * i);
  bytes.write('data', 36, 'latin1');
  bytes.writeUInt32LE(2 * samples.length, 40);
  for (const [t, v] of samples.entries()) bytes.writeInt16LE(Math.round(v * 32767), 44 + 2 * t);
  return bytes;
}

const speak = (page: Page, of: Float32Array) => {
  const file = { name: 'vowels.wav', mimeType: 'audio/wav', buffer: wav(of) };
  return page.getByLabel('or a sound file').setInputFiles(file);
};

beforeAll(async () => {
  weights = await sileroFile();
  await run('silero-page/weights.mjs', weights.file, weights.folder);
  samples = (await open('silero/sound.mjs')).vowelSounds(2);
  const fake = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];
  example = await examplePage('silero-page', ...fake);
});

afterAll(async () => {
  await example?.close();
  weights?.remove();
});

test('the scripts are at most 36.2 kB gzipped, with the weights 500, the portable path included', () => {
  const scripts = example.files
    .filter(({ fileName }) => fileName.endsWith('.js'))
    .map(({ code, source }) => code ?? String(source));
  const size = scripts.reduce((sum, script) => sum + gzipSync(script).length, 0);
  expect(scripts.length).toBe(2);
  expect(size).toBeGreaterThan(10_000);
  expect(size).toBeLessThanOrEqual(36_200);
  expect(size + gzipSync(fetched()).length).toBeLessThanOrEqual(500_000);
});

describe.for(Object.entries(policies))('under the policy: %s', ([name, policy]) => {
  let opened: OpenPage;
  beforeAll(async () => {
    opened = await openPage(policy);
  });
  afterAll(() => opened?.close());

  test('the page names the backend that the policy allows', async () => {
    const backend = await opened.text('backend');
    if (name === 'strict') expect(backend).toBe('portable');
    else expect(backend).toMatch(/^(relaxed-fma|relaxed-nofma|simd)$/);
  });

  test('the page says of a sound file what Node says', async () => {
    const { page, text } = opened;
    await speak(page, samples);
    await until(async () => (await heard(page)).length === 62);
    await until(async () => (await text('status')) === 'The file is at its end.');
    const { silero } = await open('silero/network.mjs');
    const { tensors } = readSafetensors(fetched());
    const model = stateful(silero(tensors)) as unknown as (x: Float32Array) => Float32Array;
    const decoded = samples.map(v => Math.round(v * 32767) / 32768);
    for (const [t, { p, loud }] of (await heard(page)).entries()) {
      const chunk = decoded.subarray(512 * t, 512 * (t + 1));
      // The page may run on another backend than Node, and decode to 1/32767.
      expect(Math.abs(p - model(chunk)[0])).toBeLessThanOrEqual(1e-3);
      expect(loud).toBeCloseTo(Math.max(...chunk.map(Math.abs)), 3);
    }
  });

  test('it listens to the microphone, from the initial state on', async () => {
    const { page } = opened;
    await page.getByRole('button', { name: 'Listen to the microphone' }).click();
    await until(async () => (await secondsOf(opened)) > 0.5);
    expect((await heard(page)).every(({ p }) => p >= 0 && p <= 1)).toBe(true);
    const before = await page.locator('#chart').screenshot();
    await until(async () => (await secondsOf(opened)) > 1.5);
    expect((await page.locator('#chart').screenshot()).equals(before)).toBe(false);
  });

  test('nothing is reported on the console', () => {
    expect(opened.complaints).toEqual([]);
  });
});

test('Pause stops the microphone, by keyboard too, and Continue goes on with the same state', async () => {
  const opened = await openPage();
  const { page } = opened;
  expect(await page.locator('#pause').isDisabled()).toBe(true);
  await page.getByRole('button', { name: 'Listen' }).click();
  await until(async () => (await secondsOf(opened)) > 0.3);
  await page.getByRole('button', { name: 'Pause' }).focus();
  await page.keyboard.press('Enter');
  expect(await opened.text('status')).toBe('Paused.');
  const before = await heard(page);
  expect(await pictures(page, 500)).toBe(1);
  expect(await heard(page)).toEqual(before);
  await page.getByRole('button', { name: 'Continue' }).click();
  await until(async () => (await heard(page)).length > before.length + 10);
  expect((await heard(page)).slice(0, before.length)).toEqual(before);
  await opened.close();
});

test('if the system asks for less motion, the picture is drawn once a second', async () => {
  const opened = await openPage('', { reducedMotion: 'reduce' });
  await opened.page.getByRole('button', { name: 'Listen' }).click();
  await until(async () => (await heard(opened.page)).length > 10);
  expect(await pictures(opened.page, 3000)).toBeLessThanOrEqual(5);
  await opened.close();
});

test('the page fits a phone and names its controls', async () => {
  const opened = await openPage();
  await opened.page.setViewportSize({ width: 360, height: 740 });
  expect(await opened.page.evaluate('document.documentElement.scrollWidth')).toBe(360);
  await opened.page.getByLabel('or a sound file').waitFor();
  await opened.close();
});

test.for(contrasts('silero-page'))('the colour %s has contrast enough', ([name, ratio]) => {
  expect(ratio).toBeGreaterThanOrEqual(/ink|soft/.test(name) ? 4.5 : 3);
});
