// From the call to the first answer, in fresh processes: `lstm(64, 64)`, a stream of it, one step.
// And what compiling costs: milliseconds and bytes of a module.
//   npm run build && node test/bench/first-step.mjs --help
import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Command } from 'commander';
import { spread } from './quantile.mjs';

const command = new Command('node test/bench/first-step.mjs')
  .description(
    'Prints the time from the call to the first answer of an LSTM in fresh processes, and how long ' +
      'its code takes to compose and to compile: medians and quartiles.',
  )
  .argument('[size]', 'measure one process of this size, as JSON', Number)
  .option(
    '--against <dist>',
    'compare the first step of size 64 with that of another build, in turns',
  )
  .option('--dist <dist>', 'with a size: measure the first step of this build alone')
  .option('--quick', 'three processes for each size, or each build')
  .parse();
const [size] = command.processedArgs;
const { quick, against, dist } = command.opts();
const own = fileURLToPath(new URL('../../dist', import.meta.url));
const runs = quick ? 3 : 41;
const self = fileURLToPath(import.meta.url);

/** Milliseconds from the call to the first answer. */
async function firstStep(size, dist) {
  const { lstm, stateful } = await import(pathToFileURL(join(dist, 'index.js')));
  const x = new Float32Array(size).fill(0.5);
  const start = performance.now();
  const y = stateful(lstm(size, size, { seed: 1 }))(x);
  const whole = performance.now() - start;
  if (!(y[0] !== 0)) throw new Error('no answer');
  return whole;
}

async function child(size) {
  const whole = await firstStep(size, own);
  const { lstm } = await import('../../dist/index.js');
  const { internals } = await import('../../dist/streams/cell.js');
  const { compile } = await import('../../dist/code/compile.js');
  const { layout } = await import('../../dist/code/layout.js');
  const { backends } = await import('../../dist/kernels/backends.js');
  const [backend] = backends();
  if (backend === 'portable') return { whole, backend };
  const relaxed = backend.startsWith('relaxed');
  const { model } = lstm(size, size).cell[internals].engines;
  const begin = performance.now();
  const { bytes } = compile(layout(model, relaxed ? 8 : 6), relaxed, ['prepare', 'step']);
  const emitted = performance.now();
  new WebAssembly.Module(bytes);
  return {
    whole,
    backend,
    emit: emitted - begin,
    compile: performance.now() - emitted,
    bytes: bytes.length,
  };
}

const inFresh = (...args) =>
  JSON.parse(execFileSync(process.execPath, [self, ...args], { encoding: 'utf8' }));

const inWords = values => {
  const { low, median, high } = spread(values);
  return `${median.toFixed(1)} ms (${low.toFixed(1)} to ${high.toFixed(1)})`;
};

function compare(others) {
  const folders = [own, resolve(others)];
  const times = folders.map(() => []);
  for (let k = 0; k < runs; k++) {
    for (const [i, folder] of folders.entries()) times[i].push(inFresh('64', '--dist', folder));
  }
  const [now, before] = times.map(values => spread(values).median);
  console.log(
    `node ${process.version}, lstm 64: first step ${inWords(times[0])} now, ` +
      `${inWords(times[1])} with the other build, ratio ${(now / before).toFixed(2)}`,
  );
}

function describe(size) {
  const all = Array.from({ length: runs }, () => inFresh(String(size)));
  const of = name => inWords(all.map(run => run[name]));
  const [{ backend, bytes }] = all;
  console.log(`node ${process.version}, ${backend}, lstm ${size}: first step ${of('whole')}`);
  if (bytes) {
    console.log(
      `  once warm, code composed in ${of('emit')}, compiled in ${of('compile')}, ${bytes} bytes`,
    );
  }
}

if (size) console.log(JSON.stringify(dist ? await firstStep(size, dist) : await child(size)));
else if (against) compare(against);
else for (const size of quick ? [8, 64] : [8, 64, 128, 512]) describe(size);
