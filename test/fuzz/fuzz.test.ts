import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { fuzz, type Reader } from './reader.js';
import { machinery, readersIn } from './readers.js';

const names = readdirSync(new URL('.', import.meta.url)).flatMap(file => {
  const [, name] = /^([\w-]+)\.ts$/.exec(file) ?? [];
  return name === undefined || machinery.includes(name) ? [] : [name];
});
const readers: Reader[] = [];
for (const name of names)
  readers.push(
    ...readersIn(
      await import(/* @vite-ignore */ fileURLToPath(new URL(`${name}.ts`, import.meta.url))),
    ),
  );

describe.each(readers.map(reader => [reader.name, reader] as const))('%s', (_, reader) => {
  test('refuses two thousand mutated files, or reads them, at once', { timeout: 60_000 }, () => {
    const { accepted, refused } = fuzz(reader, 0, 2000, globalThis.gc);
    expect(accepted + refused).toBe(2000);
    expect(refused).toBeGreaterThan(500);
  });
});
