// Bytes that kept outputs hold. `npm run build`, then `node test/bench/kept.mjs --help`.
import { Command } from 'commander';
import { Subject } from 'rxjs';
import { lstm, recur, recurBy } from '../../dist/index.js';
import { gc } from './gc.mjs';

const command = new Command('node test/bench/kept.mjs')
  .description(
    'Prints how many bytes the last output of each of 2,000 rare keys among ten busy ones holds ' +
      '(recurBy), and one output in a hundred of one stream (recur), beside their numbers.',
  )
  .option('--quick', '200 keys, and a tenth of the steps')
  .parse();
const { quick } = command.opts();
const keys = quick ? 200 : 2000;
const steps = keys * 100;
const size = 30;
const layer = lstm(1, size, { seed: 1 });
const mb = bytes => `${(bytes / 2 ** 20).toFixed(2)} MB`;

/** The outputs that are kept, whole buffers as the engine counts them. */
function report(name, keep) {
  gc();
  const before = process.memoryUsage().arrayBuffers;
  const kept = keep();
  gc();
  const held = process.memoryUsage().arrayBuffers - before;
  const buffers = new Set(kept.map(({ buffer }) => buffer));
  const whole = [...buffers].reduce((sum, { byteLength }) => sum + byteLength, 0);
  const numbers = kept.reduce((sum, { byteLength }) => sum + byteLength, 0);
  console.log(
    `${name}: ${kept.length} outputs, ${mb(numbers)} of numbers in ${mb(whole)} of buffers; ` +
      `the engine holds ${mb(held)} more than before`,
  );
}

function lastOfEachKey() {
  const source = new Subject();
  const last = new Map();
  source
    .pipe(recurBy(layer, { key: k => k, select: k => [k / keys], project: (y, k) => [k, y] }))
    .subscribe(([k, y]) => last.set(k, y));
  for (let k = 0; k < keys; k++) {
    source.next(k);
    // Ten busy keys, by turns and in bursts.
    for (let t = 0; t < 600; t++) source.next(-1 - ((t >> (k % 3)) % 10));
  }
  return [...last.values()];
}

function oneInAHundred(config) {
  const source = new Subject();
  const kept = [];
  let t = 0;
  source.pipe(recur(layer, config)).subscribe(y => t++ % 100 === 0 && kept.push(y));
  for (let i = 0; i < steps; i++) source.next([i / steps]);
  return kept;
}

report(`recurBy, the last output of each of ${keys} rare keys`, lastOfEachKey);
report('recur, one output in 100', () => oneInAHundred({}));
report('recur with transferable, one output in 100', () => oneInAHundred({ transferable: true }));
