import { describe, expect, test } from 'vitest';
import type { NdArray } from '../../src/arrays/ndarray.js';
import {
  causalConv1dCell,
  chain,
  chainCell,
  conv1dCell,
  dense,
  embeddingCell,
  gru,
  layerNormCell,
  lstm,
  preluCell,
  rnn,
} from '../../src/index.js';
import { readSafetensors, readStateDict, save, toStateDict } from '../../src/io/index.js';
import { sameBits } from '../laws/bits.js';
import { refusal } from './files.js';
import { answersAsTorch, only } from './torch.js';

function zeros(...shape: number[]): NdArray {
  const size = shape.reduce((product, n) => product * n, 1);
  const stride = shape.map((_, d) => shape.slice(d + 1).reduce((product, n) => product * n, 1));
  return { data: new Float32Array(size), shape, stride, offset: 0 };
}

test.each([
  ['lstm', 'Chain(Recur(LSTMCell(3, 4; bias=false)), Recur(LSTMCell(4, 4; bias=false)))'],
  [
    'projected',
    'Chain(Recur(LSTMCell(3, 5; projectionSize=2)), Recur(LSTMCell(2, 5; projectionSize=2)))',
  ],
  ['gru', 'Chain(Recur(GRUCell(2, 5)), Recur(GRUCell(5, 5)))'],
  ['batch', 'BatchNorm(4)'],
  [
    'bilstm',
    'Chain(Bidirectional(Recur(LSTMCell(3, 4; projectionSize=2)), Recur(LSTMCell(3, 4; projectionSize=2))), ' +
      'Bidirectional(Recur(LSTMCell(4, 4; projectionSize=2)), Recur(LSTMCell(4, 4; projectionSize=2))))',
  ],
  ['bigru', 'Bidirectional(Recur(GRUCell(2, 3)), Recur(GRUCell(2, 3)))'],
])("torch's %s is known by its names and shapes, and answers the same", (name, text) => {
  const model = readStateDict(only(`${name}.`));
  expect(String(model)).toBe(text);
  answersAsTorch(name, model as never, 2e-6);
});

test('an RNN has the nonlinearity that the options say', () => {
  const model = readStateDict(only('rnn.'), { modules: { 'rnn.': { activation: 'relu' } } });
  answersAsTorch('rnn', model as never, 1e-6);
  expect(String(readStateDict(only('rnn.')))).toBe('Recur(RNNCell(2, 3, tanh))');
});

test('modules run in the order in which their sizes fit, whatever the order of the names', () => {
  const model = readStateDict(only('linear.', 'gru.'));
  expect(String(model)).toBe('Chain(Recur(GRUCell(2, 5)), Recur(GRUCell(5, 5)), Dense(5, 3))');
  answersAsTorch('linear', model as never, 2e-6);
  const reversed = Object.fromEntries(Object.entries(only('linear.', 'gru.')).reverse());
  sameBits(readStateDict(reversed).params, model.params);
});

test('a Sequential runs in the order of its numbers', () => {
  const layers = Array.from({ length: 12 }, (_, i) => dense(3, 3, { seed: i }));
  const model = chain(...(layers as [(typeof layers)[0]]));
  const tensors = Object.entries(toStateDict(model)).sort(([a], [b]) => (a < b ? -1 : 1));
  sameBits(readStateDict(Object.fromEntries(tensors)).params, model.params);
});

test('the option modules tells kinds, activations and the order', () => {
  const model = chainCell(
    embeddingCell(9, 4, { seed: 1 }),
    causalConv1dCell(4, 4, 3, { seed: 2, dilation: 2, groups: 2, activation: 'relu' }),
    layerNormCell(4, { epsilon: 1e-3 }),
    preluCell(4),
    dense(4, 4, { seed: 3, activation: 'sigmoid', bias: false }),
  );
  const prefix = ['embed.', 'conv.', 'norm.', 'act.', 'head.'];
  const read = readStateDict(toStateDict(model, { prefix }), {
    modules: {
      'embed.': { kind: 'Embedding' },
      'conv.': { kind: 'CausalConv1d', dilation: 2, groups: 2, activation: 'relu' },
      'norm.': { kind: 'LayerNorm', epsilon: 1e-3 },
      'act.': { kind: 'PReLU' },
      'head.': { kind: 'Linear', activation: 'sigmoid' },
    },
  });
  expect(String(read)).toBe(String(model));
  sameBits(read.params, model.params);
});

test('a convolution over sequences has the stride and the padding that the options say', () => {
  const model = conv1dCell(4, 6, 3, { seed: 1, stride: 2, padding: 'same', groups: 2 });
  const options = { kind: 'Conv1d', stride: 2, padding: 'same', groups: 2 } as const;
  const read = readStateDict(toStateDict(model), { modules: { '': options } });
  expect(String(read)).toBe(String(model));
  sameBits(read.params, model.params);
});

