import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defaultClientConditions } from 'vite';

const root = fileURLToPath(new URL('.', import.meta.url));
const file = new URL('../ecg/baselines.json', import.meta.url);
const { hz, horizons, flag } = JSON.parse(readFileSync(file, 'utf8'));
const settings = { hz, threshold: flag.threshold, lead: horizons.at(-1) };

/** The data stay files beside the script; a page below any path finds them. */
export default {
  root,
  base: './',
  build: { outDir: 'out', emptyOutDir: true, assetsInlineLimit: 0, target: 'es2022' },
  define: { ECG_SETTINGS: JSON.stringify(settings) },
  // RxJS keeps its modern build under a condition of its own.
  resolve: { conditions: ['es2015', ...defaultClientConditions] },
  server: { fs: { allow: ['../..'] } },
};
