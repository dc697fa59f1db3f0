import { describe, expect, test } from 'vitest';
import { checkConfig } from '../../../src/io/keras/check-config.js';
import { serialized } from '../../../src/io/keras/classes.js';
import { commonFields, configFields } from '../../../src/io/keras/config-fields.js';
import { readerOf } from '../../../src/io/keras/layer-kinds.js';
import { readTfjs } from '../../../src/io/tfjs/index.js';
import { cases, maskedCases, shardOf } from '../tfjs/models.js';
import { fileOf, type LayerJson, layer, type Shapes } from './configs.js';
import { nets } from './matrix-nets.js';

const classes = Object.entries(configFields);

/** What is told of a class's config. */
function told(class_name: string, config: object, beside = {}): string[] {
  const problems: string[] = [];
  checkConfig(serialized('a layer', { class_name, config, ...beside }), why => problems.push(why));
  return problems;
}

describe.each(classes)('%s', (kind, { read, neutral, only }) => {
  test('a field that no version of Keras has is refused by its name', () => {
    expect(told(kind, { name: 'a', mystery: 1 })).toEqual(["an unknown field, 'mystery'"]);
    expect(told(kind, {}, { mystery: false })).toEqual(["an unknown field, 'mystery'"]);
  });

  test('fields that are null, or about training, say nothing', () => {
    const all = [...commonFields, ...read, ...neutral, ...Object.keys(only), 'mystery'];
    expect(told(kind, Object.fromEntries(all.map(name => [name, null])))).toEqual([]);
    expect(told(kind, Object.fromEntries(neutral.map(name => [name, 'anything'])))).toEqual([]);
  });

  test('fields of one value are refused by name if they have another', () => {
    for (const [name, { values, why }] of Object.entries(only)) {
      for (const value of values) expect(told(kind, { [name]: value })).toEqual([]);
      const shown = name === 'data_format' ? "'channels_first'" : '7';
      const value = name === 'data_format' ? 'channels_first' : 7;
      expect(told(kind, { [name]: value })).toEqual([`${name} ${shown}: ${why}`]);
    }
  });

  test('numbers that are no floats are refused', () => {
    for (const name of ['float32', 'float16', 'mixed_float16', 'mixed_bfloat16', 'float64']) {
      expect(told(kind, { dtype: name })).toEqual([]);
      expect(told(kind, { dtype: { class_name: 'DTypePolicy', config: { name } } })).toEqual([]);
    }
    expect(told(kind, { dtype: 'string' })).toEqual(["dtype 'string'"]);
    const quantised = { class_name: 'QuantizedDTypePolicy', config: { mode: 'int8' } };
    expect(told(kind, { dtype: quantised })).toEqual(['dtype of a class of its own']);
  });
});

test('every class that is read has its fields told', () => {
  const noLayers = /^(Sequential|Functional|Model|InputLayer|StackedRNNCells|\w+Cell)$/;
  const layers = Object.keys(configFields).filter(kind => !noLayers.test(kind));
  expect(layers.filter(kind => !readerOf(kind))).toEqual([]);
  expect(readerOf('Lambda')).toBeUndefined();
});

/** A cell's weights. */
const gates = (count: number): Shapes => ({
  kernel: [2, count],
  recurrent_kernel: [1, count],
  bias: [count],
});

/** Weights by longer names. */
const within = (path: string, shapes: Shapes): Shapes =>
  Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [`${path}/${name}`, shape]));

const gru = (kind: string, more: object = {}) =>
  layer(kind, { units: 1, reset_after: false, ...more });

