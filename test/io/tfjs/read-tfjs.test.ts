import { expect, test } from 'vitest';
import { mapSequences, stateful } from '../../../src/index.js';
import { readTfjs } from '../../../src/io/tfjs/index.js';
import { refusal } from '../files.js';
import { joined } from '../keras/files.js';
import { caseNamed, cases, maskedCases, rowsOf, shardOf } from './models.js';

/** Largest difference of answers from those of tfjs, which come in the same order. */
function distance(got: readonly Float32Array[], wanted: readonly (readonly number[])[]): number {
  expect(got.map(({ length }) => length)).toEqual(wanted.map(({ length }) => length));
  return Math.max(...got.flatMap((y, t) => [...y].map((v, i) => Math.abs(v - wanted[t][i]))));
}

test.each(cases.map(one => [one.name, one] as const))('%s: the numbers of tfjs', (_, one) => {
  const model = readTfjs(one.modelJson, shardOf(one));
  const { input, output } = one;
  const steps = rowsOf(input.values, model.inputSize);
  const ys = stateful(model).map(steps).map(joined);
  // Of a model that answers once, a stream answers at each step: the last is Keras's. Steps that a
  // vector became are one vector again.
  const wanted = rowsOf(output.values, ys[0].length);
  expect(distance(ys.slice(-wanted.length), wanted)).toBeLessThan(1e-5);
});

test('what tfjs hands to a handler of save is read, its weights in one buffer or in several', () => {
  const one = caseNamed('with the numbers of an optimizer');
  const bytes = shardOf(one);
  const [{ weights: weightSpecs }] = one.modelJson.weightsManifest;
  const { modelTopology } = one.modelJson;
  const artifacts = { format: 'layers-model', modelTopology, weightSpecs };
  const parts = [bytes.slice(0, 6), bytes.slice(6)].map(({ buffer }) => buffer);
  const { params } = readTfjs(one.modelJson, bytes);
  for (const weightData of [bytes.slice().buffer, parts, bytes]) {
    expect(readTfjs({ ...artifacts, weightData }).params).toEqual(params);
  }
  expect(refusal(() => readTfjs({ ...artifacts, weightData: 'AAAA' }))).toBe(
    "weightData: expected an ArrayBuffer, or a list of them, got 'AAAA'",
  );
  expect(refusal(() => readTfjs(one.modelJson))).toBe(
    'shards: expected bytes as Uint8Arrays, got undefined; or a model with weightSpecs',
  );
});

test.each(maskedCases.map(one => [one.name, one] as const))('%s: the numbers of tfjs', (_, one) => {
  const model = readTfjs(one.modelJson, shardOf(one), { masking: 'ignore' });
  const { input, output, mask } = one;
  const steps = rowsOf(input.values, model.inputSize);
  const wanted = rowsOf(output.values, output.shape[output.shape.length - 1]);
  const [{ outputs }] = mapSequences(model, [steps], { mask });
  expect(distance(outputs.slice(-wanted.length), wanted)).toBeLessThan(1e-6);
});

test('the JSON of Keras 3, with weights by number, is the same model', () => {
  const one = caseNamed('LSTM and Dense');
  const { layers } = (one.modelJson.modelTopology as { config: { layers: JsonLayer[] } }).config;
  const [{ weights }] = one.modelJson.weightsManifest;
  const names = [
    'lstm/cell/vars/0',
    'lstm/cell/vars/1',
    'lstm/cell/vars/2',
    'dense/vars/0',
    'dense/vars/1',
  ];
  const { batch_input_shape: batch_shape, ...lstm } = layers[0].config;
  const keras = (class_name: string, config: object) => {
    return { module: 'keras.layers', class_name, config, registered_name: null };
  };
  const modelTopology = {
    keras_version: '3.5.0',
    model_config: {
      ...{ module: 'keras', class_name: 'Sequential', registered_name: 'Sequential' },
      config: {
        layers: [
          keras('InputLayer', { batch_shape, name: 'input' }),
          keras('LSTM', { ...lstm, name: 'any' }),
          keras('Dense', { ...layers[1].config, name: 'other' }),
        ],
      },
    },
  };
  const specs = weights.map((spec, i) => ({
    ...spec,
    name: `_layer_checkpoint_dependencies/${names[i]}`,
  }));
  const json = { modelTopology, weightsManifest: [{ paths: ['a.bin'], weights: specs }] };
  const model = readTfjs(json, shardOf(one));
  expect(model.params).toEqual(readTfjs(one.modelJson, shardOf(one)).params);
  expect(String(model)).toContain('gateActivation=hardSigmoid6');
});

interface JsonLayer {
  readonly config: Readonly<Record<string, unknown>>;
}