describe('refused is', () => {
  const { bias_hh_l0: _, ...oneBias } = toStateDict(gru(2, 3));
  const cases: Readonly<
    Record<string, readonly [tensors: unknown, message: string, options?: object]>
  > = {
    'no state_dict': [null, 'readStateDict: expected tensors by name, got null'],
    'one without tensors': [{}, 'state_dict: expected 1 to 512 modules, got 0'],
    'a weight that may be Linear or Embedding': [
      { 'a.weight': zeros(3, 4) },
      "state_dict 'a.weight': expected a weight that tells its module, got [3, 4];" +
        ' it may be Linear, Embedding or another: see the option modules',
    ],
    'a weight of three dimensions': [
      { weight: zeros(3, 4, 5) },
      'it may be Conv1d, CausalConv1d or another: see the option modules',
    ],
    'a kind that the shape is not': [
      { 'a.weight': zeros(3), 'a.bias': zeros(3) },
      "state_dict 'a.weight': expected Linear, got [3]",
      { modules: { 'a.': { kind: 'Linear' } } },
    ],
    'a norm that may be another': [
      { weight: zeros(3), bias: zeros(3) },
      'it may be LayerNorm or another: see the option modules',
    ],
    'a scalar': [{ weight: zeros() }, "state_dict 'weight': expected a weight"],
    'a size of 0': [
      { weight: zeros(0, 3), bias: zeros(0) },
      "state_dict 'weight': expected [a, b] (output, input), got [0, 3]",
    ],
    'two orders': [
      { 'a.weight': zeros(3, 3), 'a.bias': zeros(3), 'b.weight': zeros(3, 3), 'b.bias': zeros(3) },
      "state_dict: expected one order of 'a.', 'b.', got several; the option modules tells the order" +
        ": { 'a.': {}, 'b.': {} } or { 'b.': {}, 'a.': {} }",
    ],
    'no order': [
      { 'a.weight': zeros(3, 4), 'a.bias': zeros(3), 'b.weight': zeros(5, 6), 'b.bias': zeros(5) },
      "expected one order of 'a.', 'b.', got none",
    ],
    'an order that does not fit': [
      { 'a.weight': zeros(3, 4), 'a.bias': zeros(3), 'b.weight': zeros(5, 3), 'b.bias': zeros(5) },
      'chain[1]: expected input size 5',
      { modules: { 'b.': {}, 'a.': {} } },
    ],
    'a module that is not there': [
      { 'a.weight': zeros(3, 4), 'a.bias': zeros(3) },
      "readStateDict.modules: expected 'a.', got 'b.'",
      { modules: { 'b.': {} } },
    ],
    'rows of no gates': [
      { weight_ih_l0: zeros(6, 2), weight_hh_l0: zeros(6, 3) },
      "state_dict 'weight_ih_l0': expected 1, 3, 4 × 3 rows (RNN 1, GRU 3, LSTM 4), got [6, 2]",
    ],
    'matrices that disagree': [
      { weight_ih_l0: zeros(9, 2), weight_hh_l0: zeros(12, 3) },
      "state_dict 'weight_hh_l0': expected [9, 3] (3 gates × 3, hidden 3), got [12, 3]",
    ],
    'one bias of two': [oneBias, "state_dict 'bias_ih_l0': expected both biases, got one"],
    'a layer missing': [
      { weight_ih_l1: zeros(9, 2), weight_hh_l1: zeros(9, 3) },
      "state_dict '': expected the layer l0, got none",
    ],
    'a thousand layers': [
      { weight_ih_l999: zeros(9, 2) },
      "state_dict 'weight_ih_l999': expected a layer below l256, got 999",
    ],
    'layers of two sizes': [
      {
        ...toStateDict(lstm(2, 3)),
        weight_ih_l1: zeros(16, 3),
        weight_hh_l1: zeros(16, 4),
      },
      "state_dict '': expected a layer l1 like l0, input 3, got one of 4 gates × 4, input 3",
    ],
    'a tensor that is no weight': [
      { ...toStateDict(rnn(2, 3)), steps: zeros(1) },
      "state_dict 'steps': expected a module's tensor, such as head.weight, got another",
    ],
    'a model file of the library': [
      readSafetensors(save(gru(2, 3))).tensors,
      "state_dict 'weightIh': expected a module's tensor, such as head.weight, got another; " +
        'load reads model files of rxrecur',
    ],
    'weights that are not finite': [
      { weight: { ...zeros(1, 2), data: [1, Number.NaN] }, bias: zeros(1) },
      "state_dict 'weight': expected finite float32 numbers, got NaN at [0, 1]",
    ],
    'a shape that lies': [
      {
        weight: { ...zeros(1, 1), shape: [2 ** 26, 2 ** 26], stride: [1, 1] },
        bias: zeros(2 ** 4),
      },
      "state_dict 'weight': expected an ndarray within its data",
    ],
    'an option that nobody reads': [{}, "got 'module'", { module: {} }],
  };

  test.each(Object.entries(cases))('%s', (_, [tensors, message, options]) => {
    expect(refusal(() => readStateDict(tensors as never, options))).toContain(message);
  });
});
