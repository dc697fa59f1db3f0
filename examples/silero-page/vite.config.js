import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('.', import.meta.url));

/** The weights stay a file beside the script, from public/; a page below any path finds them. */
export default {
  root,
  base: './',
  build: {
    ...{ outDir: 'out', emptyOutDir: true, assetsInlineLimit: 0, target: 'es2022' },
    modulePreload: false,
  },
  server: { fs: { allow: ['../..'] } },
};
