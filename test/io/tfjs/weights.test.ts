import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readTfjs } from '../../../src/io/tfjs/index.js';
import { type GoldenCase, uniform } from '../../golden/generate.js';
import { layersOf } from '../../golden/run.js';
import { refusal } from '../files.js';

const golden = new URL('../../golden/torch.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(golden, 'utf8')) as { cases: GoldenCase[] };

const kinds = {
  rnn: { kind: 'SimpleRNN', gates: 1, order: [0] },
  lstm: { kind: 'LSTM', gates: 4, order: [0, 1, 2, 3] },
  // PyTorch stacks r z n; Keras z r h.
  gru: { kind: 'GRU', gates: 3, order: [1, 0, 2] },
};

/** A row-major matrix `[gates · units, columns]` as Keras's `[columns, gates · units]`. */
function turned(values: Float32Array, columns: number, order: readonly number[]): Float32Array {
  const [rows, units] = [values.length / columns, values.length / columns / order.length];
  return Float32Array.from({ length: values.length }, (_, k) => {
    const [column, row] = [Math.floor(k / rows), k % rows];
    const gate = order[Math.floor(row / units)];
    return values[(gate * units + (row % units)) * columns + column];
  });
}

/** A layer of torch.nn as a layers model that Keras could have written. */
function modelOf({ cell, inputSize, hiddenSize: units, bias, options, tensors }: GoldenCase) {
  const { kind, gates, order } = kinds[cell as keyof typeof kinds];
  const drawn = tensors.map(({ name, seed, scale, shape }) => {
    return [
      name,
      uniform(
        seed,
        shape.reduce((a, b) => a * b, 1),
        scale,
      ),
    ] as const;
  });
  const { weightIh, weightHh, biasIh, biasHh } = Object.fromEntries(drawn);
  const width = gates * units;
  const weights = [
    { name: 'kernel', shape: [inputSize, width], data: turned(weightIh, inputSize, order) },
    { name: 'recurrent_kernel', shape: [units, width], data: turned(weightHh, units, order) },
  ];
  if (bias) {
    const two = [biasIh, biasHh].map(values => turned(values, 1, order));
    const data = Float32Array.from(two.flatMap(values => [...values]));
    weights.push({ name: 'bias', shape: [2, width], data });
  }
  const config = {
    ...{ name: 'layer', units, use_bias: bias, batch_input_shape: [null, null, inputSize] },
    ...{ return_sequences: true, ...options },
    ...(cell !== 'rnn' && { recurrent_activation: 'sigmoid' }),
    ...(cell === 'gru' && { reset_after: true }),
  };
  const specs = weights.map(({ name, shape }) => {
    return { name: `layer/${name}`, shape, dtype: 'float32' };
  });
  const modelJson = {
    modelTopology: {
      ...{ keras_version: '2.15.0', class_name: 'Sequential' },
      config: { layers: [{ class_name: kind, config }] },
    },
    weightsManifest: [{ paths: ['a.bin'], weights: specs }],
  };
  const bytes = Buffer.concat(weights.map(({ data }) => Buffer.from(data.buffer)));
  return { modelJson, shard: new Uint8Array(bytes) };
}

const single = cases.filter(one => one.layers === 1 && !one.projectionSize);
const grus = single.filter(one => one.cell === 'gru').slice(0, 4);
const withoutBias = single.filter(one => !one.bias).slice(0, 3);

test.each([...grus, ...withoutBias].map(one => [one.name, one] as const))(
  '%s of PyTorch, laid out as Keras does, comes back bit for bit',
  (_, one) => {
    const { modelJson, shard } = modelOf(one);
    const model = readTfjs(modelJson, shard);
    const [layer] = layersOf(one);
    expect(model.params).toEqual(layer.params);
    expect(String(model)).toBe(String(layer));
  },
);

const [gru] = grus;
const { modelJson, shard } = modelOf(gru);
const [manifest] = modelJson.weightsManifest;

test('shards may come each, or all in one', () => {
  const cut = Math.floor(shard.length / 2);
  const two = { ...modelJson, weightsManifest: [{ ...manifest, paths: ['a.bin', 'b.bin'] }] };
  const parts = [shard.subarray(0, cut), shard.subarray(cut)];
  const whole = readTfjs(modelJson, shard).params;
  expect(readTfjs(two, parts).params).toEqual(whole);
  expect(readTfjs(two, shard).params).toEqual(whole);
  expect(readTfjs(JSON.stringify(two), [shard]).params).toEqual(whole);
  const text = new TextEncoder().encode(JSON.stringify(two));
  expect(readTfjs(text, parts).params).toEqual(whole);
});

test('shards that are too few, too many or too short are refused', () => {
  const two = { ...modelJson, weightsManifest: [{ ...manifest, paths: ['a.bin', 'b.bin'] }] };
  const three = [shard, shard, shard];
  expect(refusal(() => readTfjs(two, three))).toBe(
    'shards: expected 2, as many as there are paths, or all in one, got 3',
  );
  expect(refusal(() => readTfjs(modelJson, shard.subarray(1)))).toBe(
    `shards: expected ${shard.length} bytes, got ${shard.length - 1}; one is cut short`,
  );
  expect(refusal(() => readTfjs(modelJson, 'a.bin' as never))).toBe(
    "shards: expected bytes as Uint8Arrays, got 'a.bin'",
  );
});

/** The model with one of its weights told otherwise. */
function told(change: object) {
  const [first, ...others] = manifest.weights;
  const weights = [{ ...first, ...change }, ...others];
  return refusal(() =>
    readTfjs({ ...modelJson, weightsManifest: [{ ...manifest, weights }] }, shard),
  );
}

test('a manifest that lies is refused', () => {
  const { shape } = manifest.weights[0];
  const reversed = [...shape].reverse();
  expect(told({ shape: reversed })).toBe(
    `GRU 'layer' 'layer/kernel': expected kernel [${shape.join(', ')}], got [${reversed.join(', ')}]`,
  );
  expect(told({ shape: [2 ** 31, 2 ** 31] })).toMatch(/^shards: expected \d{19,} bytes, got/);
  expect(told({ shape: [-1, 3] })).toContain(
    "weight 'layer/kernel' shape: expected at most 8 counts",
  );
  expect(told({ dtype: 'string' })).toBe(
    "weight 'layer/kernel' dtype: expected float32, int32, uint8, bool, got 'string'",
  );
  expect(told({ name: 'layer/other' })).toContain("GRU 'layer': expected kernel");
  expect(told({ name: 'other/kernel' })).toContain("GRU 'layer': expected kernel");
  expect(told({ name: 'layer/bias' })).toBe(
    "weights: expected every name once, got 'layer/bias' twice",
  );
  expect(told({ quantization: { dtype: 'uint4' } })).toContain("got 'float32' as 'uint4'");
  expect(told({ quantization: { dtype: 'uint8', scale: 1 } })).toContain(
    'min: expected a finite number',
  );
});

test('fields of a weight that are not read are refused by their names', () => {
  const read = (more: object) => {
    const kernel = { name: 'dense/kernel', shape: [1, 1], dtype: 'float32', ...more };
    const config = { name: 'dense', units: 1, use_bias: false, batch_input_shape: [null, 1] };
    const modelTopology = {
      class_name: 'Sequential',
      config: { layers: [{ class_name: 'Dense', config }] },
    };
    const weightData = new Float32Array(1).buffer;
    return refusal(() => readTfjs({ modelTopology, weightSpecs: [kernel], weightData }));
  };
  expect(read({ layout: 'column-major' })).toBe(
    "weight 'dense/kernel': expected fields of name, shape, dtype, group, quantization, got 'layout'",
  );
  const quantization = { dtype: 'uint8', scale: 1, min: 0, zero_point: 3 };
  expect(read({ quantization })).toBe(
    "weight 'dense/kernel': expected fields of dtype, scale, min, original_dtype, got 'zero_point'",
  );
});

test('weights that nobody claims are refused', () => {
  const weights = [...manifest.weights, { name: 'lost/kernel', shape: [1], dtype: 'float32' }];
  const all = new Uint8Array([...shard, 0, 0, 0, 0]);
  const read = () => readTfjs({ ...modelJson, weightsManifest: [{ ...manifest, weights }] }, all);
  expect(refusal(read)).toBe("weights 'lost/kernel': expected a layer that has them, got [1]");
});
