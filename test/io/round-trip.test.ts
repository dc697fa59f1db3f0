import { from } from 'rxjs';
import { expect, test } from 'vitest';
import type { EquationSpec } from '../../src/graph/spec.js';
import {
  chain,
  defineCell,
  dense,
  each,
  equations,
  gru,
  lstm,
  lstmCell,
  mgu,
  parallel,
  read,
  recur,
  rnn,
  stateful,
  tap,
} from '../../src/index.js';
import { load, save } from '../../src/io/index.js';
import { internals } from '../../src/streams/cell.js';
import { sameBits } from '../laws/bits.js';
import { law } from '../laws/law.js';
import { emitted, recurOf } from '../laws/nets.js';
import { signal, someSeed } from '../laws/streams.js';
import { partsOf } from './files.js';
import { chained, someModel } from './models.js';

law(
  'a loaded model equals the saved one: text, parameters, state and outputs, bit for bit',
  [someModel, someSeed],
  (model, seed) => {
    const bytes = save(model);
    const loaded = load(bytes);
    expect(String(loaded)).toBe(String(model));
    expect([loaded.inputSize, loaded.outputSize, loaded.hiddenSize]).toEqual([
      model.inputSize,
      model.outputSize,
      model.hiddenSize,
    ]);
    sameBits(loaded.params, model.params);
    sameBits(loaded.initialState(), model.initialState());
    const stream = signal(seed, model.inputSize, 8);
    sameBits(emitted(loaded, stream), emitted(model as never, stream));
    sameBits(save(loaded), bytes);
  },
);

law('an initial state is saved with the model', [someModel, someSeed], (model, seed) => {
  const warm = stateful(recurOf(model));
  warm.map(signal(seed, model.inputSize, 2));
  const initialState = warm.state as never;
  const begun = recurOf(model, { initialState });
  const bytes = save(begun);
  const loaded = load(bytes);
  sameBits(save(loaded), bytes);
  sameBits(loaded.initialState(), begun.initialState());
  const stream = signal(seed + 1, model.inputSize, 4);
  sameBits(emitted(loaded, stream), emitted(begun, stream));
});

test('an initial state of a batch fixes the batch of the loaded model', () => {
  const h = { data: [1, 2, 3, 4, 5, 6], shape: [3, 2], stride: [2, 1], offset: 0 };
  const model = recur(rnn(1, 3, { seed: 1 }), { initialState: h });
  const loaded = load(save(model));
  sameBits(loaded.initialState(), model.initialState());
  expect(() => stateful(loaded)([1])).toThrow('rnn.x: expected a batch of 2, got a vector');
});

test('a chain that begins elsewhere is one program once it is loaded', () => {
  const inner = chain(each(2, lstm(1, 1, { seed: 1 })), parallel('add', rnn(2, 2), gru(2, 2)));
  const model = chain(tap('x', rnn(2, 2, { seed: 2 })), inner, read('x'), dense(2, 1));
  const warm = stateful(model);
  warm([1, -1]);
  const begun = recur(model, { initialState: warm.state as never });
  const loaded = load(save(begun));
  expect(loaded.cell[internals].engines).toBeDefined();
  sameBits(loaded.initialState(), begun.initialState());
  sameBits(stateful(loaded)([2, 3]), stateful(begun)([2, 3]));
});

test('of initial states given within one another, the outer one is saved, where it has one', () => {
  const inner = recur(lstmCell(1, 1, { seed: 1 }), { initialState: { h: [1], c: [2] } });
  const members = [inner, recur(rnn(1, 1, { seed: 2 }), { initialState: [3] })] as const;
  const model = recur(chain(...members), { initialState: [undefined, [4]] as never });
  const loaded = load(save(model));
  sameBits(loaded.initialState(), model.initialState());
  sameBits(loaded.initialState(), [
    { h: Float32Array.of(1), c: Float32Array.of(2) },
    Float32Array.of(4),
  ]);
});

