// The systems in headless Chromium, each in a context of its own, which has its
// own process, on pages of a server on loopback.
import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { build } from 'vite';

const here = fileURLToPath(new URL('.', import.meta.url));
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const flags = ['--disable-gpu', '--disable-quic', '--no-first-run'];
flags.push('--disable-background-networking', '--disable-component-update', '--disable-sync');
// Root, as in a container, may not have Chromium's sandbox.
if (process.getuid?.() === 0) flags.push('--no-sandbox');

const types = { '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm' };
/** Files that the others fetch by themselves. */
const folders = {
  '/ort/': 'node_modules/onnxruntime-web/dist/',
  '/litert/': 'node_modules/@litertjs/core/wasm/',
  '/tfjs/': 'node_modules/@tensorflow/tfjs-backend-wasm/dist/',
};

/** page.mjs and all that it imports, as Vite builds it: text by path. */
async function bundle() {
  const { output } = await build({
    configFile: false,
    logLevel: 'silent',
    root: here,
    resolve: { conditions: ['onnxruntime-web-use-extern-wasm', 'import', 'browser', 'default'] },
    build: {
      write: false,
      modulePreload: { polyfill: false },
      rollupOptions: { input: `${here}page.mjs`, output: { entryFileNames: 'page.js' } },
    },
  });
  return new Map(output.map(({ fileName, code, source }) => [`/${fileName}`, code ?? source]));
}

async function serve(given) {
  const files = new Map([...given, ...(await bundle())]);
  files.set('/', '<!doctype html><script type="module" src="/page.js"></script>');
  const server = createServer(({ url }, response) => {
    const [path] = url.split('?');
    const [prefix] = Object.keys(folders).filter(start => path.startsWith(start));
    const file = prefix && here + folders[prefix] + path.slice(prefix.length);
    // Not isolated: tfjs would use several threads. Clocks tick every 100 µs.
    response.setHeader('Content-Type', types[extname(path)] ?? 'text/html');
    if (files.has(path)) response.end(files.get(path));
    else if (file && !path.includes('..') && existsSync(file))
      createReadStream(file).pipe(response);
    else response.writeHead(404).end();
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/**
 * Chromium's version, rxrecur's backend in it, what starts contenders, and what asks a page, which
 * may fetch the files given: their bytes by path.
 */
export async function openBrowser(files = []) {
  const server = await serve(files);
  const url = `http://127.0.0.1:${server.address().port}/`;
  const browser = await chromium.launch({ executablePath, args: flags });
  const open = async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    const said = new Promise((_, reject) => page.on('pageerror', reject));
    said.catch(() => {});
    await page.goto(url, { waitUntil: 'load' });
    return { context, page, failing: promise => Promise.race([promise, said]) };
  };
  const { context, page } = await open();
  const [version, backend] = [browser.version(), await page.evaluate(() => window.backend())];
  await context.close();
  const start = async name => {
    const { context, page, failing } = await open();
    await failing(page.evaluate(system => window.begin(system), name));
    return {
      name,
      ask: line => failing(page.evaluate(words => window.answer(words), line)),
      end: () => context.close(),
    };
  };
  /** What a function answers on a page of its own. */
  const evaluate = async (work, argument) => {
    const { context, page, failing } = await open();
    const result = await failing(page.evaluate(work, argument));
    await context.close();
    return result;
  };
  const close = async () => {
    await browser.close();
    server.close();
  };
  return { version, backend, start, evaluate, close };
}
