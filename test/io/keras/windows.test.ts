import { expect, test } from 'vitest';
import { stateful, window } from '../../../src/index.js';
import { readTfjs } from '../../../src/io/tfjs/index.js';
import { refusal } from '../files.js';
import { caseNamed, rowsOf, shardOf } from '../tfjs/models.js';
import { fileOf, first, functional, layer, node, problemsIn, sequential } from './configs.js';

const rnn = { units: 1, activation: 'linear' };
const weightsOf = (name: string, inputs = 1) => ({
  [`${name}/kernel`]: [inputs, 1],
  [`${name}/recurrent_kernel`]: [1, 1],
  [`${name}/bias`]: [1],
});

test('an LSTM autoencoder runs in a window, with the bits of whole sequences', () => {
  const one = caseNamed('LSTM autoencoder');
  const model = readTfjs(one.modelJson, shardOf(one));
  const steps = rowsOf(one.input.values, 3);
  const ys = stateful(model).map(steps) as Float32Array[];
  expect(ys).toHaveLength(7);
  const framed = stateful(window(7, model));
  expect([...framed(one.input.values)]).toEqual(ys.flatMap(y => [...y]));
  expect([...framed(one.input.values)]).toEqual(ys.flatMap(y => [...y]));
});

test('a vector that is repeated is a window of its own: no event sees another', () => {
  const layers = [
    layer('RepeatVector', { n: 3, batch_input_shape: [null, 1] }),
    layer('SimpleRNN', { ...rnn, return_sequences: true }),
  ];
  const m = stateful(sequential(layers, weightsOf('simplernn')));
  // All weights are 0.5: h = (x + h + 1) / 2.
  expect(m([1])).toEqual(Float32Array.of(1, 1.5, 1.75));
  expect(m([3])).toEqual(Float32Array.of(2, 3, 3.5));
});

test('steps that a Reshape makes at the end are one vector: the stream answers at each step', () => {
  const layers = [
    first('SimpleRNN', rnn, 1),
    layer('Dense', { units: 4 }),
    layer('Reshape', { target_shape: [2, 2] }),
  ];
  const weights = { ...weightsOf('simplernn'), 'dense/kernel': [1, 4], 'dense/bias': [4] };
  const m = stateful(sequential(layers, weights));
  expect(m([1])).toEqual(new Float32Array(4).fill(1));
  expect(m([2])).toEqual(new Float32Array(4).fill(1.5));
});

test('a convolution at each step of steps goes before a recurrent layer that streams', () => {
  const conv = layer('Conv1D', { filters: 1, kernel_size: [2], use_bias: false });
  const layers = [
    layer('TimeDistributed', { layer: conv, batch_input_shape: [null, null, 3, 1] }),
    layer('TimeDistributed', { name: 'flat', layer: layer('Flatten') }),
    layer('SimpleRNN', rnn),
  ];
  const weights = { 'timedistributed/kernel': [2, 1, 1], ...weightsOf('simplernn', 2) };
  const m = stateful(sequential(layers, weights));
  // [1, 2, 3] → [1.5, 2.5] → (4 / 2 + 0 + 0.5), and once more with h.
  expect(m([1, 2, 3])[0]).toBe(2.5);
  expect(m([1, 2, 3])[0]).toBe(3.75);
});

test('other layers than those at each step take no steps of steps', () => {
  const problemOf = (...layers: Parameters<typeof sequential>[0]) =>
    problemsIn(() => sequential(layers, weightsOf('simplernn')));
  const deep = { batch_input_shape: [null, 4, 3, 1] };
  expect(problemOf(layer('SimpleRNN', { ...rnn, ...deep }))).toEqual([
    "SimpleRNN 'simplernn': an input of four axes",
  ]);
  expect(problemOf(layer('UpSampling1D', deep))).toEqual([
    "UpSampling1D 'upsampling1d': an input of four axes",
  ]);
  expect(problemOf(layer('Dropout', deep))).toEqual(['model: an output of four axes']);
  const wrapped = first('TimeDistributed', { layer: layer('SimpleRNN', rnn) }, 1);
  expect(problemOf(wrapped)).toEqual([
    "TimeDistributed 'timedistributed': 'SimpleRNN' at each step",
  ]);
});

test('a window begins anew with each event, so a stateful layer in it is refused', () => {
  const layers = [
    layer('Reshape', { target_shape: [4, 1], batch_input_shape: [1, 4] }),
    layer('SimpleRNN', { ...rnn, stateful: true }),
  ];
  expect(problemsIn(() => sequential(layers, weightsOf('simplernn')))).toEqual([
    "SimpleRNN 'simplernn': stateful in a window, which begins anew",
  ]);
});

