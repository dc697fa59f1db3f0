// One LSTM step of the portable path against ndarray-blas-level2 used naively: two gemv on ordinary
// ndarrays plus scalar loops. Each runs in a process of its own, as in a user's program (neither
// shapes the other's machine code); they take turns, pair after pair of fresh processes (a process
// may sit on a slower core), and the ratio is the median over all turns.
//   npm run build && node test/bench/portable.mjs
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import ndarray from 'ndarray';
import gemv from 'ndarray-blas-level2/gemv.js';
import { lstmCell, stateful } from '../../dist/core.js';

const pairs = 7;
const turns = 9;
const sizes = [8, 16, 32, 64, 128];
const bounds = { 16: 0.45, 64: 0.7 };

const sigmoid = v => 1 / (1 + Math.exp(-v));

/** An LSTM step as one would write it on ndarrays; weights as PyTorch lays them out. */
function naive(params, size) {
  const array = ({ data, shape }) => ndarray(data, [...shape]);
  const [weightIh, weightHh, biasIh, biasHh] = ['weightIh', 'weightHh', 'biasIh', 'biasHh'].map(
    name => array(params[name]),
  );
  let h = ndarray(new Float32Array(size));
  let c = ndarray(new Float32Array(size));
  return x => {
    const fromInput = ndarray(new Float32Array(4 * size));
    const fromState = ndarray(new Float32Array(4 * size));
    gemv(1, weightIh, ndarray(x), 0, fromInput);
    gemv(1, weightHh, h, 0, fromState);
    const gate = k => fromInput.get(k) + biasIh.get(k) + fromState.get(k) + biasHh.get(k);
    const nextH = ndarray(new Float32Array(size));
    const nextC = ndarray(new Float32Array(size));
    for (let k = 0; k < size; k++) {
      const i = sigmoid(gate(k));
      const f = sigmoid(gate(size + k));
      const g = Math.tanh(gate(2 * size + k));
      const o = sigmoid(gate(3 * size + k));
      nextC.set(k, f * c.get(k) + i * g);
      nextH.set(k, o * Math.tanh(nextC.get(k)));
    }
    [h, c] = [nextH, nextC];
    return h;
  };
}

/** In a child: one turn of a system at a size when asked, answered with µs a step. */
function child(system) {
  const steppers = new Map();
  process.on('message', size => {
    if (!steppers.has(size)) {
      const cell = lstmCell(size, size, { seed: 1 });
      steppers.set(size, system === 'naive' ? naive(cell.params, size) : stateful(cell));
    }
    const step = steppers.get(size);
    const x = Float32Array.from({ length: size }, (_, i) => Math.sin(i));
    const steps = Math.max(20, Math.round(4e6 / (size * size * 8)));
    const start = process.hrtime.bigint();
    for (let t = 0; t < steps; t++) step(x);
    process.send(Number(process.hrtime.bigint() - start) / steps / 1000);
  });
}

async function parent() {
  const turn = (process, size) =>
    new Promise(resolve => {
      process.once('message', resolve);
      process.send(size);
    });
  const median = values => values.sort((a, b) => a - b)[values.length >> 1];
  console.log(
    `node ${process.version}, LSTM, input = hidden, medians of ${pairs} × ${turns} turns`,
  );
  for (const size of sizes) {
    const rows = [];
    for (let pair = 0; pair < pairs; pair++) {
      const [ours, theirs] = ['rxrecur', 'naive'].map(system =>
        fork(fileURLToPath(import.meta.url), [system]),
      );
      for (let k = 0; k < 8; k++) for (const process of [ours, theirs]) await turn(process, size);
      for (let k = 0; k < turns; k++) rows.push([await turn(ours, size), await turn(theirs, size)]);
      for (const process of [ours, theirs]) process.kill();
    }
    const [a, b, ratio] = [r => r[0], r => r[1], r => r[0] / r[1]].map(f => median(rows.map(f)));
    const bound = bounds[size] ? ` (at most ${bounds[size]})` : '';
    const figures = `${a.toFixed(2)} µs, naive ${b.toFixed(2)} µs, ratio ${ratio.toFixed(2)}`;
    console.log(`${String(size).padStart(4)}: ${figures}${bound}`);
  }
}

const [, , system] = process.argv;
if (system) child(system);
else await parent();
