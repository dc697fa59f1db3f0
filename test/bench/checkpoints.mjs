// Checkpoints of keyed states. `npm run build`, then `node test/bench/checkpoints.mjs --help`.
import { Command } from 'commander';
import { Subject } from 'rxjs';
import { gru, keyedSnapshots, recurBy } from '../../dist/index.js';
import { gc } from './gc.mjs';
import { inputs } from './nets.mjs';

const command = new Command('node test/bench/checkpoints.mjs')
  .description(
    'Prints the bytes of a checkpoint of 100,000 keys of GRU 16 beside their JSON, what writing and ' +
      'reading it costs, and the memory, eleven times over a million checkpoints of changed keys.',
  )
  .option('--quick', '1,000 keys and 10⁴ checkpoints')
  .parse();
const { quick } = command.opts();
const keys = quick ? 1e3 : 1e5;
const checkpoints = quick ? 1e4 : 1e6;
/** Keys that change between two checkpoints. */
const changing = 10;
const size = 16;
const mb = bytes => `${(bytes / 1e6).toFixed(1)} MB`;

const xs = inputs(size);
const source = new Subject();
let keyed;
let answered = 0;
source
  .pipe(
    recurBy(gru(size, size, { seed: 1 }), {
      key: ({ key }) => key,
      select: ({ x }) => x,
      keyed: own => {
        keyed = own;
      },
    }),
  )
  .subscribe(() => answered++);
const names = Array.from({ length: keys }, (_, i) => `key ${i}`);
let next = 0;
const step = count => {
  for (let i = 0; i < count; i++, next++) {
    source.next({ key: names[next % keys], x: xs[next & 15] });
  }
};

function timed(name, work) {
  const start = performance.now();
  const result = work();
  console.log(`${name}: ${(performance.now() - start).toFixed(1)} ms`);
  return result;
}

function ofAll() {
  step(keys);
  const bytes = timed('a checkpoint of all keys', () => keyed.snapshots());
  const snapshots = timed('keyedSnapshots of it', () => keyedSnapshots(bytes));
  timed('each snapshot of it', () => [...snapshots].length);
  const json = [...snapshots].reduce((sum, pair) => sum + JSON.stringify(pair).length, 0);
  const numbers = keys * size * 4;
  console.log(
    `${keys} keys: ${mb(numbers)} of numbers in ${mb(bytes.length)}, ` +
      `${((bytes.length - numbers) / keys).toFixed(1)} bytes a key beside them; as JSON ${mb(json)}`,
  );
}

function ofChanged() {
  let taken = 0;
  for (let part = 0; part <= 10; part++) {
    gc();
    const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
    console.log(
      `${((part * checkpoints) / 10).toExponential(1)} checkpoints of ${changing} changed keys: ` +
        `resident ${mb(rss)}, heap ${mb(heapUsed)}, buffers ${mb(arrayBuffers)}`,
    );
    for (let i = 0; part < 10 && i < checkpoints / 10; i++) {
      step(changing);
      taken += keyed.snapshots({ changed: true }).length;
    }
  }
  if (answered !== next) throw new Error(`${answered} of ${next} events were answered`);
  console.log(`${(taken / checkpoints).toFixed(0)} bytes a checkpoint`);
}

ofAll();
ofChanged();
