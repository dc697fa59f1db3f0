// A table: what the reader makes of networks as people export them, and how far its answers are
// from PyTorch's. Its exit code is 1 if one is refused, or further off than 1e-6.
//
//   npm run build && node test/onnx/matrix.mjs [--quick]
//
// With --runtime onnxruntime-node runs the files, too, and is held against PyTorch's numbers:
//
//   npm install --prefix test/onnx --ignore-scripts && node test/onnx/matrix.mjs --runtime

import { Command } from 'commander';
import { stateful } from '../../dist/index.js';
import { readOnnx } from '../../dist/io/onnx/index.js';
import { answerOf, cases } from './matrix-case.mjs';

const { quick, runtime } = new Command('node test/onnx/matrix.mjs')
  .description(
    'Prints what the reader of ONNX files makes of the networks of test/golden/onnx-matrix.json, ' +
      "and how far its answers are from PyTorch's.",
  )
  .option('--quick', 'every fifth network')
  .option('--runtime', 'runs the files in onnxruntime-node, too')
  .parse()
  .opts();

const ort = runtime ? await import('onnxruntime-node') : undefined;

/** How far onnxruntime's answer is from PyTorch's; of faulty files it says nothing. */
async function runtimeOff({ model, shape, input, output, features }) {
  const bytes = new Uint8Array(Buffer.from(model, 'base64'));
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 4 });
  const x =
    features < 0
      ? new ort.Tensor('int64', BigInt64Array.from(input, BigInt), shape)
      : new ort.Tensor('float32', Float32Array.from(input), shape);
  const { y } = await session.run({ x });
  const off = output.map((v, i) => Math.abs(v - y.data[i]) / Math.max(1, Math.abs(v)));
  return y.data.length === output.length ? Math.max(...off) : Number.POSITIVE_INFINITY;
}

let faults = 0;
const chosen = cases.filter((_, i) => !quick || i % 5 === 0);
// A GRU whose file says another equation than its network is read as it was meant.
let isFaulty = false;
const options = { faults: 'repair', onWarning: () => (isFaulty = true) };
for (const one of chosen) {
  isFaulty = false;
  try {
    const { text, off } = answerOf(one, { readOnnx, stateful }, options);
    const isOff = !(off <= 1e-6);
    faults += isOff;
    const digits = `${isOff ? 'OFF ' : ''}${off.toExponential(1)}`;
    let theirs = '';
    if (ort) {
      const far = await runtimeOff(one);
      faults += !isFaulty && !(far <= 1e-6);
      theirs = ` (onnxruntime ${far.toExponential(1)})`;
    }
    console.log(`${one.exporter} | ${one.name} | ${digits}${theirs} | ${text}`);
  } catch (error) {
    faults++;
    console.log(`${one.exporter} | ${one.name} | REFUSED | ${error.message.slice(0, 300)}`);
  }
}
console.log(`${chosen.length} networks, ${faults} faults`);
process.exitCode = faults ? 1 : 0;
