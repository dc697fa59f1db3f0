// rxrecur through its public API.
import { Subject } from 'rxjs';
import { recur, stateful } from '../../../dist/index.js';
import { chunkSteps, columnsOf, network, stepping } from '../nets.mjs';

/** Steps as an application takes them; chunks and batches in one call. */
const work =
  (config, start = stateful) =>
  ({ work: kind, cell, size, columns }) => {
    const chunks = kind === 'chunk';
    const step = start(network(cell, size).cell, config, chunks);
    if (kind === 'step') return stepping(step, size);
    const count = chunks ? chunkSteps : columns;
    const x = columnsOf(size, count);
    return {
      per: count,
      run(n) {
        let y;
        for (let i = 0; i < n; i++) y = step(x);
        // Of a chunk the last column, of a batch the first.
        const column = chunks ? count - 1 : 0;
        return Array.from({ length: y.shape[0] }, (_, i) => y.data[i * count + column]);
      },
    };
  };

const called = (cell, config, chunks) => {
  const model = stateful(cell, config);
  return chunks ? x => model.map(x) : model;
};

/** `subject.next` to `subscribe`. */
const subscribed = (cell, config, chunks) => {
  const subject = new Subject();
  let last;
  subject.pipe(recur(cell, { ...config, chunks })).subscribe(y => {
    last = y;
  });
  return x => {
    subject.next(x);
    return last;
  };
};

export const reusing = work({ reuse: true }, called);
export const distinct = work({}, called);
export const portable = work({ backend: 'portable' }, called);
export const operator = work({ reuse: true }, subscribed);

/** Single steps, whatever the work: what chunks and batches save. */
export function single({ work: kind, cell, size }) {
  const steps = stepping(stateful(network(cell, size).cell, { reuse: true }), size);
  if (kind === 'step') return steps;
  const per = kind === 'chunk' ? chunkSteps : 1;
  return { per, unlike: kind === 'batch', run: n => steps.run(n * per) };
}
