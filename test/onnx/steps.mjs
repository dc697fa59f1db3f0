// Writes test/golden/onnx-steps.json: small graphs of one step, and what onnxruntime answers to
// them over some steps, their states fed back.
//
//   npm install --prefix test/onnx --ignore-scripts && npm run build
//   node test/onnx/steps.mjs [--check]

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { encodeModel } from '../../dist/io/onnx/encode.js';
import { unlike } from '../golden/unlike.mjs';
import { cases } from './step-cases.mjs';

const { check } = new Command('node test/onnx/steps.mjs')
  .description('Writes test/golden/onnx-steps.json: graphs of one step, and their answers.')
  .option('--check', 'write nothing: compare with the file that is there')
  .parse()
  .opts();
const ort = await import('onnxruntime-node');

const golden = fileURLToPath(new URL('../golden/onnx-steps.json', import.meta.url));
const installed = new URL('node_modules/onnxruntime-node/package.json', import.meta.url);
const { version } = JSON.parse(readFileSync(installed, 'utf8'));
const short = values => [...values].map(v => Number(v.toPrecision(8)));
const product = dims => dims.reduce((a, b) => a * b, 1);

const results = [];
for (const { name, nodes, inputs, states, tensors, outputs, set } of cases) {
  const initializers = Object.entries(tensors).map(([own, [dims, values]]) => ({
    ...{ name: own, dims, values },
  }));
  const graph = {
    ...{ name: 'test', nodes, initializers },
    inputs: Object.entries(inputs).map(([own, dims]) => ({ name: own, dims })),
    outputs: outputs.map(own => ({ name: own, dims: [] })),
  };
  const bytes = encodeModel(graph, set);
  const count = Object.keys(states).length ? 4 : 1;
  const zeros = Object.keys(states).map(own => [own, new Float32Array(product(inputs[own]))]);
  let kept = Object.fromEntries(zeros);
  const steps = [];
  try {
    const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 });
    for (let t = 0; t < count; t++) {
      const data = Object.entries(inputs).filter(([own]) => !(own in states));
      const x = Object.fromEntries(
        data.map(([own, dims], k) => [
          own,
          short(
            Float32Array.from({ length: product(dims) }, (_, i) =>
              Math.fround(1.5 * Math.sin(2.3 * i + 1 + 0.7 * t + k)),
            ),
          ),
        ]),
      );
      const values = { ...x, ...kept };
      const feeds = Object.entries(inputs).map(([own, dims]) => {
        return [own, new ort.Tensor('float32', Float32Array.from(values[own]), dims)];
      });
      const made = await session.run(Object.fromEntries(feeds));
      const y = Object.fromEntries(outputs.map(own => [own, short(made[own].data)]));
      kept = Object.fromEntries(
        Object.entries(states).map(([own, next]) => [own, made[next].data]),
      );
      steps.push({ x, y });
    }
    results.push({ name, states, model: Buffer.from(bytes).toString('base64'), steps });
  } catch (error) {
    console.log(`${name}: ${error.message}`);
    process.exitCode = 1;
  }
}
const lines = results.map(result => JSON.stringify(result));
const text = `{"madeWith":"onnxruntime-node ${version}","cases":[\n${lines.join(',\n')}\n]}\n`;
if (check) {
  const { madeWith: _, ...committed } = JSON.parse(readFileSync(golden, 'utf8'));
  const { madeWith: __, ...made } = JSON.parse(text);
  const place = unlike(made, committed);
  console.log(`${results.length} graphs compared${place ? `; differs at ${place}` : ''}`);
  if (place) process.exitCode = 1;
} else if (!process.exitCode) {
  writeFileSync(golden, text);
  console.log(`${results.length} graphs, ${text.length} bytes`);
}
