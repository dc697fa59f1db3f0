// A decayed state must step as fast as a lively one: numbers that fade away become subnormal, which
// processors multiply some hundred times slower.
//   npm run build && node test/bench/decay.mjs [--quick]
import { Command } from 'commander';
import { stateful } from '../../dist/core.js';
import { backends } from '../../dist/kernels/backends.js';
import { duelHere } from './here.mjs';
import { cellOf, inputs, stepping } from './nets.mjs';

const { quick } = new Command('node test/bench/decay.mjs')
  .description(
    'After a burst and many zero inputs: the cost of a step on zeros against that of the same net ' +
      'on lively inputs, for each backend and cell.',
  )
  .option('--quick', 'fewer zeros, short turns, one size')
  .parse()
  .opts();

const zeros = quick ? 1e4 : 1e5;
const sizes = quick ? [16] : [16, 64];
const kinds = ['lstm', 'gru', 'gru, no bias', 'rnn, no bias', 'indRnn, no bias', 'janet, no bias'];
const pace = quick
  ? { turns: 3, milliseconds: 5, warm: 20 }
  : { turns: 15, milliseconds: 10, warm: 50 };

console.log(`node ${process.version}: ${zeros} zero inputs after a burst, against lively inputs`);
for (const backend of backends()) {
  for (const kind of kinds) {
    for (const size of sizes) {
      const make = () => stateful(cellOf(kind, size), { backend, reuse: true });
      const decayed = make();
      for (const x of inputs(size)) decayed(x);
      const x = new Float32Array(size);
      for (let t = 0; t < zeros; t++) decayed(x);
      const still = {
        per: 1,
        run(n) {
          for (let i = 0; i < n; i++) decayed(x);
        },
      };
      const { median, low, high } = duelHere(stepping(make(), size), still, pace).spread(
        ([a, b]) => b / a,
      );
      const largest = Math.max(...decayed(x).map(Math.abs));
      console.log(
        `${backend} ${kind} ${size}: ${median.toFixed(2)} × ` +
          `(${low.toFixed(2)} to ${high.toFixed(2)}), largest |h| ${largest.toExponential(1)}`,
      );
    }
  }
}
