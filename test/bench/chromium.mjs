// The cost of a page in Chromium. `npm run setup`, then `node test/bench/chromium.mjs --help`.
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { chromium } from 'playwright-core';
import { build } from 'vite';
import { spread } from './quantile.mjs';

const { quick, against } = new Command('node test/bench/chromium.mjs')
  .description(
    'Prints the largest module that the main thread of a page compiles at once, how many memories ' +
      "a page holds, and for some models the module's size and the time to the first step, the " +
      "median of fresh pages. Needs Chromium; CHROMIUM is its path if it is not Debian's.",
  )
  .option('--against <dist>', "compare an LSTM 64's first answer with another build's, and no more")
  .option('--quick', 'one fresh page for each model, three for each build')
  .parse()
  .opts();

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
if (!existsSync(executablePath)) throw new Error('apt-get install chromium, or set CHROMIUM');

/** A build of the library as one script. */
async function script(dist) {
  const [{ output }] = await build({
    configFile: false,
    logLevel: 'error',
    build: { write: false, lib: { entry: join(dist, 'index.js'), formats: ['es'], fileName: 'a' } },
  });
  return output[0].code;
}

const own = fileURLToPath(new URL('../../dist', import.meta.url));
const scripts = { '/rxrecur.js': await script(own) };
if (against) scripts['/other.js'] = await script(resolve(against));
const server = createServer(({ url }, response) => {
  const code = scripts[url];
  response.setHeader('content-type', code ? 'text/javascript' : 'text/html');
  response.end(code ?? '<!doctype html><link rel="icon" href="data:,">');
});
await new Promise(done => server.listen(0, '127.0.0.1', done));
const address = `http://127.0.0.1:${server.address().port}/`;
const args = '--no-sandbox --disable-gpu --disable-quic --no-first-run';
const quiet = '--disable-background-networking --disable-component-update --disable-sync';
const browser = await chromium.launch({ executablePath, args: `${args} ${quiet}`.split(' ') });

async function onFreshPage(work, argument) {
  const page = await browser.newPage();
  await page.goto(address);
  const result = await page.evaluate(work, argument);
  await page.close();
  return result;
}

/** A module with a custom section is as large as one likes, and quick to compile. */
const limit = await onFreshPage(() => {
  const compiles = size => {
    const bytes = new Uint8Array(size);
    const content = size - 14;
    bytes.set([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 0]);
    for (let i = 0; i < 5; i++) bytes[9 + i] = ((content >> (7 * i)) & 127) | (i < 4 ? 128 : 0);
    try {
      return Boolean(new WebAssembly.Module(bytes));
    } catch (error) {
      if (error instanceof RangeError) return false;
      throw error;
    }
  };
  let [most, least] = [100, 64 * 2 ** 20];
  if (compiles(least)) return Number.POSITIVE_INFINITY;
  while (least - most > 1) {
    const size = Math.floor((most + least) / 2);
    if (compiles(size)) most = size;
    else least = size;
  }
  return most;
});

const models = {
  'lstm(64, 64)': m => m.lstm(64, 64),
  'lstm(512, 512)': m => m.lstm(512, 512),
  'peepholeLstm(512, 512)': m => m.peepholeLstm(512, 512),
  'lem(512, 512)': m => m.lem(512, 512),
  'chain of ten lstm(64, 64)': m => m.chain(...Array.from({ length: 10 }, () => m.lstm(64, 64))),
};
/** The median of this many fresh pages. */
const pages = quick ? 1 : 5;

async function firstStep(make) {
  const runs = [];
  for (let k = 0; k < pages; k++) {
    const run = await onFreshPage(`(async () => {
      const rxrecur = await import('./rxrecur.js');
      const { Module } = WebAssembly;
      let bytes = 0;
      WebAssembly.Module = function (source) {
        bytes = Math.max(bytes, source.length);
        return new Module(source);
      };
      const model = (${make})(rxrecur);
      const x = new Float32Array(model.inputSize);
      const begin = performance.now();
      const m = rxrecur.stateful(model);
      m(x);
      return { bytes, ms: performance.now() - begin, backend: m.snapshot().backend };
    })()`);
    runs.push(run);
  }
  return runs.sort((a, b) => a.ms - b.ms)[pages >> 1];
}

/** Milliseconds from the call to the first answer, as first-step.mjs has them, on a fresh page. */
const firstAnswer = path =>
  onFreshPage(`(async () => {
    const { lstm, stateful } = await import('.${path}');
    const x = new Float32Array(64).fill(0.5);
    const begin = performance.now();
    stateful(lstm(64, 64, { seed: 1 }))(x);
    return performance.now() - begin;
  })()`);

/** The first answer of each script, in turns. */
async function firstAnswers(paths, count) {
  const times = paths.map(() => []);
  for (let k = 0; k < count; k++) {
    for (const [i, path] of paths.entries()) times[i].push(await firstAnswer(path));
  }
  return times.map(spread);
}

const inWords = ({ median, low, high }) =>
  `${median.toFixed(1)} ms (${low.toFixed(1)} to ${high.toFixed(1)})`;

async function close() {
  await browser.close();
  server.close();
}

if (against) {
  const [now, before] = await firstAnswers(Object.keys(scripts), quick ? 3 : 41);
  const ratio = (now.median / before.median).toFixed(2);
  console.log(
    `Chromium ${browser.version()}, lstm 64, first answer: ${inWords(now)} now, ` +
      `${inWords(before)} with the other build, ratio ${ratio}`,
  );
  await close();
  process.exit();
}

const measured = {};
for (const [name, make] of Object.entries(models)) measured[name] = await firstStep(make);

/** How many memories a page holds: one is reserved for each model that runs. */
const memories = await onFreshPage(() => {
  const kept = [];
  try {
    while (kept.length < 20000) kept.push(new WebAssembly.Memory({ initial: 1 }));
  } catch {}
  return kept.length;
});

console.log(`Chromium ${browser.version()}`);
console.log(`largest module compiled at once on the main thread: ${limit} bytes`);
console.log(`WebAssembly memories on a page at a time: ${memories}`);
for (const [name, { bytes, ms, backend }] of Object.entries(measured)) {
  console.log(`${name}: ${bytes} bytes, first step after ${ms.toFixed(1)} ms, ${backend}`);
}
const [answered] = await firstAnswers(['/rxrecur.js'], quick ? 3 : 41);
console.log(`lstm 64, from the call to the first answer: ${inWords(answered)}`);
await close();
