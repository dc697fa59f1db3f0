import { unzipSync, zipSync } from 'fflate';
import { expect, test } from 'vitest';
import { chain, dense, embedding, gru, lstm, stateful } from '../../../src/index.js';
import { readKeras, readKerasWeights } from '../../../src/io/keras/index.js';
import { refusal } from '../files.js';
import { first, layer, problemsOf, sequential } from './configs.js';
import { bytesOf, cases } from './files.js';

test('everything in a model that cannot run is told at once', () => {
  const problems = problemsOf(
    first('Lambda'),
    layer('LSTM', { units: 2, activation: 'threshold', recurrent_activation: 'glu' }),
    layer('Dense', { units: 2, activation: 'sparsemax' }),
    layer('Masking'),
    layer('MultiHeadAttention'),
    layer('ReLU', { max_value: 3, negative_slope: 0.1 }),
    layer('Bidirectional', { merge_mode: null, layer: layer('GRU', { units: 2 }) }),
  );
  expect(problems).toEqual([
    "Lambda 'lambda': no layer of class 'Lambda' here",
    "LSTM 'lstm': activation 'threshold'",
    "LSTM 'lstm': recurrent_activation 'glu'",
    "Dense 'dense': activation 'sparsemax'",
    "Masking 'masking': masks: masking: 'ignore' reads the model without, and mapSequences takes one",
    "MultiHeadAttention 'multiheadattention': no layer of class 'MultiHeadAttention' here",
    "ReLU 'relu': options, or a function, that there is none of here",
    "Bidirectional 'bidirectional': merge_mode 'null': two outputs",
  ]);
});

test("a class of the user's own is none of Keras's, whatever it is called", () => {
  const module = 'my_layers';
  const stack = { ...layer('StackedRNNCells', { cells: [] }), module };
  expect(problemsOf(first('RNN', { cell: stack }))).toEqual([
    "RNN 'rnn': a cell of class 'StackedRNNCells' ('stackedrnncells')",
  ]);
  const own = { ...first('Dense', { units: 1 }), module, registered_name: 'My>Dense' };
  expect(problemsOf(own)).toEqual(["Dense 'dense': a class of the user's own, 'Dense'"]);
});

test('hard_sigmoid is 0.2 x + 0.5 in Keras 2 and tfjs, x / 6 + 0.5 in Keras 3', () => {
  const weights = { 'dense/kernel': [1, 1] };
  const one = first('Dense', { units: 1, use_bias: false, activation: 'hard_sigmoid' }, 1);
  const at = (version: string) => stateful(sequential([one], weights, version))([2])[0];
  expect(at('2.15.0')).toBeCloseTo(0.7, 6);
  expect(at('tfjs-layers 4.22.0')).toBeCloseTo(0.7, 6);
  expect(at('3.5.0')).toBeCloseTo(2 / 3, 6);
});

test('a Reshape may change nothing, flatten, or make other steps, but no more axes', () => {
  const model = sequential([
    first('Permute', { dims: [1, 2] }),
    layer('Reshape', { target_shape: [5, 2] }),
    layer('Activation', { activation: 'relu' }),
    layer('Reshape', { target_shape: [-1] }),
  ]);
  expect(String(model)).toBe('Window(5, Activation(2, relu))');
  const y = stateful(model)([1, -2, 3, -4, 5, -6, 7, -8, 9, -10]);
  expect(y).toEqual(Float32Array.of(1, 0, 3, 0, 5, 0, 7, 0, 9, 0));
  expect(String(sequential([first('Reshape', { target_shape: [-1, 2] })]))).toBe(
    'Activation(2, identity)',
  );
  for (const target_shape of [
    [5, 2, 1],
    [3, -1],
    [-1, -1],
    [0, -1],
    [2, 4],
  ]) {
    expect(problemsOf(first('Reshape', { target_shape }))).toEqual([
      `Reshape 'reshape': [5, 2] as [${target_shape.join(', ')}]`,
    ]);
  }
  expect(problemsOf(first('Permute', { dims: [1, 3, 2] }))).toEqual([
    "Permute 'permute': axes that move",
  ]);
});

test('what streams goes on step by step; what looks ahead is refused there, with the reason', () => {
  const weights = { 'gru/kernel': [2, 3], 'gru/recurrent_kernel': [1, 3], 'gru/bias': [3] };
  const ahead = sequential([first('GRU', { units: 1, go_backwards: true })], weights);
  expect(refusal(() => stateful(ahead)([1, 2]))).toBe(
    'backward: expected a whole sequence: map(sequence), chunks: true or a window, ' +
      'got one step of a stream; it runs from the last step to the first',
  );
  expect(
    stateful(ahead).map([
      [1, 2],
      [3, 4],
    ]),
  ).toHaveLength(1);
  const causal = sequential([first('GRU', { units: 1 })], weights);
  const reversed = stateful(causal).map([
    [3, 4],
    [1, 2],
  ]) as Float32Array[];
  expect(
    stateful(ahead).map([
      [1, 2],
      [3, 4],
    ]),
  ).toEqual([reversed[1]]);
});

test('masks are left out if told so', () => {
  const masked = first('Masking');
  const ignored = sequential([masked], {}, '2', { masking: 'ignore' });
  expect(stateful(ignored)([1, 2])).toEqual(Float32Array.of(1, 2));
  const wrong = () => sequential([masked], {}, '2', { masking: 'never' });
  expect(refusal(wrong)).toBe("readTfjs.masking: expected 'refuse' or 'ignore', got 'never'");
});