test('the states of the rows of each are saved one by one, in a batch too', () => {
  const states = [[{ h: [1], c: [2] }, undefined], undefined];
  const inner = chain(lstm(1, 1, { seed: 1 }), dense(1, 1, { seed: 2 }));
  const model = recur(chain(dense(1, 2, { seed: 3 }), each(2, inner)), {
    initialState: [undefined, states] as never,
  });
  const bytes = save(model);
  expect(Object.keys(partsOf(bytes).tensors).filter(name => name.includes('initial'))).toEqual([
    '1.initialState.0.0.h',
    '1.initialState.0.0.c',
    '1.initialState.1.0.h',
    '1.initialState.1.0.c',
  ]);
  sameBits(load(bytes).initialState(), [
    undefined,
    [
      [{ h: Float32Array.of(1), c: Float32Array.of(2) }, undefined],
      [{ h: Float32Array.of(0), c: Float32Array.of(0) }, undefined],
    ],
  ]);

  const h = { data: [1, 2, 3, 4], shape: [1, 4], stride: [4, 1], offset: 0 };
  const batch = recur(each(2, rnn(1, 1, { seed: 1 })), { initialState: [h, h] as never });
  sameBits(load(save(batch)).initialState(), batch.initialState());

  const member = recur(rnn(1, 1, { seed: 1 }), { initialState: [3] });
  sameBits(load(save(each(2, member))).initialState(), [Float32Array.of(3), Float32Array.of(3)]);
});

test('a file names tensors by their place: none for a cell, 1.0. for a chain in a chain', () => {
  const namesOf = (bytes: Uint8Array) => Object.keys(partsOf(bytes).tensors).join(' ');
  expect(namesOf(save(mgu(2, 3)))).toBe('weightIh weightHh biasIh biasHh');
  expect(namesOf(save(lstmCell(2, 3, { bias: false })))).toBe('weightIh weightHh');
  expect(namesOf(save(chained([dense(2, 3)])))).toBe('0.weight 0.bias');
  const begun = recur(gru(1, 2), { initialState: [1, 2] });
  expect(namesOf(save(chain(dense(2, 3), chain(dense(3, 1), begun))))).toBe(
    '0.weight 0.bias 1.0.weight 1.0.bias 1.1.weightIh 1.1.weightHh 1.1.biasIh 1.1.biasHh' +
      ' 1.1.initialState.h',
  );
});

test('a file holds the format, its version, and each cell as its equations', () => {
  const { metadata, data } = partsOf(save(chain(gru(2, 3, { seed: 1 }), dense(3, 1))));
  expect([metadata.format, metadata.version]).toEqual(['rxrecur/model', '1']);
  const model = JSON.parse(metadata.model);
  expect(model.chain[0]).toEqual({
    name: 'GRU',
    equations: [
      'r  = σ(W_r x + U_r h)',
      'z  = σ(W_z x + U_z h)',
      'n  = φ(W_n x + r * (U_n h))',
      "h' = (1 - z) * n + z * h",
    ].join('\n'),
    declarations: {},
    inputSize: 2,
    size: 3,
    activations: { σ: 'sigmoid', φ: 'tanh' },
    constants: {},
    bias: true,
  });
  expect(data.byteOffset % 8).toBe(0);
});

test('a loaded model is a layer: an operator, a member of a chain, a model to save', () => {
  const model = load(save(lstm(2, 3, { seed: 1 })));
  const ys: unknown[] = [];
  from([Float32Array.of(1, 2)])
    .pipe(model)
    .subscribe(y => ys.push(y));
  expect(ys).toHaveLength(1);
  expect(String(chained([model, dense(3, 1)]))).toBe('Chain(Recur(LSTMCell(2, 3)), Dense(3, 1))');
  expect(equations(model.cell)).toBe(equations(lstmCell(2, 3)));
});

test('numbers that JSON lacks come back: a constant of −0, a clip of infinity', () => {
  const cell = defineCell('Own', "h' = φ(W_h x) - k", { constants: { k: 1 } });
  const loaded = load(save(cell(1, 1, { k: -0, clip: Number.POSITIVE_INFINITY, seed: 1 })));
  const spec = loaded.cell[internals].spec as EquationSpec;
  expect([spec.constants.k, spec.clip]).toStrictEqual([-0, Number.POSITIVE_INFINITY]);
});

test('bytes in the middle of a buffer are read, and may change afterwards', () => {
  const model = dense(2, 2, { seed: 1 });
  const bytes = save(model);
  const buffer = Buffer.alloc(bytes.length + 11, 0xff);
  buffer.set(bytes, 5);
  const loaded = load(buffer.subarray(5, 5 + bytes.length));
  buffer.fill(0);
  sameBits(loaded.params, model.params);
});
