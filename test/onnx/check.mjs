// Runs the ONNX files that the library writes, and those that PyTorch exported, in onnxruntime-node
// and here: the outputs over 200 steps, the states fed back. Prints the largest differences and
// fails above 1e-6.
//
//   npm install --prefix test/onnx --ignore-scripts && npm run build && node test/onnx/check.mjs

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import * as r from '../../dist/core.js';
import { readOnnx, writeOnnx } from '../../dist/io/onnx/index.js';
import { models, portModels } from './models.mjs';

const { quick } = new Command('node test/onnx/check.mjs')
  .description(
    'Runs the ONNX files that the library writes, and those that PyTorch exported, in ' +
      'onnxruntime-node and here; prints the largest differences and exits with 1 above 1e-6.',
  )
  .option('--quick', '20 steps of each in place of 200')
  .parse()
  .opts();
const ort = await import('onnxruntime-node');

const steps = quick ? 20 : 200;
const worst = 1e-6;
let failed = 0;

/** A sine or so for each feature: nothing that repeats. */
function datum(t, size) {
  return Float32Array.from({ length: size }, (_, i) => Math.sin(0.37 * t * (i + 1) + i * i) * 0.9);
}

/** Uniform in ±0.5, the same each time. */
function random(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
}

const float = (values, dims) => new ort.Tensor('float32', values, dims);

/** The shape of an input with a batch of one, and `count` steps. */
function dimsOf(session, name, count) {
  const { shape } = session.inputMetadata.find(input => input.name === name);
  return shape.map(dim => (dim === 'steps' ? count : typeof dim === 'number' && dim > 0 ? dim : 1));
}

/** What onnxruntime gives, `chunk` steps at a time. */
async function runtimeOutputs(bytes, inputs, chunk) {
  const session = await ort.InferenceSession.create(bytes);
  const sizes = session.inputNames.filter(name => name !== 'x');
  const states = Object.fromEntries(
    sizes.map(name => {
      const dims = dimsOf(session, name, 1);
      return [name, float(new Float32Array(dims.reduce((a, b) => a * b, 1)), dims)];
    }),
  );
  const outputs = [];
  for (let t = 0; t < inputs.length; t += chunk) {
    const part = inputs.slice(t, t + chunk);
    const x = float(
      Float32Array.from(part.flatMap(row => [...row])),
      dimsOf(session, 'x', part.length),
    );
    const result = await session.run({ x, ...states });
    outputs.push(...result.y.data);
    for (const name of sizes) states[name] = result[name.replace(/0$/, 'N')];
  }
  return outputs;
}

/** The largest |a − b| / max(1, |a|). */
const differences = (a, b) => {
  if (a.length !== b.length) return Number.NaN;
  return a.reduce((most, v, i) => Math.max(most, Math.abs(v - b[i]) / Math.max(1, Math.abs(v))), 0);
};

function tell(name, ...figures) {
  const ok = figures.every(([, value]) => value <= worst);
  if (!ok) failed += 1;
  const texts = figures.map(([what, value]) => `${what} ${value.toExponential(1)}`);
  console.log(`${ok ? 'ok  ' : 'BAD '} ${name}: ${texts.join(', ')}`);
}

const run = (model, inputs) =>
  r
    .stateful(model)
    .map(inputs)
    .flatMap(y => [...y]);

/** The model that the reader makes of it; it reads states of recurrent nodes alone. */
function readAgain(bytes) {
  try {
    return readOnnx(bytes);
  } catch (error) {
    if (error.problems) return undefined;
    throw error;
  }
}

for (const [name, model, give] of models(random)) {
  const bytes = writeOnnx(model);
  const inputs = Array.from({ length: steps }, (_, t) => give?.(t) ?? datum(t, model.inputSize));
  const own = r
    .stateful(model)
    .map(inputs)
    .flatMap(y => [...y]);
  const figures = [['by steps', differences(own, await runtimeOutputs(bytes, inputs, 1))]];
  const session = await ort.InferenceSession.create(bytes);
  const isSequence = session.inputMetadata[0].shape.length === 3;
  if (isSequence) {
    figures.push(['by 7', differences(own, await runtimeOutputs(bytes, inputs, 7))]);
  }
  const again = readAgain(bytes);
  if (again) figures.push(['read again', differences(own, run(again, inputs))]);
  tell(`${name}${isSequence ? '' : ' (one step)'}, ${bytes.length} bytes`, ...figures);
}

/** An event of several inputs by name, and an answer as one array. */
const eventOf = (sizes, t) =>
  Object.fromEntries(Object.entries(sizes).map(([name, n], i) => [name, datum(t + 50 * i, n)]));
