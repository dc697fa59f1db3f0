import { describe, expect, test } from 'vitest';
import * as library from '../../src/index.js';
import { RecurError } from '../../src/index.js';
import { nothingIsThrownLate } from './late.js';

// Law 7: a wrong argument throws a RecurError at the call, in these words.

nothingIsThrownLate();

/** The library as someone without types sees it. */
const { chain, chainCell, defineCell, dense, equations, gru, gruCell, janet, lstm, reference } =
  library as unknown as Record<string, (...wrong: unknown[]) => unknown>;
const { recur, rnn, snapshotFromBytes } = library as unknown as Record<string, typeof chain>;

const net = rnn(1, 2, { seed: 1 });
const matrix = (rows: number, columns: number) => ({
  data: new Float32Array(rows * columns),
  shape: [rows, columns],
  stride: [columns, 1],
  offset: 0,
});
const stateful = (...args: unknown[]) => library.stateful(...(args as [never])) as never;
const m = library.stateful(library.rnn(1, 2, { seed: 1 }));

type Table = readonly (readonly [message: string, call: () => unknown])[];

const sizes: Table = [
  ['rnn.inputSize: expected a whole number from 1 to 2²⁴, got 0', () => rnn(0, 5)],
  ['rnn.inputSize: expected a whole number from 1 to 2²⁴, got 1.5', () => rnn(1.5, 5)],
  ["lstm.inputSize: expected a whole number from 1 to 2²⁴, got '10'", () => lstm('10', 5)],
  ['gru.hiddenSize: expected a whole number from 1 to 2²⁴, got undefined', () => gru(10)],
  ['dense.outputSize: expected a whole number from 1 to 2²⁴, got NaN', () => dense(3, Number.NaN)],
];

const options: Table = [
  ['lstm: expected an object of options, got null', () => lstm(1, 2, null)],
  ['gru: expected an object of options, got null', () => gru(1, 2, null)],
  [
    "lstm: expected options named gateActivation, activation, outputActivation, clip, bias, params, seed, got 'activations'",
    () => lstm(1, 2, { activations: 'relu' }),
  ],
  [
    "rnn: expected options named activation, clip, bias, params, seed, got 'gateActivation'",
    () => rnn(1, 2, { gateActivation: 'relu' }),
  ],
  [
    "rnn.activation: expected one of identity, tanh, sigmoid, relu, hardSigmoid, hardSigmoid6, softsign, softplus, elu, leakyRelu, thresholdedRelu, scaledTanh, affine, exp, sqrt, reciprocal, got 'tahn'",
    () => rnn(1, 2, { activation: 'tahn' }),
  ],
  [
    'rnn.activation: expected finite alpha and beta, got Infinity',
    () => rnn(1, 2, { activation: { name: 'elu', alpha: Number.POSITIVE_INFINITY } }),
  ],
  [
    "gru.resetGate: expected 'after' or 'before', got 'both'",
    () => gruCell(1, 2, { resetGate: 'both' }),
  ],
  ['lstm.bias: expected true or false, got 0', () => lstm(1, 2, { bias: 0 })],
  ['lstm.clip: expected a number above 0, got NaN', () => lstm(1, 2, { clip: Number.NaN })],
  ['lstm.seed: expected a whole number from 0 to 2⁵³ − 1, got -1', () => lstm(1, 2, { seed: -1 })],
  ['janet.beta: expected a finite number, got null', () => janet(1, 2, { beta: null })],
];

