import { fileURLToPath } from 'node:url';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { chromium } from './browser/chromium.js';
import { core, engineOnly } from './core.js';

/** Tests that need what only Node has. */
const nodeOnly = [
  'test/streams/garbage.test.ts', // counts collections: --expose-gc, PerformanceObserver of gc
  'test/streams/buffer.test.ts', // Node's Buffer
  'test/operators/typed-arrays.test.ts', // Node's Buffer, node:vm
  'test/laws/durable-{files,lmdb}.test.ts', // node:fs
  'test/laws/durable-lmdb.test.ts', // the same, and native code
  'test/streams/room.test.ts', // --expose-gc, node:timers
];

/** Bundled before the first test: found later, they would reload the page that runs one. */
const bundled = ['fast-check', 'ndarray', 'ndarray-blas-level2/gemv.js', 'rxjs', 'rxjs/testing'];

/** The tests of the core on a page in headless Chromium, on its own backend and on plain SIMD. */
export default defineConfig({
  test: {
    projects: (['relaxed-fma', 'simd'] as const).map(backend => ({
      define: {
        'process.env.LAW_RUNS': JSON.stringify(process.env.LAW_RUNS ?? '100'),
        'process.env.LAW_SEED': JSON.stringify(process.env.LAW_SEED ?? ''),
      },
      optimizeDeps: { include: bundled },
      test: {
        name: `chromium-${backend}`,
        root: fileURLToPath(new URL('..', import.meta.url)),
        include: core,
        exclude: [...nodeOnly, ...engineOnly],
        setupFiles: ['test/backend.ts'],
        provide: { backend },
        testTimeout: 10_000,
        hookTimeout: 10_000,
        browser: {
          enabled: true,
          headless: true,
          screenshotFailures: false,
          provider: playwright({ launchOptions: chromium() }),
          instances: [{ browser: 'chromium' as const }],
        },
      },
    })),
  },
});
