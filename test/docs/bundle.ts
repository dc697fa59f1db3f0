import { build, type Rolldown } from 'vite';
import { root } from './blocks.js';
import { entries } from './entries.js';
import '../slow.js';

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
    resolve: {
      alias: Object.entries(entries).map(([name, source]) => ({
        find: new RegExp(`^${name}$`),
        replacement: root + source,
      })),
    },
    build: {
      write: false,
      modulePreload: { polyfill: false },
      rollupOptions: { input: 'page.js' },
    },
  });
  return (result as Rolldown.RolldownOutput).output[0].code;
}
