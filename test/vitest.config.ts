import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Files with a test named 'scijs …': scijs's ndarray() builds its classes with `new Function`. */
const scijsFiles = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
  .filter(file => file.endsWith('.test.ts') && !file.includes('node_modules'))
  .map(file => join('test', file).replaceAll('\\', '/'))
  .filter(file => /['"`]scijs /.test(readFileSync(join(root, file), 'utf8')));

const shared = { root, pool: 'forks', testTimeout: 60_000, hookTimeout: 60_000 } as const;

const withoutEval = {
  ...shared,
  name: 'no-eval',
  include: ['test/**/*.test.ts'],
  testNamePattern: /^(?!.*\bscijs )/,
  execArgv: ['--disallow-code-generation-from-strings', '--expose-gc'],
};

const scijs = { ...shared, name: 'scijs', include: scijsFiles, testNamePattern: /\bscijs / };

export default defineConfig({
  test: {
    projects: (scijsFiles.length > 0 ? [withoutEval, scijs] : [withoutEval]).map(test => ({
      test,
    })),
  },
});
