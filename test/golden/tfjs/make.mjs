/**
 * Writes models.json: layers models of TensorFlow.js with seeded weights, as it saves them, and
 * what its own CPU backend computes for them.
 *
 *   npm install --prefix test/golden/tfjs --no-package-lock
 *   node test/golden/tfjs/make.mjs
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { unlike } from '../unlike.mjs';
import { laterModels, maskedModels, models, quantised } from './models.mjs';

const { check } = new Command('node test/golden/tfjs/make.mjs')
  .description(
    'Writes models.json: layers models of TensorFlow.js with seeded weights, as it saves them, and ' +
      'what its own CPU backend computes for them.',
  )
  .option('--check', 'write nothing: compare with the file that is there')
  .parse()
  .opts();

const { default: tf } = await import('@tensorflow/tfjs');
await tf.setBackend('cpu');

/** Repeatable numbers in [-scale, scale), of 24 bits each: float32 holds them. */
function numbers(seed, count, scale) {
  let state = seed >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (((state >>> 8) / 2 ** 24) * 2 - 1) * scale;
  });
}

function seeded(weight, seed) {
  const count = weight.shape.reduce((product, n) => product * n, 1);
  const values = numbers(seed, count, 0.6);
  // A variance is never below 0.
  const isVariance = weight.name.includes('variance');
  const given = isVariance ? values.map(v => Math.abs(v) + 0.1) : values;
  return tf.tensor(given, weight.shape);
}

async function saved(model, config) {
  let artifacts;
  await model.save(
    tf.io.withSaveHandler(async given => {
      artifacts = given;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
    config,
  );
  return artifacts;
}

function inputOf(model, seed, { mask, hidden = [] }) {
  const [, ...shape] = model.inputs[0].shape;
  const indices = model.layers.find(({ inputDim }) => inputDim);
  const values = numbers(
    seed,
    shape.reduce((product, n) => product * n, 1),
    1,
  );
  const chosen = indices
    ? Array.from(values, v => Math.floor(((v + 1) / 2) * indices.inputDim))
    : Array.from(values);
  const width = chosen.length / shape[0];
  for (const step of hidden) chosen.fill(mask, step * width, (step + 1) * width);
  return { shape, values: chosen };
}

function caseOf(name, model, modelJson, weightData, seed, masked = {}) {
  const input = inputOf(model, seed, masked);
  const outputs = [model.predict(tf.tensor(input.values, [1, ...input.shape]))].flat();
  // Outputs come one after another.
  const output = outputs.length > 1 ? tf.concat(outputs, -1) : outputs[0];
  return {
    name,
    ...(masked.mask !== undefined && { mask: masked.mask }),
    modelJson,
    weights: Buffer.from(weightData).toString('base64'),
    input,
    output: { shape: output.shape.slice(1), values: Array.from(output.dataSync()) },
  };
}

/** A model that was trained for a moment, with the numbers of its optimizer. */
async function trained() {
  const { layers } = tf;
  const shape = [4, 2];
  const model = tf.sequential({
    layers: [
      layers.gru({ units: 2, inputShape: shape, resetAfter: false }),
      layers.dense({ units: 1 }),
    ],
  });
  model.setWeights(model.weights.map((weight, i) => seeded(weight, 501 + i)));
  model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
  const batch = [tf.tensor(numbers(510, 8, 1), [1, ...shape]), tf.tensor([[0.5]])];
  await model.trainOnBatch(...batch);
  const { modelTopology, weightSpecs, weightData } = await saved(model, { includeOptimizer: true });
  const weightsManifest = [{ paths: ['group1-shard1of1.bin'], weights: weightSpecs }];
  const modelJson = { format: 'layers-model', modelTopology, weightsManifest };
  const bytes = tf.io.CompositeArrayBuffer?.join(weightData) ?? weightData;
  return caseOf('with the numbers of an optimizer', model, modelJson, bytes, 511);
}

const cases = [];
let seed = 0;
const [plain, later] = [models, laterModels].map(of => {
  return Object.entries(of(tf)).map(([name, make]) => ({ name, make }));
});
for (const { name, make, ...masked } of [...plain, ...maskedModels(tf), ...later]) {
  const model = make();
  model.setWeights(model.weights.map(weight => seeded(weight, ++seed)));
  const { modelTopology, weightSpecs, weightData } = await saved(model);
  const weightsManifest = [{ paths: ['group1-shard1of1.bin'], weights: weightSpecs }];
  const modelJson = { format: 'layers-model', modelTopology, weightsManifest };
  cases.push(
    caseOf(
      name,
      model,
      modelJson,
      tf.io.CompositeArrayBuffer?.join(weightData) ?? weightData,
      seed,
      masked,
    ),
  );
}
for (const dtype of ['uint8', 'uint16', 'float16']) {
  const { modelJson } = cases[0];
  const { specs, weightData } = quantised(modelJson.weightsManifest[0].weights, dtype, numbers);
  const model = await tf.loadLayersModel(
    tf.io.fromMemory({ ...modelJson, weightSpecs: specs, weightData }),
  );
  const weightsManifest = [{ paths: ['group1-shard1of1.bin'], weights: specs }];
  cases.push(
    caseOf(`quantised to ${dtype}`, model, { ...modelJson, weightsManifest }, weightData, 99),
  );
}
cases.push(await trained());
const text = `[\n${cases.map(one => JSON.stringify(one)).join(',\n')}\n]\n`;
const file = new URL('models.json', import.meta.url);
if (check) {
  const place = unlike(JSON.parse(text), JSON.parse(readFileSync(file, 'utf8')));
  process.stdout.write(`${cases.length} models compared${place ? `; differs at ${place}` : ''}\n`);
  process.exitCode = place ? 1 : 0;
} else writeFileSync(file, text);
