import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import type { Backend } from '../src/kernels/backends.js';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Files with a test named 'scijs …' or 'lmdb …': scijs's ndarray() builds its classes with
 * `new Function`, and lmdb's keys a reader of strings.
 */
const evalFiles = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
  .filter(file => file.endsWith('.test.ts') && !file.includes('node_modules'))
  .map(file => join('test', file).replaceAll('\\', '/'))
  .filter(file => /['"`](scijs|lmdb) /.test(readFileSync(join(root, file), 'utf8')));

/** BACKEND=simd: this backend it has to be, of which test/backend.ts makes sure. */
const backend = process.env.BACKEND as Backend | undefined;

const shared = {
  root,
  pool: 'forks' as const,
  testTimeout: 10_000,
  hookTimeout: 10_000,
  setupFiles: ['test/backend.ts'],
  provide: { backend },
};

/** They drive Chromium by playwright, which generates code. */
const pageFiles = ['test/browser/**/*.test.ts', 'test/examples/*-page.test.ts'];
const pages = { ...shared, name: 'pages', include: pageFiles };

const withoutEval = {
  ...shared,
  name: 'no-eval',
  include: ['test/**/*.test.ts'],
  exclude: ['**/node_modules/**', ...pageFiles],
  testNamePattern: /^(?!.*\b(scijs|lmdb) )/,
  execArgv: ['--disallow-code-generation-from-strings', '--expose-gc'],
};

const withEval = {
  ...shared,
  name: 'eval',
  include: evalFiles,
  testNamePattern: /\b(scijs|lmdb) /,
};

const projects = [withoutEval, ...(evalFiles.length > 0 ? [withEval] : []), pages];

export default defineConfig({ test: { projects: projects.map(test => ({ test })) } });
