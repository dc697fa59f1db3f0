// page.js
import { fromEvent, map } from 'rxjs';
import { chain, dense, gru } from 'rxrecur';
import { save } from 'rxrecur/io';

const model = chain(gru(2, 8, { seed: 1 }), dense(8, 1, { seed: 2 }));
const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
fromEvent(worker, 'message')
  .pipe(map(({ data }) => data))
  .subscribe(({ y, snapshot }) => show(y ?? snapshot.layer));

worker.postMessage({ model: save(model) });
worker.postMessage({ x: Float32Array.of(0.5, 1) });
worker.postMessage({ stop: true });
