import { expect, test } from 'vitest';
import { stateful } from '../../../src/index.js';
import { readTfjs } from '../../../src/io/tfjs/index.js';
import { refusal } from '../files.js';
import {
  fileOf,
  first,
  functional,
  layer,
  node,
  type Output,
  problemsIn,
  type Shapes,
  sequential,
} from './configs.js';

/** Of numbers in float64, what Keras's formulas make. */
const near = (got: unknown, wanted: readonly number[]) => {
  const y = [...(got as Float32Array)];
  expect(y).toHaveLength(wanted.length);
  for (const [i, v] of wanted.entries()) expect(y[i]).toBeCloseTo(v, 6);
};

const x: Output = ['x', 0, 0];
const tensor = ([name, call, output]: Output) => ({
  class_name: '__keras_tensor__',
  config: { shape: [null, 5, 2], dtype: 'float32', keras_history: [name, call, output] },
});

/** A layer as Keras 3 calls it. */
function newer(kind: string, config: object, args: readonly unknown[], kwargs: object = {}) {
  const made = node(kind, config as Record<string, unknown>, []);
  return { ...made, module: 'keras.layers', inbound_nodes: [{ args, kwargs }] };
}

const rnn = { units: 1, activation: 'linear', use_bias: false };
const rnnWeights = { 'simplernn/kernel': [2, 1], 'simplernn/recurrent_kernel': [1, 1] };

test('the operations that make a mask, as Keras 3 writes them, are left out with the mask', () => {
  const notEqual = {
    ...newer('NotEqual', { name: 'not_equal' }, [tensor(x), 0]),
    module: 'keras.src.ops.numpy',
  };
  const mask = { mask: tensor(['not_equal', 0, 0]) };
  const layers = [notEqual, newer('SimpleRNN', rnn, [tensor(x)], mask)];
  const { modelJson, shard } = fileOf(functional(layers, [['simplernn', 0, 0]]), rnnWeights, '3');
  // All weights are 0.5.
  const model = readTfjs(modelJson, shard, { masking: 'ignore' });
  near(stateful(model)([1, 2]), [1.5]);
  expect(problemsIn(() => readTfjs(modelJson, shard))[0]).toMatch(/^SimpleRNN 'simplernn': masks/);
});

test('a number beside the inputs of an operation is refused by the operation', () => {
  const add = { ...newer('Add', {}, [tensor(x), 1.5]), module: 'keras.src.ops.numpy' };
  const { modelJson, shard } = fileOf(functional([add], [['add', 0, 0]]), {}, '3');
  expect(problemsIn(() => readTfjs(modelJson, shard))).toEqual(["Add 'add': '1.5' as an argument"]);
});

test('a function of TensorFlow, whose call is not in a list, is refused by its class', () => {
  const made = node('TFOpLambda', { name: 'tf.math.multiply', function: 'math.multiply' }, []);
  const op = { ...made, inbound_nodes: [['x', 0, 0, { y: 2, name: null }]] };
  const { modelJson, shard } = fileOf(functional([op], [['tf.math.multiply', 0, 0]]));
  expect(problemsIn(() => readTfjs(modelJson, shard))).toContain(
    "TFOpLambda 'tf.math.multiply': no layer of class 'TFOpLambda' here",
  );
});

test('arguments that are off are none', () => {
  const off = { use_causal_mask: false, return_attention_scores: false, training: false };
  const layers = [newer('SimpleRNN', rnn, [tensor(x)], off)];
  const { modelJson, shard } = fileOf(functional(layers, [['simplernn', 0, 0]]), rnnWeights, '3');
  near(stateful(readTfjs(modelJson, shard))([1, 2]), [1.5]);
  const on = [newer('SimpleRNN', rnn, [tensor(x)], { use_causal_mask: true })];
  const other = fileOf(functional(on, [['simplernn', 0, 0]]), rnnWeights, '3');
  expect(problemsIn(() => readTfjs(other.modelJson, other.shard))).toEqual([
    "SimpleRNN 'simplernn': 'use_causal_mask' as an argument",
  ]);
});

