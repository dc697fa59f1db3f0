import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { backends } from '../src/kernels/backends.js';
import { compilerOnly, core, engineOnly } from './core.js';

/** The tests of the core, once on each backend that this Node has: `--project simd` for one. */
export default defineConfig({
  test: {
    projects: backends().map(backend => ({
      test: {
        name: backend,
        root: fileURLToPath(new URL('..', import.meta.url)),
        pool: 'forks',
        include: core,
        exclude: [...engineOnly, ...(backend === 'portable' ? compilerOnly : [])],
        setupFiles: ['test/backend.ts'],
        provide: { backend },
        testTimeout: 10_000,
        hookTimeout: 10_000,
        execArgv: ['--expose-gc'],
      },
    })),
  },
});
