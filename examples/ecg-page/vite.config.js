import { fileURLToPath } from 'node:url';
import { defaultClientConditions } from 'vite';

const root = fileURLToPath(new URL('.', import.meta.url));

/** The data stay files beside the script; a page below any path finds them. */
export default {
  root,
  base: './',
  build: { outDir: 'out', emptyOutDir: true, assetsInlineLimit: 0, target: 'es2022' },
  // Every browser of the last years has WebAssembly with SIMD: 2 kB that none of them needs.
  define: { RXRECUR_PORTABLE: 'false' },
  // RxJS keeps its modern build under a condition of its own.
  resolve: { conditions: ['es2015', ...defaultClientConditions] },
  server: { fs: { allow: ['../..'] } },
};
