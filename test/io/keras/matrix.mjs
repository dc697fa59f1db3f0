// Reads each net of the matrix in each form that exporters write, and prints how far the answers
// are from Keras's formulas: node test/io/keras/matrix.mjs. The library is dist, as npm run build
// makes it.
import { Command } from 'commander';
import { stateful } from '../../../dist/index.js';
import * as keras from '../../../dist/io/keras/index.js';
import * as tfjs from '../../../dist/io/tfjs/index.js';
import { distance, nets } from './matrix-nets.js';

new Command('node test/io/keras/matrix.mjs')
  .description(
    'Reads the nets of test/golden/keras/matrix.zip as Keras 3, Keras 2 and tensorflowjs_converter ' +
      'write them, and prints how far the answers are from what Keras computes.',
  )
  .parse();

const forms = ['.keras', '.h5', 'config, .weights.h5', 'model.json'];
const limit = 1e-5;

/** The distance, or why the file is not read. */
function answered(net, { read }) {
  try {
    const off = distance(read({ ...keras, ...tfjs }), net, stateful);
    return { text: off.toExponential(1), fails: !(off < limit) };
  } catch (error) {
    return { text: error.message, fails: true };
  }
}

const rows = nets().map(net => {
  const found = new Map(net.forms.map(one => [one.form, answered(net, one)]));
  return { name: net.name, cells: forms.map(form => found.get(form) ?? { text: '–' }) };
});
const lines = [
  ['net', ...forms],
  ['---', ...forms.map(() => '---')],
  ...rows.map(({ name, cells }) => [name, ...cells.map(({ text }) => text)]),
];
for (const line of lines) process.stdout.write(`| ${line.join(' | ')} |\n`);
const all = rows.flatMap(({ cells }) => cells).filter(({ text }) => text !== '–');
const failed = all.filter(({ fails }) => fails);
process.stdout.write(
  `${rows.length} nets, ${all.length} files, ${failed.length} beyond ${limit}\n`,
);
process.exitCode = failed.length ? 1 : 0;
