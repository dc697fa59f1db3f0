import {
  type Cell,
  chain,
  chainCell,
  dense,
  gru,
  gruCell,
  type Layer,
  lstm,
  lstmCell,
  type NdView,
  type Params,
  recur,
  rnn,
  stateful,
} from '../../src/index.js';
import { same } from './expect-type.js';

// Sizes are literals where the program says them, and are compared where they are.

const layer = lstm(10, 15);
same<typeof layer.inputSize, 10>(true);
same<typeof layer.outputSize, 15>(true);
same<typeof layer.hiddenSize, number>(true);
const model = chain(lstm(10, 15), gruCell(15, 7), dense(7, 5));
same<typeof model.inputSize, 10>(true);
same<typeof model.outputSize, 5>(true);
const same1 = recur(model);
same<typeof same1.outputSize, 5>(true);
const ofCell = recur(lstmCell(2, 3));
same<typeof ofCell.inputSize, 2>(true);

// @ts-expect-error: 15 into 14
chain(lstm(10, 15), dense(14, 5));
// @ts-expect-error: at the third member
chain(lstm(10, 15), dense(15, 5), rnn(6, 1));
// @ts-expect-error: cells too
chainCell(gruCell(1, 2), gruCell(3, 4));
// @ts-expect-error: through a nested chain
chain(chain(lstm(10, 15), dense(15, 5)), dense(4, 1));
// @ts-expect-error: into a nested chain
chain(lstm(10, 15), chain(dense(5, 5)));
// @ts-expect-error: a chain has members
chain();
// @ts-expect-error: a number is no member
chain(lstm(1, 2), 5);

// Sizes that only the run knows are compared then.
declare const n: number;
const dynamic = chain(lstm(n, n), dense(5, 2));
same<typeof dynamic.inputSize, number>(true);
same<typeof dynamic.outputSize, 2>(true);

// A function of the user's own has no size.
const free = chain(lstm(10, 15), (y: Float32Array) => y, dense(3, 2));
same<typeof free.inputSize, 10>(true);
const open = chain(
  (x: number[]) => x,
  dense(3, 2),
  (y: Float32Array) => y[0],
);
same<typeof open.inputSize, undefined>(true);
same<typeof open.outputSize, undefined>(true);

// Parameters by name, and a tuple of them for a chain.
same<typeof layer.params, Params>(true);
same<typeof layer.params.weightIh, NdView>(true);
const pair = chain(lstm(1, 2), (y: Float32Array) => y, dense(2, 1));
same<(typeof pair.params)[0], Params>(true);
same<(typeof pair.params)[2]['weight'], NdView>(true);

// `Layer` alone is any layer of vectors, `Cell` any cell of equations.
const layers: Layer[] = [layer, model, dense(1, 2), dynamic, gru(1, 2, { resetGate: 'before' })];
const cells: Cell[] = [gruCell(1, 2), lstmCell(3, 4), layer.cell];
for (const any of layers) {
  recur(any, { reset: [] });
  same<ReturnType<typeof any.cell.toString>, string>(true);
  const y = stateful(any)([1]);
  same<typeof y, Float32Array>(true);
}
for (const any of cells) {
  let [h, y] = any(undefined, [1]);
  [h, y] = any(h, [1]);
  same<typeof y, Float32Array>(true);
}

// Options are known by name.
// @ts-expect-error: no such option
lstm(1, 2, { activations: 'relu' });
// @ts-expect-error: no such activation
rnn(1, 2, { activation: 'tahn' });
// @ts-expect-error: no such gate
gru(1, 2, { resetGate: 'both' });
// @ts-expect-error: no such configuration
recur(layer, { onReset: [] });
// @ts-expect-error: select belongs to recur
stateful(layer, { select: (x: number[]) => x });
