// Many models at once, models that come and go, and weights that are swapped. `npm run build`, then
// `node test/bench/models.mjs --help`.
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { chromium } from 'playwright-core';
import { build } from 'vite';
import * as library from '../../dist/index.js';
import { burst, cycles, many, swaps } from './crowds.mjs';
import { gc } from './gc.mjs';

const command = new Command('node test/bench/models.mjs')
  .description(
    'Makes crowds of models and tells whether all of them are compiled, and where the memory is: ' +
      '`many` at once (1,000 shapes with 50 sets of weights each), `cycles` (made, stepped and ' +
      'dropped), a `burst` of them without a turn of the event loop, `swaps` of the weights of a ' +
      'stream; `page`: 1,000 shapes with 10 sets each, at once on a page in Chromium. CHROMIUM is ' +
      "its path if it is not Debian's. The exit code is 1 if a model is portable.",
  )
  .option('--quick', 'a hundredth of each')
  .addOption(
    new Option('--only <part>', 'one part').choices(['many', 'cycles', 'burst', 'swaps', 'page']),
  )
  .parse();
const { quick, only } = command.opts();
const share = quick ? 100 : 1;
const mb = bytes => `${(bytes / 2 ** 20).toFixed(1)} MB`;

function memory() {
  gc();
  const { rss, heapUsed, external } = process.memoryUsage();
  return `resident ${mb(rss)}, heap ${mb(heapUsed)}, external ${mb(external)}`;
}

function check(portable) {
  if (portable) process.exitCode = 1;
}

function tell({ count, models, milliseconds }, where) {
  const found = Object.entries(count).map(([name, n]) => `${n} ${name}`);
  console.log(
    `${where}: ${models} models alive: ${found.join(', ')}; ${milliseconds.toFixed(2)} ms each`,
  );
  check(count.portable);
}

const parts = {
  many() {
    tell(many(library, 1000 / (quick ? 10 : 1), 50 / (quick ? 10 : 1)), 'Node');
    console.log(`  ${memory()}`);
  },
  async cycles() {
    await cycles(library, 1e5 / share, setImmediate, (done, portable) => {
      console.log(`${done} made, stepped and dropped, ${portable} of them portable: ${memory()}`);
      check(portable);
    });
  },
  async burst() {
    const portable = burst(library, 1e5 / share);
    console.log(`a burst of ${1e5 / share}: ${portable} of them portable: ${memory()}`);
    check(portable);
    await setImmediate();
    gc();
    await setImmediate();
    console.log(`  after a turn: ${memory()}`);
  },
  swaps() {
    swaps(library, 1e6 / share, done => console.log(`${done} swaps: ${memory()}`));
  },
  async page() {
    const { version, result } = await onPage([1000 / (quick ? 10 : 1), 10 / (quick ? 5 : 1)]);
    tell(result, `Chromium ${version}`);
  },
};

/** What `many` answers on a page. */
async function onPage(counts) {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  if (!existsSync(executablePath)) throw new Error('apt-get install chromium, or set CHROMIUM');
  const entry = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
  const [{ output }] = await build({
    configFile: false,
    logLevel: 'error',
    build: { write: false, lib: { entry, formats: ['es'], fileName: 'rxrecur' } },
  });
  const scripts = {
    '/rxrecur.js': output[0].code,
    '/crowds.mjs': readFileSync(new URL('crowds.mjs', import.meta.url), 'utf8'),
  };
  const server = createServer(({ url }, response) => {
    response.setHeader('content-type', scripts[url] ? 'text/javascript' : 'text/html');
    response.end(scripts[url] ?? '<!doctype html><link rel="icon" href="data:,">');
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking'];
  const browser = await chromium.launch({ executablePath, args });
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    const result = await page.evaluate(async ([shapes, sets]) => {
      const [own, crowds] = await Promise.all([import('/rxrecur.js'), import('/crowds.mjs')]);
      return crowds.many(own, shapes, sets);
    }, counts);
    return { version: browser.version(), result };
  } finally {
    await browser.close();
    server.close();
  }
}

for (const [name, part] of Object.entries(parts)) if (!only || only === name) await part();