test('an activation that is null is none, and a flag that is null is refused where yes is usual', () => {
  const weights = { 'dense/kernel': [1, 1] };
  const dense = { units: 1, use_bias: false, activation: null };
  expect(stateful(sequential([first('Dense', dense, 1)], weights))([2])[0]).toBe(1);
  const rnn = first('SimpleRNN', { units: 1, use_bias: false, activation: null }, 1);
  const own = { 'simplernn/kernel': [1, 1], 'simplernn/recurrent_kernel': [1, 1] };
  expect(stateful(sequential([rnn], own))([4])[0]).toBe(2);
  const unknown = () => sequential([first('Dense', { ...dense, use_bias: null }, 1)], weights);
  expect(refusal(unknown)).toBe("Dense 'dense'.use_bias: expected true or false, got null");
});

test('an activation that is a layer is read with all its fields', () => {
  const weights = { 'dense/kernel': [2, 2] };
  const dense = (activation: object) =>
    first('Dense', { units: 2, use_bias: false, activation }, 2);
  const of = (class_name: string, config: object) => ({ class_name, config });
  const leaky = dense(of('LeakyReLU', { negative_slope: 0.5 }));
  expect(stateful(sequential([leaky], weights))([-4, 2])[0]).toBe(-0.5);
  expect(problemsOf(dense(of('Softmax', { axis: 1 })))).toEqual([
    "Dense 'dense': activation 'Softmax': a class, or options, that layers here lack",
  ]);
  expect(problemsOf(dense(of('LeakyReLU', { negative_slope: 0.5, slopes: 2 })))).toEqual([
    "Dense 'dense': activation 'LeakyReLU': an unknown field, 'slopes'",
  ]);
});

test('fields of layers within a layer, of models and of inputs are checked too', () => {
  const inner = layer('GRU', { units: 1, time_major: true });
  expect(problemsOf(first('Bidirectional', { layer: inner }))).toEqual([
    "Bidirectional 'bidirectional': GRU 'gru': time_major true: steps before the batch",
  ]);
  const cell = layer('GRUCell', { units: 1, peepholes: true });
  expect(problemsOf(first('RNN', { cell }))).toEqual([
    "RNN 'rnn': GRUCell 'grucell': an unknown field, 'peepholes'",
  ]);
  const dense = layer('Dense', { units: 1, lora_rank: 4 });
  expect(problemsOf(first('TimeDistributed', { layer: dense }))).toEqual([
    "TimeDistributed 'timedistributed': Dense 'dense': lora_rank 4: weights of LoRA",
  ]);
  const input = first('InputLayer', { sparse: true });
  expect(problemsOf(input, layer('Dense', { units: 1 }))).toEqual([
    "InputLayer 'inputlayer': sparse true: a sparse input",
  ]);
});

test('an archive that somebody compressed is the same model', () => {
  const bytes = bytesOf('gru.keras');
  const packed = zipSync(unzipSync(bytes), { level: 6 });
  expect(packed.length).toBeLessThan(bytes.length / 2);
  expect(readKeras(packed).params).toEqual(readKeras(bytes).params);
});

test('a model says what it is made of', () => {
  const model = readKeras(bytesOf('gru.keras'));
  expect(String(model)).toBe(
    'Chain(Recur(GRUCell(2, 4)), LayerNorm(4; epsilon=0.001), ' +
      'Recur(GRUCell(4, 3; gateActivation=hardSigmoid6)), Dense(3, 2), Softmax(2))',
  );
});

const [{ input, output }] = cases.filter(({ file }) => file === 'gru.weights.h5');
const own = () => chain(gru(2, 3), lstm(3, 3), dense(3, 2), dense(2, 1));

test('weights alone go into a model of the same layers', () => {
  const model = readKerasWeights(bytesOf('gru.weights.h5'), own());
  const ys = stateful(model).map(input as number[][]);
  const off = ys.map(([y], t) => Math.abs(y - output[t][0]));
  expect(Math.max(...off)).toBeLessThan(1e-5);
  expect(model.inputSize).toBe(2);
});

test('weights alone do not go into a model of others', () => {
  const read = (model: Parameters<typeof readKerasWeights>[1]) =>
    refusal(() => readKerasWeights(bytesOf('gru.weights.h5'), model));
  const more = chain(own(), dense(1, 1));
  expect(read(more)).toBe('Dense(1, 1): expected kernel [1, 1], got none of no weights');
  const fewer = chain(gru(2, 3), lstm(3, 3), dense(3, 2));
  expect(read(fewer)).toMatch(/^weights 'dense_1\/vars\/0': expected a layer that has them/);
  const other = chain(gru(2, 4), lstm(4, 3), dense(3, 2), dense(2, 1));
  expect(read(other)).toContain("Recur(GRUCell(2, 4)) 'gru/cell/vars/0': expected kernel [2, 12]");
  const before = chain(gru(2, 3, { resetGate: 'before' }), lstm(3, 3), dense(3, 2), dense(2, 1));
  expect(read(before)).toContain("'gru/cell/vars/2': expected bias [9], got [2, 9]");
  expect(read(chain(embedding(2, 3)))).toContain('Embedding(2, 3): expected embeddings [2, 3]');
});

test('a file of weights alone is no model', () => {
  const message = refusal(() => readKeras(bytesOf('gru.weights.h5')));
  expect(message).toBe(
    '.h5: expected a model_config, got none; readKerasWeights takes a file of weights alone',
  );
});
