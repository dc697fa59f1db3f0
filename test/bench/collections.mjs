// Collections over 10⁷ steps with `reuse`: none is caused by the steps. (Timers of the engine's own
// may cause one; an equally long run of a step that certainly allocates nothing tells how many.)
//   npm run build && node test/bench/collections.mjs
import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { backend, stateful } from '../../dist/core.js';
import { backends } from '../../dist/kernels/backends.js';
import { network, stepping } from './nets.mjs';

const steps = 1e7;
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