const params: Table = [
  [
    'lstm.weightIh: expected [256, 32] (4 gates × 64, input 32), got [32, 256]; Keras stores it transposed',
    () => lstm(32, 64, { params: { weightIh: matrix(32, 256) } }),
  ],
  ['lstm.params: expected an object of options, got null', () => lstm(1, 2, { params: null })],
  [
    "rnn.params: expected options named weightIh, weightHh, biasIh, biasHh, got 'weights'",
    () => rnn(2, 1, { params: { weights: [1] } }),
  ],
  [
    "rnn.params: expected options named weightIh, weightHh, got 'biasIh'",
    () => rnn(1, 1, { bias: false, params: { weightIh: [1], weightHh: [1], biasIh: [0] } }),
  ],
  [
    'rnn.weightHh: expected [1, 1] (hidden 1, hidden 1), got undefined',
    () => rnn(2, 1, { params: { weightIh: [1, 2] } }),
  ],
  [
    'rnn.weightIh: expected [2, 2] (hidden 2, input 2), got [3]',
    () => rnn(2, 2, { params: { weightIh: [1, 2, 3] } }),
  ],
  [
    'rnn.weightIh: expected [2, 2] (hidden 2, input 2), rows of 2 as the first, got an array of length 1 as row 1',
    () => rnn(2, 2, { params: { weightIh: [[1, 2], [3]] } }),
  ],
  [
    'dense.weight: expected [3, 2] (output 3, input 2), rows of 2 as the first, got an array of length 3 as row 1',
    () => dense(2, 3, { params: { weight: [[1, 2], [3, 4, 5], [6]], bias: [0, 0, 0] } }),
  ],
  [
    'dense.bias: expected [4] (output 4), got Uint8Array of length 4; take new Float32Array(x.buffer, x.byteOffset, x.byteLength / 4), or, of bytes, Float32Array.from(x)',
    () => dense(2, 4, { params: { weight: matrix(4, 2), bias: new Uint8Array(4) } }),
  ],
  [
    'dense.weight: expected finite float32 numbers, got Infinity at [1, 0]',
    () => dense(2, 2, { params: { weight: [1, 2, 1e39, 4], bias: [0, 0] } }),
  ],
  [
    'dense.bias: expected [3] (output 3), got [1]',
    () => dense(2, 3, { params: { weight: matrix(3, 2), bias: [1] } }),
  ],
];

const chains: Table = [
  ['chain: expected at least one member, got none', () => chain()],
  [
    'chain[1]: expected input size 15, the output size of Recur(LSTMCell(10, 15)), got Dense(14, 5)',
    () => chain(lstm(10, 15), dense(14, 5)),
  ],
  [
    'chain[1]: expected input size 2, the output size of Recur(GRUCell(1, 2)), got Recur(GRUCell(3, 4))',
    () => chainCell(gruCell(1, 2), gruCell(3, 4)),
  ],
  ['chain[1]: expected a layer, a cell or a function, got 5', () => chain(net, 5)],
  [
    'chain[1]: expected a layer, a cell or a stateless function x => y, got the function accum of 2 parameters; a plain stateful function enters as recur(fn, { initialState })',
    () =>
      chain(net, function accum(h: number, x: number) {
        return [h, x];
      }),
  ],
];

const configs: Table = [
  ['recur: expected a layer, a cell or a function, got undefined', () => recur()],
  ['stateful: expected a layer, a cell or a function, got null', () => stateful(null)],
  ['recur: expected an object of options, got null', () => recur(net, null)],
  [
    "recur: expected options named initialState, restore, state, select, project, chunks, backend, reuse, transferable, reset, weights, onInvalid, got 'onReset'",
    () => recur(net, { onReset: 1 }),
  ],
  [
    "stateful: expected options named initialState, restore, state, backend, reuse, transferable, got 'select'",
    () => stateful(net, { select: () => 1 }),
  ],
  [
    'recur: expected a model without configuration of a stream, got one with onInvalid; give it the cell instead',
    () => recur(recur(net, { onInvalid: 'skip' })),
  ],
  [
    'stateful: expected a model without configuration of a stream, got one with select, reset; give it the cell instead',
    () => stateful(recur(net, { select: () => 1, reset: [] })),
  ],
  [
    'recur.reset: expected an observable, or a function of the source, got an object { subscribed }',
    () => recur(net, { reset: { subscribed: 1 } }),
  ],
  [
    "recur.reset: expected an observable, or a function of the source, got 'now'",
    () => recur(net, { reset: 'now' }),
  ],
  ["recur.select: expected a function, got 'x'", () => recur(net, { select: 'x' })],
  ['recur.project: expected a function, got null', () => recur(net, { project: null })],
  ['recur.chunks: expected true or false, got 5', () => recur(net, { chunks: 5 })],
  ["recur.reuse: expected true or false, got 'yes'", () => recur(net, { reuse: 'yes' })],
  [
    'stateful.transferable: expected true or false, got 1',
    () => stateful(net, { transferable: 1 }),
  ],
  [
    'recurBy.transferable: expected true or false, got 1',
    () => library.recurBy(net as never, { key: String, transferable: 1 as never }),
  ],
  [
    'recur.reuse: expected none with transferable, got true',
    () => recur(net, { reuse: true, transferable: true }),
  ],
  [
    "recur.onInvalid: expected 'error', 'skip' or a function, got 'ignore'",
    () => recur(net, { onInvalid: 'ignore' }),
  ],
  [
    'recur.state: expected a function or an observer, got an object { error }',
    () => recur(net, { state: { error: () => {} } }),
  ],
];

