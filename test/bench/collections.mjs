// Garbage collections. `npm run build`, then `node test/bench/collections.mjs --help`.
import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { Command } from 'commander';
import { backend, stateful } from '../../dist/core.js';
import { backends } from '../../dist/kernels/backends.js';
import { network, stepping } from './nets.mjs';

const { quick } = new Command('node test/bench/collections.mjs')
  .description(
    'Counts garbage collections over many steps with `reuse`; the steps cause none. Timers of the ' +
      'engine may cause one: an equally long run of a step that allocates nothing shows how many.',
  )
  .option('--quick', '10⁵ steps of each model in place of 10⁷')
  .parse()
  .opts();

const steps = quick ? 1e5 : 1e7;
let collections = 0;
new PerformanceObserver(list => {
  collections += list.getEntries().length;
}).observe({ entryTypes: ['gc'] });

async function collectionsOf(work, count) {
  work.run(1e5);
  // What warming up has left.
  await wait(200);
  collections = 0;
  work.run(count);
  await wait(200);
  return collections;
}

console.log(`node ${process.version}`);
const still = new Float32Array(8);
console.log(
  `nothing: ${await collectionsOf(
    stepping(() => still, 8),
    steps,
  )} collections`,
);
for (const pinned of backends()) {
  for (const kind of ['lstm', 'gru', 'lstm+dense']) {
    const { cell } = network(kind, 8);
    const model = stateful(cell, { reuse: true, backend: pinned });
    const found = await collectionsOf(stepping(model, 8), steps);
    console.log(`${pinned}, ${kind} 8, ${steps} steps: ${found} collections`);
  }
}
const model = stateful(network('lstm', 8).cell);
const found = await collectionsOf(stepping(model, 8), steps);
console.log(`${backend(network('lstm', 8).cell)}, lstm 8, without reuse: ${found} collections`);
