// Convolutions over frames of bands: the shapes of GTCRN, each alone and all one after another.
//   npm run build && node test/bench/frames.mjs --help
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Command } from 'commander';
import { processorTime } from './processor-time.mjs';
import { quantile } from './quantile.mjs';

const { dist, backend, quick } = new Command('node test/bench/frames.mjs')
  .description(
    'Prints the µs that a frame takes in a convolution, thousands of multiply-adds of it, and ' +
      'thousands of millions of them a second; beside it the same products as a dense layer over ' +
      'the bands, which are gathered already: `each(bands, dense(taps, outputs))`. Quartiles of ' +
      'runs of 5 ms of processor time.',
  )
  .option('--dist <folder>', 'a build', fileURLToPath(new URL('../../dist', import.meta.url)))
  .option('--backend <name>', 'the backend', 'simd')
  .option('--quick', 'one short run of each')
  .parse()
  .opts();
const { conv2dCell, convTranspose2dCell, denseCell, eachCell, stateful } = await import(
  pathToFileURL(resolve(dist, 'core.js')).href
);

const depthwise = (dilation, make = conv2dCell) =>
  make(16, 16, {
    ...{ bands: 33, kernel: [3, 3], dilation: [dilation, 1], groups: 16, padding: 1, seed: 1 },
  });
const strided = { kernel: [1, 5], stride: [1, 2], padding: 2, seed: 1 };
const point = (ins, outs) => conv2dCell(ins, outs, { bands: 33, kernel: [1, 1], seed: 1 });

/** Layers, multiply-adds of an output's band, outputs, bands, and how many of these GTCRN has. */
const shapes = {
  '9 to 16, 1 × 5, stride 2, 129 bands': [
    conv2dCell(9, 16, { bands: 129, ...strided }),
    ...[45, 16, 65, 1],
  ],
  '16 to 16 in 2 groups, 1 × 5, stride 2, 65 bands': [
    conv2dCell(16, 16, { bands: 65, groups: 2, ...strided }),
    ...[40, 16, 33, 1],
  ],
  '24 to 16, 1 × 1, 33 bands': [point(24, 16), 24, 16, 33, 6],
  'depthwise 16, 3 × 3, 33 bands': [depthwise(1), 9, 16, 33, 2],
  'depthwise 16, 3 × 3, dilation 2, 33 bands': [depthwise(2), 9, 16, 33, 2],
  'depthwise 16, 3 × 3, dilation 5, 33 bands': [depthwise(5), 9, 16, 33, 2],
  '16 to 8, 1 × 1, 33 bands': [point(16, 8), 16, 8, 33, 6],
  'transposed 16 to 16 in 2 groups, 1 × 5, stride 2, 33 bands': [
    convTranspose2dCell(16, 16, { bands: 33, groups: 2, ...strided }),
    ...[20, 16, 65, 1],
  ],
  'transposed 16 to 2, 1 × 5, stride 2, 65 bands': [
    convTranspose2dCell(16, 2, { bands: 65, ...strided }),
    ...[40, 2, 129, 1],
  ],
  '32 to 32, 3 × 3, 65 bands': [
    conv2dCell(32, 32, { bands: 65, kernel: [3, 3], padding: 1, seed: 1 }),
    ...[288, 32, 65, 0],
  ],
};

/** µs of a step: the lower, the middle and the upper quartile. */
function measure(cell) {
  const step = stateful(cell, { backend, reuse: true });
  const x = Float32Array.from({ length: cell.inputSize }, (_, i) => Math.sin(i));
  const run = count => {
    const start = processorTime();
    for (let i = 0; i < count; i++) step(x);
    return ((processorTime() - start) * 1000) / count;
  };
  let each = run(20);
  const settle = quick ? 10 : 300;
  for (let left = settle * 1000; left > 0; left -= each * 100) each = run(100);
  const count = Math.max(1, Math.round(5000 / each));
  const times = Array.from({ length: quick ? 3 : 41 }, () => run(count));
  return [0.25, 0.5, 0.75].map(q => quantile(times, q));
}

const inWords = ([low, middle, high]) =>
  `${middle.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
console.log(`node ${process.version}, ${backend}, processor time, µs a frame`);
let total = 0;
for (const [name, [cell, terms, outs, bands, count]] of Object.entries(shapes)) {
  const own = measure(cell);
  const plain = measure(eachCell(bands, denseCell(terms, outs, { seed: 1 })));
  const work = terms * outs * bands;
  total += count * own[1];
  console.log(
    `${name}: ${inWords(own)}, ${(work / 1000).toFixed(1)} k, ` +
      `${(work / own[1] / 1000).toFixed(1)} G/s; as a dense layer ${inWords(plain)}`,
  );
}
console.log(`all convolutions of GTCRN, each as often as it has it: ${total.toFixed(1)} µs`);
