// Memory of long runs. `npm run build`, then `node test/bench/memory.mjs --help`.
import { Command, InvalidArgumentError } from 'commander';
import { Subject } from 'rxjs';
import { backend, chain, dense, lstm, recur, stateful } from '../../dist/index.js';
import { gc } from './gc.mjs';
import { inputs } from './nets.mjs';

const command = new Command('node test/bench/memory.mjs')
  .description(
    'Prints the resident memory, the heap and the buffers of a chain, eleven times over many steps ' +
      'or over a million subscriptions that end.',
  )
  .argument('[what]', 'a number of steps, or `subscribe`', stepsOrSubscribe, 1e8)
  .option('--quick', '10⁵ steps, or 10⁴ subscriptions')
  .parse();
const [what] = command.processedArgs;
const { quick } = command.opts();
const size = 4;
const model = chain(lstm(size, size, { seed: 1 }), dense(size, 1, { seed: 2 }));
const mb = bytes => `${(bytes / 2 ** 20).toFixed(1)} MB`;

function stepsOrSubscribe(text) {
  if (text === 'subscribe') return text;
  if (Number(text) >= 1) return Number(text);
  throw new InvalidArgumentError('A number of steps, or subscribe, please.');
}

function report(count, of) {
  gc();
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  const parts = [`resident ${mb(rss)}`, `heap ${mb(heapUsed)}`, `buffers ${mb(arrayBuffers)}`];
  console.log(`${count.toExponential(1)} ${of}: ${parts.join(', ')}`);
}

function steps(total) {
  const m = stateful(model, { reuse: true });
  const xs = inputs(size);
  for (let part = 0; part <= 10; part++) {
    report((part * total) / 10, 'steps');
    if (part < 10) for (let t = 0; t < total / 10; t++) m(xs[t & 15]);
  }
}

function subscriptions(total) {
  const [x] = inputs(size);
  for (let part = 0; part <= 10; part++) {
    report((part * total) / 10, 'subscriptions');
    for (let i = 0; part < 10 && i < total / 10; i++) {
      const subject = new Subject();
      // Half of them end by unsubscribing, half by completing.
      const subscription = subject.pipe(recur(model)).subscribe();
      subject.next(x);
      if (i % 2) subscription.unsubscribe();
      else subject.complete();
    }
  }
}

console.log(`node ${process.version}, backend ${backend(model)}, ${model}`);
if (what === 'subscribe') subscriptions(quick ? 1e4 : 1e6);
else steps(quick ? 1e5 : what);
