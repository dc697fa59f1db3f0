// Bytes left for the garbage collector. `npm run build`, then `node test/bench/garbage.mjs --help`.
import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { Command } from 'commander';
import { Slab } from '../../dist/arrays/slab.js';
import { chainCell, denseCell, gruCell, lstmCell, stateful } from '../../dist/core.js';
import { gc } from './gc.mjs';

const { quick } = new Command('node test/bench/garbage.mjs')
  .description(
    'Prints the bytes that a step leaves for the garbage collector, for two LSTMs and a chain: ' +
      'with `reuse` none, without it the emitted vector and no more.',
  )
  .option('--quick', '10⁵ steps of each in place of 10⁶')
  .parse()
  .opts();

const steps = quick ? 1e5 : 1e6;
const pieces = steps / 2000;
let allocated = 0;
let collections = 0;
new PerformanceObserver(list => {
  collections += list.getEntries().length;
}).observe({ entryTypes: ['gc'] });

/**
 * Bytes a call of `run` leaves behind, watched in pieces so small that none is collected between.
 */
async function bytesOf(run) {
  for (let i = 0; i < 2e4; i++) run();
  await wait(20);
  gc();
  await wait(20);
  allocated = 0;
  collections = 0;
  for (let piece = 0; piece < pieces; piece++) {
    gc({ type: 'minor' });
    const before = process.memoryUsage();
    for (let i = 0; i < steps / pieces; i++) run();
    const after = process.memoryUsage();
    allocated += after.heapUsed - before.heapUsed + (after.arrayBuffers - before.arrayBuffers);
  }
  await wait(20);
  return `${(allocated / steps).toFixed(2)} bytes a step, ${collections - pieces} collections of its own`;
}

const x = Float32Array.from({ length: 8 }, (_, i) => Math.sin(i));
const models = {
  'lstm 8': lstmCell(8, 8, { seed: 1 }),
  'lstm 8 to 32': lstmCell(8, 32, { seed: 1 }),
  'chain(gru 8, dense 2)': chainCell(gruCell(8, 8, { seed: 1 }), denseCell(8, 2, { seed: 1 })),
};
for (const [name, cell] of Object.entries(models)) {
  const slab = new Slab();
  let kept;
  const vector = () => {
    kept = slab.take(cell.outputSize);
  };
  const reusing = stateful(cell, { reuse: true });
  const distinct = stateful(cell);
  console.log(`${name}: ${await bytesOf(() => reusing(x))} with reuse`);
  console.log(`${name}: ${await bytesOf(() => distinct(x))} without`);
  console.log(`${name}: ${await bytesOf(vector)} for a bare vector of ${kept.length}`);
}
