// What a reader makes of a network of test/golden/onnx-matrix.json, and of onnx-loops.json.

import { readFileSync } from 'node:fs';

const casesOf = name =>
  JSON.parse(readFileSync(new URL(`../golden/${name}`, import.meta.url), 'utf8')).cases;

/** The networks: names, exporters, files in base64, inputs and PyTorch's answers. */
export const cases = ['onnx-matrix.json', 'onnx-loops.json'].flatMap(casesOf);

/** An input as events: vectors along its axis of features, or all of it. */
export function events({ shape, input, steps, features }, size) {
  const stride = axis => shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  if (input.length === size) return [input];
  const along = features < 0 ? 0 : stride(features);
  return Array.from({ length: shape[steps] }, (_, t) =>
    Array.from(
      { length: features < 0 ? 1 : shape[features] },
      (__, i) => input[t * stride(steps) + i * along],
    ),
  );
}

/** The layer's text, and how far its answer is from PyTorch's; of one answer, from the last. */
export function answerOf(one, { readOnnx, stateful }, options) {
  const layer = readOnnx(new Uint8Array(Buffer.from(one.model, 'base64')), options);
  const ys = stateful(layer).map(events(one, layer.inputSize));
  const { output, features, shape } = one;
  const isChannels = features === 1 && shape.length === 3 && output.length % ys.length === 0;
  const size = output.length / ys.length;
  const wanted =
    isChannels && ys.length > 1
      ? output.map((_, i) => output[(i % size) * ys.length + Math.floor(i / size)])
      : output;
  const last = ys.flatMap(y => [...y]).slice(-wanted.length);
  const off = last.map((y, i) => Math.abs(y - wanted[i]) / Math.max(1, Math.abs(wanted[i])));
  return {
    text: String(layer),
    off: last.length === wanted.length ? Math.max(...off) : Number.POSITIVE_INFINITY,
  };
}
