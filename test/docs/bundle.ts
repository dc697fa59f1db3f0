import { build, type Rolldown } from 'vite';
import { root } from './blocks.js';

/** The script of a page as Vite builds it, the library from its source. */
export async function bundle(script: string): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'silent',
    root,
    plugins: [
      {
        name: 'page',
        resolveId: id => (id === 'page.js' ? `${root}page.js` : undefined),
        load: id => (id === `${root}page.js` ? script : undefined),
      },
    ],
    resolve: { alias: [{ find: /^rxrecur$/, replacement: `${root}src/index.ts` }] },
    build: {
      write: false,
      modulePreload: { polyfill: false },
      rollupOptions: { input: 'page.js' },
    },
  });
  return (result as Rolldown.RolldownOutput).output[0].code;
}