test('a layer at each step sees vectors, whose only axis is that of the features', () => {
  const names = ['gamma', 'beta', 'moving_mean', 'moving_variance'];
  const weights = Object.fromEntries(names.map(name => [`timedistributed/${name}`, [2]]));
  const norm = layer('BatchNormalization', { axis: [1], epsilon: 0.5 });
  const model = sequential([first('TimeDistributed', { layer: norm })], weights);
  // (x − 0.5) / √(0.5 + 0.5) · 0.5 + 0.5
  near(stateful(model)([1, 4]), [0.75, 2.25]);
  const others = ['ReLU', 'LeakyReLU', 'ELU', 'GaussianNoise', 'Identity'].map(kind => {
    return layer('TimeDistributed', { name: kind, layer: layer(kind, { name: 'a' }) });
  });
  const all = sequential([first('TimeDistributed', { layer: norm }), ...others], weights);
  near(stateful(all)([1, 4]), [0.75, 2.25]);
});

test.each([
  ['Maximum', ['a', 'b'], [1e8, -1]],
  ['Minimum', ['a', 'b'], [1, -1e8]],
  ['Maximum', ['a', 'b', 'c'], [1e8, Math.fround(-3e-5)]],
  ['Minimum', ['a', 'b', 'c'], [Math.fround(3e-5), -1e8]],
] as const)('%s of %j loses no digit', (kind, names, wanted) => {
  const scales = { a: 1e8, b: 1, c: 3e-5 };
  const layers = [
    ...Object.entries(scales).map(([name, scale]) => node('Rescaling', { name, scale }, [x])),
    node(
      kind,
      { name: 'm' },
      names.map((name): Output => [name, 0, 0]),
    ),
  ];
  const { modelJson, shard } = fileOf(functional(layers, [['m', 0, 0]]));
  expect([...stateful(readTfjs(modelJson, shard))([1, -1])]).toEqual(wanted);
});

test("an array of NumPy's in a config is its numbers", () => {
  const array = (value: unknown) => ({
    class_name: '__numpy__',
    config: { value, dtype: 'float32' },
  });
  const rescale = first('Rescaling', { scale: array([2, 4]), offset: array(1) });
  near(stateful(sequential([rescale]))([1, 1]), [3, 5]);
});

/** A layer of three or more features of one vector. */
const ofVector = (kind: string, size: number, config: object, weights: Shapes) => {
  return sequential([layer(kind, { batch_input_shape: [null, size], ...config })], weights);
};

test('GroupNormalization of a vector: each group by its own moments', () => {
  const weights = { 'groupnormalization/gamma': [4], 'groupnormalization/beta': [4] };
  const model = ofVector('GroupNormalization', 4, { groups: 2, epsilon: 0.25 }, weights);
  // Means 2 and 6, variances 1 and 4; gamma and beta are 0.5.
  const [a, b] = [1 / Math.sqrt(1.25), 2 / Math.sqrt(4.25)];
  near(
    stateful(model)([1, 3, 4, 8]),
    [-a, a, -b, b].map(v => v * 0.5 + 0.5),
  );
  const plain = { groups: 2, epsilon: 0.25, scale: false, center: false };
  near(stateful(ofVector('GroupNormalization', 4, plain, {}))([1, 3, 4, 8]), [-a, a, -b, b]);
  const [refused] = problemsIn(() => {
    sequential([first('GroupNormalization', { groups: 1 })], {});
  });
  expect(refused).toBe("GroupNormalization 'groupnormalization': moments of all steps");
});

test('RMSNormalization divides by the root of the mean square', () => {
  const weights = { 'rmsnormalization/scale': [2] };
  const model = sequential([first('RMSNormalization', { epsilon: 0.5 })], weights);
  const root = Math.sqrt(12.5 + 0.5);
  near(stateful(model)([3, 4]), [1.5 / root, 2 / root]);
});

test('values that are no numbers, in a model in memory, are refused by their field', () => {
  for (const value of [Symbol('x'), Object.create(null), '3', null]) {
    const reshape = first('Reshape', { target_shape: [value, 2] });
    expect(refusal(() => sequential([reshape]))).toMatch(
      /^Reshape 'reshape'\.target_shape: expected a list of finite numbers/,
    );
    const permute = first('Permute', { dims: [value, 1] });
    expect(refusal(() => sequential([permute]))).toMatch(
      /^Permute 'permute'\.dims: expected a list/,
    );
  }
});
