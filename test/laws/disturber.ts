import { NdView } from '../../src/arrays/ndarray.js';
import { chain, dense, gru, lstm, stateful } from '../../src/index.js';
import { type HeapKind, heapFor } from '../../src/kernels/heap.js';
import { emitted, type Net } from './nets.js';
import { signal } from './streams.js';

/** Another model in the same heap, larger than most nets that are drawn. */
const neighbour = chain(lstm(2, 33, { seed: 5 }), dense(33, 3, { seed: 5 }));
const neighbourStream = signal(98, 2, 70);

/**
 * Growth of a heap, by no more than a page: every view of its memory is another one from now on.
 */
function grow(kind: HeapKind): void {
  const heap = heapFor(kind, 0);
  const { floats, memory } = heap;
  // It costs collections, or a copy of all numbers: a thousand times are enough.
  if (floats.length > 2 ** 24) return;
  memory?.grow(1);
  heap.floats = memory ? new Float32Array(memory.buffer) : floats.slice();
}

/**
 * What steps, starts, grows and ends other streams, of a net and of others, each time in another
 * way.
 */
export function disturber(net: Net, inputSize: number): () => void {
  const [x] = signal(99, inputSize, 1);
  const others = [stateful(net), stateful(net)];
  const living = stateful(neighbour);
  let seed = 0;
  let turn = 0;
  let inside = false;
  const ways = [
    () => others[0](x),
    () => others[1].map([x, x, x]),
    () => net.cell(undefined, x),
    () => emitted(net as never, [x, x]),
    () => stateful(net)(x),
    () => living([1, 2]),
    () => others[0].reset(),
    () => living.map(neighbourStream),
    () => turn % 4 || grow('wasm'),
    () => living.use([{}, { bias: [1, 2, turn] }]),
    // Of a shape of its own, now and then: compiled, its weights packed.
    () => stateful(gru(2, 1 + (++seed % 9)))([1, 2]),
    () => stateful(neighbour)(batchOf(70)),
    () => living.reset(),
    () => turn % 16 || grow('portable'),
    // More room than there was: the memory moves.
    () => Array.from({ length: 40 }, () => stateful(net)).map(m => m(x)),
  ];
  return () => {
    if (inside) return;
    inside = true;
    // Nets that grow without bound may be disturbed any number of times.
    if (turn % 5 === 0) for (const m of others) m.reset();
    try {
      ways[turn++ % ways.length]();
    } finally {
      inside = false;
    }
  };
}

const batchOf = (n: number) => new NdView(new Float32Array(2 * n).fill(0.5), [2, n]);