const states: Table = [
  [
    'rnn.initialState: expected finite float32 numbers, got NaN',
    () => recur(net, { initialState: [1, Number.NaN] }),
  ],
  [
    'rnn.initialState: expected finite float32 numbers, got Infinity',
    () => stateful(net, { initialState: () => [1e39, 1] }),
  ],
  [
    'rnn.initialState: expected [2] or [2, batch], got [3]',
    () => recur(net, { initialState: [1, 2, 3] }),
  ],
  [
    "rnn.initialState: expected [2] or [2, batch], of numbers, got '1' at [0]",
    () => stateful(net, { initialState: ['1', 2] }),
  ],
  [
    'lstm.initialState: expected { h, c }, got an array of length 2',
    () => recur(lstm(1, 2), { initialState: [0, 0] }),
  ],
  [
    'lstm.initialState: expected { h, c }, got an object { h }',
    () => recur(lstm(1, 2), { initialState: { h: [0, 0] } }),
  ],
  [
    'lstm.initialState.c: expected [1] or [1, 2], got [1, 3]',
    () => recur(lstm(1, 1), { initialState: { h: matrix(1, 2), c: matrix(1, 3) } }),
  ],
  [
    'dense.initialState: expected undefined, there is no state, got an array of length 2',
    () => recur(dense(1, 2), { initialState: [0, 0] }),
  ],
  [
    'chain.initialState: expected a tuple of 2, got an array of length 1',
    () => recur(chain(net, dense(2, 1)), { initialState: [[0, 0]] }),
  ],
  [
    'chain[0].rnn.initialState: expected [2] or [2, batch], got [1]',
    () => recur(chain(net, dense(2, 1)), { initialState: [[0], undefined] }),
  ],
  [
    "restore: expected a snapshot, with format 'rxrecur/state', got an object { format }",
    () => recur(net, { restore: { format: 'other' } }),
  ],
  [
    'restore: expected a snapshot of Recur(GRUCell(1, 2)), got one of Recur(RNNCell(1, 2, tanh))',
    () => recur(gru(1, 2), { restore: m.snapshot() }),
  ],
];

const calls: Table = [
  [
    'Recur(RNNCell(1, 2, tanh)) chunk: expected a sequence of steps, or an ndarray [features, steps] or [features, steps, batch], got 5',
    () => m.map(5 as never),
  ],
  ["restore: expected a snapshot, with format 'rxrecur/state', got 5", () => m.restore(5 as never)],
  ['gru.initialState: expected [2] or [2, batch], got [1]', () => library.gruCell(1, 2)(5, 1)],
  [
    'snapshotFromBytes: expected the bytes of a snapshot, JSON in UTF-8, got SyntaxError: Unexpected end of JSON input',
    () => snapshotFromBytes(new Uint8Array(0)),
  ],
  [
    'equations: expected a cell made of equations, got Chain(Recur(GRUCell(1, 2)))',
    () => equations(chainCell(gruCell(1, 2))),
  ],
  ["equations: expected 'text' or 'latex', got 'html'", () => equations(gruCell(1, 2), 'html')],
  ['reference: expected a cell made of equations, got 5', () => reference(5)],
  [
    "defineCell('Leaky'): expected options named inputs, outputs, vectors, sizes, scalars, statistics, constants, activations, biasIh, sameSize, variant, got 'vector'",
    () => defineCell('Leaky', "h' = tanh(W_h x)", { vector: { u: 1 } }),
  ],
  [
    "defineCell('Leaky').constants.rate: expected a finite number, got NaN",
    () => defineCell('Leaky', "h' = rate * tanh(W_h x)", { constants: { rate: Number.NaN } }),
  ],
];

const tables = { sizes, options, params, chains, configs, states, calls };

describe.each(Object.entries(tables))('wrong %s', (_, table) => {
  test.each(table)('%s', (message, call) => {
    expect(call).toThrow(RecurError);
    expect(call).toThrow(expect.objectContaining({ message }));
  });
});
