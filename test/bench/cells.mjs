// Speed from equations alone. `npm run build`, then `node test/bench/cells.mjs --help`.
import { Command } from 'commander';
import * as core from '../../dist/core.js';
import { internals } from '../../dist/streams/cell.js';
import { duelHere } from './here.mjs';
import { cellOf, stepping } from './nets.mjs';

const names = [
  'rnn',
  'gru',
  'gru, before',
  'peepholeLstm',
  'mgu',
  'liGru',
  'ugrnn',
  'janet',
  'indRnn',
  'fastRnn',
  'fastGrnn',
  'star',
  'lem',
  'minGru',
  'dense',
  'own',
];

const { quick } = new Command('node test/bench/cells.mjs')
  .description(
    "Prints each cell's cost per multiplication of W and U relative to LSTM's, after taking off " +
      '2 ns for each activation evaluated (tanh, sigmoid and their kin; relu and identity cost ' +
      'nothing). A cell above 1.3 is marked.',
  )
  .option('--quick', 'a few short turns of each')
  .parse()
  .opts();

const free = new Set(['identity', 'linear', 'relu']);

/** What a step evaluates: multiplications of its matrices, and activations. */
export function workOf(cell) {
  const { definition, sizes, activations } = cell[internals].spec;
  const { nodes } = definition.plan;
  let multiplications = 0;
  let evaluated = 0;
  for (const node of nodes) {
    // What has one number for all rows is worked out once, not each step.
    if (node.dimension === 'scalar') continue;
    const rows = sizes[node.dimension];
    if (node.op === 'affine') {
      for (const { of } of node.maps) multiplications += rows * sizes[nodes[of].dimension];
    }
    if (node.op === 'apply') {
      const used = activations[node.slot]?.name ?? node.slot ?? '';
      if (!free.has(used)) evaluated += rows;
    }
  }
  return { multiplications, evaluated };
}

const pace = quick
  ? { turns: 5, milliseconds: 5, warm: 60 }
  : { turns: 21, milliseconds: 20, warm: 250 };

console.log(`node ${process.version}, backend ${core.backend(core.lstmCell(8, 8))}`);
for (const size of [64, 128]) {
  const lstm = cellOf('lstm', size);
  const costOf = cell => {
    const { multiplications, evaluated } = workOf(cell);
    return µs => (µs * 1000 - 2 * evaluated) / multiplications;
  };
  for (const name of names) {
    const cell = cellOf(name, size);
    const [base, own] = [lstm, cell].map(of => stepping(core.stateful(of, { reuse: true }), size));
    const pairs = duelHere(base, own, pace);
    const [of, ofOwn] = [costOf(lstm), costOf(cell)];
    const { median, low, high } = pairs.spread(([a, b]) => ofOwn(b) / of(a));
    const { multiplications, evaluated } = workOf(cell);
    const time = pairs.median(([, b]) => b).toFixed(2);
    const range = `(${low.toFixed(2)} to ${high.toFixed(2)})`;
    console.log(
      `${String(size).padStart(4)} ${name.padEnd(18)} ${time} µs, ${multiplications} products, ` +
        `${evaluated} activations: ${median.toFixed(2)} ${range}${median > 1.3 ? ' OVER 1.3' : ''}`,
    );
  }
}
