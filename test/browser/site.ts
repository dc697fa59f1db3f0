import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium as engine, type Page } from 'playwright-core';
import { build } from 'vite';
import { chromium } from './chromium.js';
import '../slow.js';

const folder = fileURLToPath(new URL('./page', import.meta.url));

/** A file of test/browser/page and all that it imports, as one script. */
async function bundle(entry: string): Promise<string> {
  const made = await build({
    configFile: false,
    root: folder,
    logLevel: 'error',
    build: {
      write: false,
      minify: false,
      target: 'es2022',
      lib: { entry: `${folder}/${entry}`, formats: ['es'], fileName: 'one' },
    },
  });
  const [{ output }] = made as { output: { type: string; code?: string }[] }[];
  return output[0].code ?? '';
}

export interface Site {
  readonly url: string;
  /** A fresh page, on which the entry has run: its exports are in `rxrecur` there. */
  open(policy?: string): Promise<Page>;
  close(): Promise<void>;
}

/**
 * Serves bundles of the entries on this machine, and opens pages under a content-security policy.
 */
export async function site(...entries: string[]): Promise<Site> {
  const scripts = new Map<string, string>();
  for (const entry of entries) scripts.set(`/${entry}.js`, await bundle(`${entry}.ts`));
  scripts.set('/elsewhere.js', await bundle('elsewhere.js'));
  scripts.set(
    '/main.js',
    `import * as all from './${entries[0]}.js';
     import * as elsewhere from './elsewhere.js';
     globalThis.rxrecur = { ...all, ...elsewhere };
     document.body.id = 'ready';`,
  );
  const server = createServer(({ url = '/' }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://localhost');
    const script = scripts.get(pathname);
    const policy = searchParams.get('policy');
    if (policy) response.setHeader('content-security-policy', policy);
    response.setHeader('content-type', script ? 'text/javascript' : 'text/html');
    const html =
      '<!doctype html><link rel="icon" href="data:,"><script type="module" src="main.js">';
    response.end(script ?? `${html}</script>`);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  let browser: Browser | undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    async open(policy = '') {
      browser ??= await engine.launch(chromium());
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${port}/?policy=${encodeURIComponent(policy)}`);
      return page;
    },
    async close() {
      await browser?.close();
      server.close();
    },
  };
}
