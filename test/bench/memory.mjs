// Memory of long runs.
//   npm run build
//   node --expose-gc test/bench/memory.mjs 1e9        resident memory over so many steps (1e8)
//   node --expose-gc test/bench/memory.mjs subscribe  over 10⁶ subscriptions that end
import { Subject } from 'rxjs';
import { backend, chain, dense, lstm, recur, stateful } from '../../dist/index.js';
import { inputs } from './nets.mjs';

const [, , what = '1e8'] = process.argv;
const size = 4;
const model = chain(lstm(size, size, { seed: 1 }), dense(size, 1, { seed: 2 }));
const mb = bytes => `${(bytes / 2 ** 20).toFixed(1)} MB`;

function report(count, of) {
  globalThis.gc?.();
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
if (what === 'subscribe') subscriptions(1e6);
else steps(Number(what));
