// How far trained nets of high gain drift from float64, on each backend and in plain float32.
//   npm run build && node test/bench/high-gain.mjs [--nets 40] [--quick]
import { parseArgs } from 'node:util';
import { drift, gains, medianRatio, steps } from './high-gain-nets.mjs';

const { values } = parseArgs({
  options: {
    nets: { type: 'string', default: '40' },
    quick: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});
if (values.help) {
  console.log('usage: node test/bench/high-gain.mjs [--nets 40] [--quick]');
  process.exit();
}
const library = await import('../../dist/index.js');
const { backends } = await import('../../dist/kernels/backends.js');
const nets = values.quick ? 5 : Number(values.nets);
for (const backend of backends()) {
  for (const gain of gains) {
    const seeds = Array.from({ length: nets }, (_, seed) => seed);
    const drifts = seeds.map(seed => drift(library, { seed, gain, backend }));
    const worst = of => Math.max(...drifts.map(each => each[of].largest)).toExponential(1);
    const ratio = medianRatio(drifts).toFixed(2);
    console.log(
      `${backend}, gain ${gain}, ${nets} nets, ${steps} steps: off by ${worst('backend')} at most, ` +
        `plain float32 by ${worst('plain')}; median factor ${ratio}`,
    );
  }
}
