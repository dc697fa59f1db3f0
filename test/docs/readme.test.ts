import { expect, test } from 'vitest';
import { readPage } from './blocks.js';

test('README has at most 1,000 words outside code, and 8 kB', () => {
  const text = readPage('README.md');
  const words = text.replace(/^```[\s\S]*?^```$/gm, '').match(/\S+/g) ?? [];
  expect(words.length).toBeLessThanOrEqual(1000);
  expect(words.length).toBeGreaterThan(300);
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(8000);
});

test("README's first command among its usage is the installation", () => {
  const [, usage] = readPage('README.md').split('## Install\n');
  expect(/^```sh\n([^\n]*)/m.exec(usage)?.[1]).toBe('npm install rxrecur rxjs');
});
