import {
  chain,
  chainCell,
  defineCell,
  dense,
  denseCell,
  gru,
  gruCell,
  indRnn,
  lem,
  lstm,
  type NdView,
  peepholeLstm,
  recur,
  type Snapshot,
  type StateArray,
  type StateOf,
  stateful,
} from '../../src/index.js';
import { same } from './expect-type.js';

// The state of a model, wherever it is asked for.

interface HiddenAndCell {
  h: StateArray;
  c: StateArray;
}
const layers = {
  gru: gru(1, 2),
  indRnn: indRnn(1, 2),
  lstm: lstm(1, 2),
  peephole: peepholeLstm(1, 2),
  lem: lem(1, 2),
  dense: dense(1, 2),
};
type States = { [K in keyof typeof layers]: StateOf<(typeof layers)[K]> };
same<StateArray, Float32Array | NdView>(true);
same<States['gru'], StateArray>(true);
same<States['indRnn'], StateArray>(true);
same<States['lstm'], { h: StateArray; c: StateArray }>(true);
same<States['peephole'], { h: StateArray; c: StateArray }>(true);
same<States['lem'], { h: StateArray; c: StateArray }>(true);
same<States['dense'], undefined>(true);

// The state of a layer is that of its cell, and of what is made of it.
const model = chain(
  lstm(3, 4),
  (y: Float32Array) => y,
  recur((n: number, y: Float32Array) => [n + 1, y] as const, { initialState: 0 }),
  gruCell(4, 2),
  dense(2, 1),
);
type Expected = readonly [HiddenAndCell, undefined, number, StateArray, undefined];
same<StateOf<typeof model>, Expected>(true);
same<StateOf<typeof model.cell>, Expected>(true);
const again = recur(model);
same<StateOf<typeof again>, Expected>(true);
const m = stateful(model);
same<typeof m.state, Expected>(true);
const snapshot = m.snapshot();
same<typeof snapshot, Snapshot<Expected>>(true);
same<ReturnType<typeof model.initialState>, Expected>(true);

// Chains nest as tuples in tuples.
const nested = chain(chain(lstm(3, 4), dense(4, 2)), chain(gru(2, 5)));
same<StateOf<typeof nested>, readonly [readonly [HiddenAndCell, undefined], readonly [StateArray]]>(
  true,
);

// h, y = cell(h, x) goes round.
const cell = chainCell(lstm(1, 2), denseCell(2, 1));
let [h, y] = cell(undefined, [1]);
[h, y] = cell(h, [2]);
same<typeof h, readonly [HiddenAndCell, undefined]>(true);
same<typeof y, Float32Array>(true);

// The state observer is told of that state.
recur(model, { state: ({ state }) => same<typeof state, Expected>(true) });
recur(lstm(1, 2), { state: ({ state }) => same<typeof state, HiddenAndCell>(true) });
recur(lstm(1, 2), { state: { next: ({ state }) => same<typeof state, HiddenAndCell>(true) } });
stateful(lstm(1, 2), { state: ({ state }) => same<typeof state, HiddenAndCell>(true) });

// An initial state may be given in any form, one array a state.
recur(gru(1, 2), { initialState: [0, 0] });
recur(gru(1, 2), { initialState: () => new Float64Array(2) });
recur(lstm(1, 2), { initialState: { h: [0, 0], c: new Float32Array(2) } });
recur(model, { initialState: [{ h: [0], c: [0] }, undefined, 5, [0, 0], undefined] });
stateful(gru(1, 1), { initialState: 7 });
// @ts-expect-error: c is missing
recur(lstm(1, 2), { initialState: { h: [0, 0] } });
// @ts-expect-error: a GRU has one state
recur(gru(1, 2), { initialState: { h: [0, 0], c: [0, 0] } });
// @ts-expect-error: a chain's state is a tuple
recur(model, { initialState: [0, 0] });
// @ts-expect-error: dense has no state
recur(dense(1, 2), { initialState: [0, 0] });

// A cell's text tells its state.
const leakyCell = defineCell(
  'Leaky',
  `
  n  = φ(W_n x + U_n h)
  h' = (1 - rate) * h + rate * n
  `,
  { constants: { rate: 0.1 }, activations: { squash: 'tanh' } },
);
const leaky = leakyCell(3, 8, { rate: 0.25, squash: 'relu', seed: 1 });
same<StateOf<typeof leaky>, StateArray>(true);
same<typeof leaky.inputSize, 3>(true);
same<typeof leaky.outputSize, 8>(true);
// @ts-expect-error: a constant is a number
leakyCell(3, 8, { rate: 'fast' });
// @ts-expect-error: an option that the text does not have
leakyCell(3, 8, { speed: 1 });

const twoCell = defineCell('Two', "c' = tanh(W_c x + U_c h)\nh' = c' * h + q\nq' = h'");
same<StateOf<ReturnType<typeof twoCell>>, { c: StateArray; h: StateArray; q: StateArray }>(true);
const mapCell = defineCell('Map', 'y = relu(W_y x)');
same<StateOf<ReturnType<typeof mapCell>>, undefined>(true);