/** Layers that tfjs's own files do not have, or not with all that may be read. */
const examples: readonly [one: LayerJson, weights?: Shapes][] = [
  [gru('GRU'), gates(3)],
  [layer('RNN', { cell: layer('LSTMCell', { units: 1 }) }), gates(4)],
  [layer('RNN', { cell: layer('SimpleRNNCell', { units: 1 }) }), gates(1)],
  [
    layer('Bidirectional', {
      layer: gru('GRU'),
      backward_layer: gru('GRU', { go_backwards: true }),
    }),
    { ...within('forward_gru', gates(3)), ...within('backward_gru', gates(3)) },
  ],
  [layer('Conv1D', { filters: 1, kernel_size: [1] }), { kernel: [1, 2, 1], bias: [1] }],
  [layer('DepthwiseConv1D', { kernel_size: [1] }), { depthwise_kernel: [1, 2, 1], bias: [2] }],
  [
    layer('SeparableConv1D', { filters: 1, kernel_size: [1] }),
    { depthwise_kernel: [1, 2, 1], pointwise_kernel: [1, 2, 1], bias: [1] },
  ],
  [layer('GlobalMaxPooling1D')],
  [layer('ReLU')],
  [layer('ThresholdedReLU')],
  [layer('Reshape', { target_shape: [5, 2] })],
  [layer('Permute', { dims: [1, 2] })],
  ...(['UpSampling1D', 'ZeroPadding1D', 'Cropping1D', 'Rescaling'] as const).map(
    (kind): [LayerJson] => [layer(kind)],
  ),
  [layer('Normalization'), { mean: [2], variance: [2], count: [] }],
  [
    layer('Conv1DTranspose', { filters: 1, kernel_size: [2], strides: [2] }),
    { kernel: [2, 1, 2], bias: [1] },
  ],
  [layer('CuDNNLSTM', { units: 1 }), { kernel: [2, 4], recurrent_kernel: [1, 4], bias: [8] }],
  [layer('CuDNNGRU', { units: 1 }), { kernel: [2, 3], recurrent_kernel: [1, 3], bias: [6] }],
  ...['AlphaDropout', 'GaussianDropout', 'GaussianNoise', 'SpatialDropout1D', 'Identity'].map(
    (kind): [LayerJson] => [layer(kind)],
  ),
  [layer('ActivityRegularization')],
  [
    layer('GroupNormalization', { groups: 1, batch_input_shape: [null, 2] }),
    { gamma: [2], beta: [2] },
  ],
  [layer('RMSNormalization'), { scale: [2] }],
];

/** Names of fields, by class, that somebody looked at. */
type Seen = Map<string, Set<string>>;

/** A value out of a file that tells which fields of configs are looked at. */
function watched(value: unknown, seen: Seen, kind?: string): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const names = seen.get(kind ?? '') ?? new Set();
  if (kind !== undefined) seen.set(kind, names);
  return new Proxy(value, {
    get(target, name) {
      names.add(String(name));
      const class_name = name === 'config' ? Reflect.get(target, 'class_name') : undefined;
      return watched(Reflect.get(target, name), seen, class_name as string | undefined);
    },
    getOwnPropertyDescriptor(target, name) {
      // A list of all names asks for those that are there.
      if (!Object.hasOwn(target, name)) names.add(String(name));
      return Reflect.getOwnPropertyDescriptor(target, name);
    },
  });
}

test('every field that is said to be read is looked at by the reader of its class', () => {
  const seen: Seen = new Map();
  const read = (modelJson: object, shard: Uint8Array) => {
    readTfjs(watched(modelJson, seen) as object, shard, { masking: 'ignore' });
  };
  for (const one of [...cases, ...maskedCases]) {
    read(one.modelJson, shardOf(one));
    const text = JSON.stringify(one.modelJson).replace('"Model"', '"Functional"');
    read(JSON.parse(text), shardOf(one));
  }
  const readTfjsText = (text: string, shard: Uint8Array) => read(JSON.parse(text), shard);
  for (const { forms } of nets()) {
    forms.find(({ form }) => form === 'model.json')?.read({ readTfjs: readTfjsText });
  }
  for (const [one, weights = {}] of examples) {
    const config = { layers: [one], build_input_shape: [null, 5, 2] };
    const model = { class_name: 'Sequential', config };
    const { modelJson, shard } = fileOf(model, within(String(one.config.name), weights));
    read(modelJson, shard);
  }
  const forgotten = classes.flatMap(([kind, { read }]) => {
    return read.filter(name => !seen.get(kind)?.has(name)).map(name => `${kind}.${name}`);
  });
  expect(forgotten).toEqual([]);
  const unseen = Object.keys(configFields).filter(kind => !seen.has(kind));
  expect(unseen).toEqual([]);
});
