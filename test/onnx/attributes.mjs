// Writes test/golden/onnx-attributes.json: small graphs, one for each attribute that the reader
// honours, and what onnxruntime answers to them.
//
//   npm install --prefix test/onnx --ignore-scripts && npm run build
//   node test/onnx/attributes.mjs [--check]

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { encodeModel } from '../../dist/io/onnx/encode.js';
import { unlike } from '../golden/unlike.mjs';
import { cases, inputs } from './attribute-cases.mjs';

const { check } = new Command('node test/onnx/attributes.mjs')
  .description(
    'Writes test/golden/onnx-attributes.json: small graphs, one for each attribute that the ' +
      'reader of ONNX files honours, and what onnxruntime answers to them.',
  )
  .option('--check', 'write nothing: compare with the file that is there')
  .parse()
  .opts();
const ort = await import('onnxruntime-node');

const golden = fileURLToPath(new URL('../golden/onnx-attributes.json', import.meta.url));
const installed = new URL('node_modules/onnxruntime-node/package.json', import.meta.url);
const { version } = JSON.parse(readFileSync(installed, 'utf8'));

/** Eight digits: more than float32 has. */
const short = values => [...values].map(v => Number(v.toPrecision(8)));

for (const input of Object.values(inputs)) {
  const count = input.shape.reduce((a, b) => a * b, 1);
  const wave = (_, i) => Math.fround(1.5 * Math.sin(2.3 * i + 1));
  input.data = short(Float32Array.from({ length: count }, wave));
}

const results = [];
for (const { name, operator, attribute, set, nodes, tensors, input } of cases) {
  const initializers = Object.entries(tensors).map(([own, [size, values]]) => ({
    ...{ name: own, dims: size, values },
  }));
  const { dims, shape, data } = inputs[input];
  const graph = { name: 'test', nodes, initializers, inputs: [{ name: 'x', dims }] };
  const bytes = encodeModel({ ...graph, outputs: [{ name: 'y', dims: [] }] }, set);
  const x = new ort.Tensor('float32', Float32Array.from(data), shape);
  try {
    const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 });
    const { y } = await session.run({ x });
    const model = Buffer.from(bytes).toString('base64');
    results.push({ name, operator, attribute, set, input, model, output: short(y.data) });
  } catch (error) {
    console.log(`${name}: ${error.message}`);
    process.exitCode = 1;
  }
}
const lines = results.map(result => JSON.stringify(result));
const head = `"madeWith":"onnxruntime-node ${version}","inputs":${JSON.stringify(inputs)}`;
const text = `{${head},"cases":[\n${lines.join(',\n')}\n]}\n`;
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
