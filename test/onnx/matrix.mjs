// A table: what the reader makes of networks as people export them, and how far its answers are
// from PyTorch's. Its exit code is 1 if one is refused, or further off than 1e-6.
//
//   npm run build && node test/onnx/matrix.mjs [--quick]

import { Command } from 'commander';
import { stateful } from '../../dist/index.js';
import { readOnnx } from '../../dist/io/onnx/index.js';
import { answerOf, cases } from './matrix-case.mjs';

const { quick } = new Command('node test/onnx/matrix.mjs')
  .description(
    'Prints what the reader of ONNX files makes of the networks of test/golden/onnx-matrix.json, ' +
      "and how far its answers are from PyTorch's.",
  )
  .option('--quick', 'every fifth network')
  .parse()
  .opts();

let faults = 0;
const chosen = cases.filter((_, i) => !quick || i % 5 === 0);
// A GRU whose file says another equation than its network is read as it was meant.
const options = { faults: 'repair' };
for (const one of chosen) {
  try {
    const { text, off } = answerOf(one, { readOnnx, stateful }, options);
    const isOff = !(off <= 1e-6);
    faults += isOff;
    const digits = `${isOff ? 'OFF ' : ''}${off.toExponential(1)}`;
    console.log(`${one.exporter} | ${one.name} | ${digits} | ${text}`);
  } catch (error) {
    faults++;
    console.log(`${one.exporter} | ${one.name} | REFUSED | ${error.message.slice(0, 300)}`);
  }
}
console.log(`${chosen.length} networks, ${faults} faults`);
process.exitCode = faults ? 1 : 0;