const portsOf = (size, name) => (typeof size === 'number' ? { [name]: size } : size);

for (const [name, model] of portModels(random)) {
  const session = await ort.InferenceSession.create(writeOnnx(model));
  const [sizes, outputs] = [portsOf(model.inputSize, 'x'), portsOf(model.outputSize, 'y')];
  const stateNames = session.inputNames.filter(input => !(input in sizes));
  const feeds = {};
  for (const input of stateNames) {
    const dims = dimsOf(session, input, 1);
    feeds[input] = float(new Float32Array(dims.reduce((a, b) => a * b, 1)), dims);
  }
  const own = r.stateful(model);
  const figures = new Map(Object.keys(outputs).map(output => [output, [[], []]]));
  for (let t = 0; t < steps; t++) {
    const event = eventOf(sizes, t);
    const y = own(typeof model.inputSize === 'number' ? event.x : event);
    for (const input of Object.keys(sizes)) {
      feeds[input] = float(event[input], dimsOf(session, input, 1));
    }
    const result = await session.run(feeds);
    for (const [output, [ours, theirs]] of figures) {
      ours.push(...(typeof model.outputSize === 'number' ? y : y[output]));
      theirs.push(...result[output].data);
    }
    for (const input of stateNames) feeds[input] = result[input.replace(/0$/, 'N')];
  }
  tell(name, ...[...figures].map(([output, pair]) => [output, differences(...pair)]));
}

/** What onnxruntime answers to `count` steps, or to as many windows one by one. */
async function exported(path, told, inputs) {
  // By its path: the file may have weights in another one.
  const session = await ort.InferenceSession.create(path);
  const names = session.inputNames.filter(name => name !== 'x');
  const states = Object.fromEntries(
    names.map(name => {
      const { shape } = session.inputMetadata.find(input => input.name === name);
      return [name, float(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape)];
    }),
  );
  const { steps, features, input } = told;
  const shape = input.shape.map((n, i) =>
    i === steps ? inputs.length : i === told.single ? 1 : n,
  );
  const stride = i => shape.slice(i + 1).reduce((a, b) => a * b, 1);
  const place = (t, i) =>
    (steps === null ? 0 : t * stride(steps)) + (features < 0 ? 0 : i * stride(features));
  const fill = rows => {
    const x = new Float32Array(shape.reduce((a, b) => a * b, 1));
    for (const [t, row] of rows.entries()) for (const [i, v] of row.entries()) x[place(t, i)] = v;
    if (features >= 0) return float(x, shape);
    return new ort.Tensor('int64', BigInt64Array.from(x, BigInt), shape);
  };
  if (steps !== null) return [...(await session.run({ x: fill(inputs), ...states })).y.data];
  const outputs = [];
  for (const row of inputs) {
    const result = await session.run({ x: fill([row]), ...states });
    outputs.push(...result.y.data);
    for (const name of names) states[name] = result[name.replace(/0$/, 'n')];
  }
  return outputs;
}

const golden = fileURLToPath(new URL('../golden/onnx/', import.meta.url));
for (const file of readdirSync(golden).filter(name => name.endsWith('.onnx'))) {
  const bytes = new Uint8Array(readFileSync(golden + file));
  const told = JSON.parse(readFileSync(golden + file.replace('.onnx', '.json'), 'utf8'));
  const { features, input, alone } = told;
  const inputs = Array.from({ length: steps }, (_, t) =>
    features < 0 ? [(t * 7) % 10] : datum(t, input.shape[features]),
  );
  const beside = `${file}.data`;
  const data = existsSync(golden + beside)
    ? { [beside]: new Uint8Array(readFileSync(golden + beside)) }
    : {};
  if (alone) {
    const ys = run(readOnnx(bytes, { data, stateful: false }), inputs);
    // One step, and no state goes out: for onnxruntime each is a sequence of its own.
    const theirs = await exported(
      golden + file,
      { ...told, steps: null, single: told.steps },
      inputs,
    );
    tell(`PyTorch's ${file}, stateless`, ['onnxruntime', differences(ys, theirs)]);
    continue;
  }
  const ys = run(readOnnx(bytes, { data }), inputs);
  const theirs = await exported(golden + file, told, inputs);
  // One answer to a sequence: ours comes after each step, too.
  tell(`PyTorch's ${file}`, ['onnxruntime', differences(ys.slice(-theirs.length), theirs)]);
}

console.log(failed ? `${failed} above ${worst}` : `all within ${worst}`);
process.exitCode = failed ? 1 : 0;
