import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { type Browser, chromium as engine, type Page } from 'playwright-core';
import { build, type PreviewServer, preview } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stateful } from '../../src/index.js';
import { onnxInitializers } from '../../src/io/onnx/index.js';
import { chromium } from '../browser/chromium.js';
import { build as buildLibrary } from '../cli/build.js';
import { open, run } from './run.js';
import { sileroFile } from './silero.js';

interface Heard {
  readonly p: number;
  readonly loud: number;
}

const configFile = fileURLToPath(
  new URL('../../examples/silero-page/vite.config.js', import.meta.url),
);
let [server, browser, page]: [PreviewServer?, Browser?, Page?] = [];
let weights: Awaited<ReturnType<typeof sileroFile>>;
let scripts: string[] = [];
const complaints: string[] = [];
const text = (id: string) => page!.locator(`#${id}`).textContent();
const until = (holds: () => Promise<boolean>) => expect.poll(holds, { timeout: 20_000 }).toBe(true);
const heard = () => page!.evaluate('heard') as Promise<Heard[]>;

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

beforeAll(async () => {
  await buildLibrary();
  weights = await sileroFile();
  await run('silero-page/weights.mjs', weights.file, weights.folder);
  const made = await build({ configFile, logLevel: 'error' });
  const { output } = made as { output: { fileName: string; code?: string; source?: unknown }[] };
  scripts = output
    .filter(({ fileName }) => fileName.endsWith('.js'))
    .map(({ code, source }) => code ?? String(source));
  server = await preview({ configFile, logLevel: 'error', preview: { port: 0 } });
  const { args, ...options } = chromium();
  const fake = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];
  browser = await engine.launch({ ...options, args: [...args, ...fake] });
  page = await browser.newPage();
  page.on('pageerror', error => complaints.push(error.message));
  page.on('console', message => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  const body = readFileSync(join(weights.folder, 'silero.safetensors'));
  await page.route('**/silero.safetensors', route => route.fulfill({ body }));
  await page.goto(server.resolvedUrls!.local[0]);
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
  weights?.remove();
});

test('the scripts, the library included, are at most 25 kB gzipped', () => {
  const size = scripts.reduce((sum, script) => sum + gzipSync(script).length, 0);
  expect(scripts.length).toBe(2);
  expect(size).toBeGreaterThan(10_000);
  expect(size).toBeLessThanOrEqual(25_000);
});

test('the page says of a sound file what Node says', async () => {
  const samples: Float32Array = (await open('silero/sound.mjs')).vowelSounds(2);
  const file = { name: 'vowels.wav', mimeType: 'audio/wav', buffer: wav(samples) };
  await page!.locator('#file').setInputFiles(file);
  await until(async () => (await heard()).length === 62);
  await until(async () => (await text('status')) === 'The file is at its end.');
  const { silero } = await open('silero/network.mjs');
  const model = stateful(silero(onnxInitializers(readFileSync(weights.file)))) as unknown as (
    x: Float32Array,
  ) => Float32Array;
  const decoded = samples.map(v => Math.round(v * 32767) / 32768);
  for (const [t, { p, loud }] of (await heard()).entries()) {
    const chunk = decoded.subarray(512 * t, 512 * (t + 1));
    // The page may run on another backend than Node, and decode to 1/32767.
    expect(Math.abs(p - model(chunk)[0])).toBeLessThanOrEqual(1e-3);
    expect(loud).toBeCloseTo(Math.max(...chunk.map(Math.abs)), 3);
  }
});

test('it listens to the microphone, from the initial state on', async () => {
  await page!.getByRole('button', { name: 'Listen to the microphone' }).click();
  await until(async () => Number.parseFloat((await text('time')) ?? '') > 0.5);
  expect((await heard()).every(({ p }) => p >= 0 && p <= 1)).toBe(true);
  const before = await page!.locator('#chart').screenshot();
  await until(async () => Number.parseFloat((await text('time')) ?? '') > 1.5);
  expect((await page!.locator('#chart').screenshot()).equals(before)).toBe(false);
});

test('the page fits a phone and names its controls', async () => {
  await page!.setViewportSize({ width: 360, height: 740 });
  expect(await page!.evaluate('document.documentElement.scrollWidth')).toBe(360);
  await page!.getByLabel('or a sound file').waitFor();
});

test('nothing was reported on the console', () => {
  expect(complaints).toEqual([]);
});