test('steps of an unknown number become no other steps', () => {
  const shaped = (target_shape: number[]) =>
    problemsIn(() =>
      sequential([layer('Reshape', { target_shape, batch_input_shape: [null, null, 2] })]),
    );
  expect(shaped([-1, 2])).toEqual([]);
  expect(shaped([7, 2])).toEqual([]);
  expect(shaped([-1, 4])).toEqual(["Reshape 'reshape': [-1, 2] as [-1, 4]"]);
  expect(shaped([-1])).toEqual(["Reshape 'reshape': an unknown number of steps"]);
});

test('branches that go apart from the input have a window each, from one event', () => {
  const layers = [
    node('Flatten', {}, [['x', 0, 0]]),
    node('SimpleRNN', { ...rnn, name: 'rnn' }, [['x', 0, 0]]),
    node('Concatenate', {}, [
      ['flatten', 0, 0],
      ['rnn', 0, 0],
    ]),
  ];
  const graph = functional(layers, [['concatenate', 0, 0]]);
  const { modelJson, shard } = fileOf(graph, weightsOf('rnn', 2));
  const m = stateful(readTfjs(modelJson, shard));
  const x = [1, 1, 0, 0, 0, 0, 0, 0, 2, 1];
  // All weights are 0.5: 1.5, 1.25, 1.125, 1.0625, and with 3 / 2 more, 2.53125.
  const wanted = Float32Array.of(...x, 2.53125);
  expect(m(x)).toEqual(wanted);
  expect(m(x)).toEqual(wanted);
});

test('steps that one branch reads as steps and as a vector are refused', () => {
  const layers = [
    node('Activation', { activation: 'relu', name: 'steps' }, [['x', 0, 0]]),
    node('Flatten', {}, [['steps', 0, 0]]),
    node('SimpleRNN', { ...rnn, name: 'rnn' }, [['steps', 0, 0]]),
    node('Concatenate', {}, [
      ['flatten', 0, 0],
      ['rnn', 0, 0],
    ]),
  ];
  const graph = functional(layers, [['concatenate', 0, 0]]);
  const { modelJson, shard } = fileOf(graph, weightsOf('rnn', 2));
  expect(problemsIn(() => readTfjs(modelJson, shard))).toEqual([
    'model: steps of a window, read in another or after it',
  ]);
});

test('outputs in reverse are refused as outputs, and beside others', () => {
  const back = { ...rnn, go_backwards: true, return_sequences: true };
  expect(
    problemsIn(() => sequential([first('SimpleRNN', back)], weightsOf('simplernn', 2))),
  ).toEqual(['model: an output of steps in reverse']);
  const layers = [
    node('SimpleRNN', back, [['x', 0, 0]]),
    node('Concatenate', {}, [
      ['x', 0, 0],
      ['simplernn', 0, 0],
    ]),
  ];
  const graph = functional(layers, [['concatenate', 0, 0]]);
  const { modelJson, shard } = fileOf(graph, weightsOf('simplernn', 2));
  expect(problemsIn(() => readTfjs(modelJson, shard))).toEqual([
    "Concatenate 'concatenate': steps in reverse, beside steps that are not",
  ]);
});

test('attention of other kinds, and of steps that are not known, is refused', () => {
  const attention = (config: object, steps: number | null = 5) => {
    const input = node('InputLayer', { name: 'x', batch_input_shape: [null, steps, 2] }, []);
    const own = node('Attention', { ...config }, [
      ['x', 0, 0],
      ['x', 0, 0],
    ]);
    const ends = { input_layers: [['x', 0, 0]], output_layers: [['attention', 0, 0]] };
    const config_ = { layers: [input, own], ...ends };
    const { modelJson, shard } = fileOf({ class_name: 'Functional', config: config_ });
    return problemsIn(() => readTfjs(modelJson, shard));
  };
  expect(attention({})).toEqual([]);
  expect(attention({ score_mode: 'concat' })).toEqual([
    "Attention 'attention': score_mode 'concat': scores of another kind",
  ]);
  expect(attention({ causal: true })).toEqual([
    "Attention 'attention': causal true: a mask of the steps to come",
  ]);
  expect(attention({}, null)).toEqual(["Attention 'attention': an unknown number of steps"]);
  expect(attention({}, 5000)).toEqual([
    "Attention 'attention': 5000 steps, each beside each other",
  ]);
});

test('a model of whole sequences still takes no single step', () => {
  const layers = [
    first('SimpleRNN', rnn, 1),
    layer('RepeatVector', { n: 2 }),
    layer('Dense', { units: 1 }),
  ];
  const weights = { ...weightsOf('simplernn'), 'dense/kernel': [1, 1], 'dense/bias': [1] };
  const m = stateful(sequential(layers, weights));
  expect(refusal(() => m([1]))).toContain('expected a whole sequence');
});
