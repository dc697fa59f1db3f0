// From the call to the first answer, in fresh processes: `lstm(64, 64)`, a stream of it, one step.
// And what compiling costs: milliseconds and bytes of a module.
//   npm run build && node test/bench/first-step.mjs --help
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { quantile } from './quantile.mjs';

const command = new Command('node test/bench/first-step.mjs')
  .description(
    'Prints the time from the call to the first answer of an LSTM in fresh processes, and how long ' +
      'its code takes to compose and to compile: medians and quartiles.',
  )
  .argument('[size]', 'measure one process of this size, as JSON', Number)
  .option('--quick', 'three processes for each of two sizes')
  .parse();
const [size] = command.processedArgs;
const { quick } = command.opts();
const runs = quick ? 3 : 41;
const self = fileURLToPath(import.meta.url);

async function child(size) {
  const { lstm, stateful } = await import('../../dist/index.js');
  const x = new Float32Array(size).fill(0.5);
  const start = performance.now();
  const y = stateful(lstm(size, size, { seed: 1 }))(x);
  const whole = performance.now() - start;
  if (!(y[0] !== 0)) throw new Error('no answer');
  const { internals } = await import('../../dist/equations/cell.js');
  const { compile } = await import('../../dist/equations/compile.js');
  const { memoryPlan } = await import('../../dist/equations/memory-plan.js');
  const { inRow } = await import('../../dist/equations/units.js');
  const { backends } = await import('../../dist/kernels/backends.js');
  const [backend] = backends();
  if (backend === 'portable') return { whole, backend };
  const relaxed = backend.startsWith('relaxed');
  const units = inRow([lstm(size, size).cell[internals].spec]);
  const begin = performance.now();
  const { bytes } = compile(memoryPlan(units, relaxed ? 8 : 6), relaxed, ['prepare', 'step']);
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

if (size) console.log(JSON.stringify(await child(size)));
else {
  for (const size of quick ? [8, 64] : [8, 64, 128, 512]) {
    const all = Array.from({ length: runs }, () =>
      JSON.parse(execFileSync(process.execPath, [self, size], { encoding: 'utf8' })),
    );
    const of = name => {
      const [low, middle, high] = [0.25, 0.5, 0.75].map(share =>
        quantile(
          all.map(run => run[name]),
          share,
        ).toFixed(1),
      );
      return `${middle} ms (${low} to ${high})`;
    };
    const [{ backend, bytes }] = all;
    console.log(`node ${process.version}, ${backend}, lstm ${size}: first step ${of('whole')}`);
    if (bytes) {
      console.log(
        `  once warm, code composed in ${of('emit')}, compiled in ${of('compile')}, ${bytes} bytes`,
      );
    }
  }
}
