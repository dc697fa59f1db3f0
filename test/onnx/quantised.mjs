// Quantised files in onnxruntime-node, whose operators round what they compute as well, and here,
// where they are read into float32. Prints how far both are from the dequantised network in float64
// over 100 steps; fails if the library is further off than 1e-6, or onnxruntime than what its 8
// bits explain.
//
//   npm install --prefix test/onnx --ignore-scripts && npm run build
//   node test/onnx/quantised.mjs

import { Command } from 'commander';
import { stateful } from '../../dist/index.js';
import { readOnnx } from '../../dist/io/onnx/index.js';
import { files, steps } from './quantised-files.mjs';

new Command('node test/onnx/quantised.mjs')
  .description(
    'Prints how far onnxruntime and the library are from dequantised networks in float64.',
  )
  .parse();
const ort = await import('onnxruntime-node');

/** The largest |a − b| / max(1, |b|). */
const distance = (a, b) =>
  a.length === b.length
    ? a.reduce((most, v, i) => Math.max(most, Math.abs(v - b[i]) / Math.max(1, Math.abs(b[i]))), 0)
    : Number.POSITIVE_INFINITY;

let failed = 0;
for (const { name, bytes, xs, wanted, most } of files()) {
  const flat = wanted.flat();
  const layer = readOnnx(bytes);
  const own = distance(
    stateful(layer)
      .map(xs)
      .flatMap(y => [...y]),
    flat,
  );
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 });
  const x = new ort.Tensor('float32', Float32Array.from(xs.flat()), [steps, 1, xs[0].length]);
  const { y } = await session.run({ x });
  const theirs = distance([...y.data], flat);
  const isGood = own <= 1e-6 && theirs <= most && theirs > own;
  failed += !isGood;
  const figures = `here ${own.toExponential(1)}, onnxruntime ${theirs.toExponential(1)}`;
  console.log(`${isGood ? 'ok  ' : 'BAD '} ${name}: ${figures} of float64`);
}
console.log(failed ? `${failed} failed` : 'all as it should be');
process.exitCode = failed ? 1 : 0;
