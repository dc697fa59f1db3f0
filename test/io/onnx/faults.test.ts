import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { stateful } from '../../../src/core.js';
import { encodeModel } from '../../../src/io/onnx/encode.js';
import { faults } from '../../../src/io/onnx/faults.js';
import { type OnnxOptions, readOnnx } from '../../../src/io/onnx/index.js';
import type { Problem } from '../../../src/io/unreadable.js';
import { refusal } from '../files.js';
import { type Attributes, node, numbers } from './graphs.js';

const script = new URL('../../onnx/matrix-case.mjs', import.meta.url).href;
const { cases, answerOf } = await import(/* @vite-ignore */ script);
const [lie] = (cases as { exporter: string; model: string }[]).filter(({ exporter }) =>
  exporter.includes('2.10'),
);
const lying = new Uint8Array(Buffer.from(lie.model, 'base64'));

/** A file by a producer: its name and its version. */
function by(producer: string, version: string, operator: string, attributes: Attributes) {
  const rows = operator === 'GRU' ? 9 : 12;
  const directions = 'direction' in attributes ? 2 : 1;
  const nodes = [node(`${operator} x W R -> - h`, attributes), node('Identity h -> y')];
  const graph = {
    name: 'test',
    nodes,
    initializers: [
      { name: 'W', dims: [directions, rows, 2], values: numbers(directions * rows * 2) },
      { name: 'R', dims: [directions, rows, 3], values: numbers(directions * rows * 3) },
    ],
    inputs: [{ name: 'x', dims: ['steps', 'batch', 2] }],
    outputs: [{ name: 'y', dims: [] }],
  };
  const file = Buffer.from(encodeModel(graph)).toString('latin1');
  const field = (number: string, text: string) =>
    `${number}${String.fromCharCode(text.length)}${text}`;
  const other = field('\x12', producer) + field('\x1a', version);
  return new Uint8Array(Buffer.from(file.replace('\x12\x07rxrecur', other), 'latin1'));
}

function warningsOf(bytes: Uint8Array, options: OnnxOptions = {}): readonly string[] {
  const told: string[] = [];
  const onWarning = ({ where, why }: Problem) => told.push(`${where}: ${why}`);
  readOnnx(bytes, { ...options, onWarning });
  return told;
}

const suspect =
  "GRU 'GRU_5_0': linear_before_reset = 0 in a GRU, where PyTorch computes 1: a known fault of " +
  'pytorch 2.10.0 (microsoft/onnxscript#2852, pytorch/pytorch#189225)';

test("a GRU of PyTorch's with linear_before_reset = 0 is refused until somebody chooses", () => {
  expect(refusal(() => readOnnx(lying))).toMatch(
    /linear_before_reset = 0 .* \{ faults: 'repair' \}/,
  );
});

test("repaired, it gives PyTorch's numbers, and kept, those of the file", () => {
  const told = { readOnnx, stateful };
  expect(answerOf(lie, told, { faults: 'repair' }).off).toBeLessThanOrEqual(1e-6);
  expect(answerOf(lie, told, { faults: 'keep' }).off).toBeGreaterThan(0.1);
  expect(warningsOf(lying, { faults: 'repair' })).toEqual([`${suspect}; read as it was meant`]);
  expect(warningsOf(lying, { faults: 'keep' })).toEqual([`${suspect}; read as it is written`]);
});

test('a GRU with 0 by others, and one with 1, are no faults', () => {
  expect(warningsOf(by('keras2onnx', '1.7.0', 'GRU', {}))).toEqual([]);
  const right = by('pytorch', '2.9.0', 'GRU', { linear_before_reset: { int: 1 } });
  expect(warningsOf(right)).toEqual([]);
  expect(refusal(() => readOnnx(by('pytorch', '2.9.0', 'GRU', {})))).toContain('pytorch 2.9.0');
});

test("a bidirectional LSTM of tf2onnx's without activations is read with a warning", () => {
  const direction = { text: 'bidirectional' };
  expect(warningsOf(by('tf2onnx', '1.14.0', 'LSTM', { direction }))).toEqual([
    "LSTM 'h': no activations in a bidirectional LSTM, whatever Keras has there: a known fault of " +
      'tf2onnx 1.14.0 (onnx/tensorflow-onnx#2211); compare its answers with those of the network',
  ]);
  const activations = { texts: ['Sigmoid', 'Relu', 'Relu', 'Sigmoid', 'Relu', 'Relu'] };
  expect(warningsOf(by('tf2onnx', '1.14.0', 'LSTM', { direction, activations }))).toEqual([]);
  expect(warningsOf(by('tf2onnx', '1.14.0', 'LSTM', {}))).toEqual([]);
});

test('the option has two values', () => {
  expect(refusal(() => readOnnx(lying, { faults: 'mend' as never }))).toContain(
    "'repair' or 'keep'",
  );
});

test('the table on the page is that of the reader', () => {
  const path = fileURLToPath(new URL('../../../docs/onnx.md', import.meta.url));
  const [section] = readFileSync(path, 'utf8').split('\n## Exporters that lie\n')[1].split('\n## ');
  const rows = section.split('\n').filter(line => line.startsWith('| `'));
  expect(rows.map(row => row.split(' | ').slice(0, 4).join(' | '))).toEqual(
    faults.map(({ producer, versions, what, reports }) =>
      [`| \`${producer}\``, versions, what, reports.join(', ')].join(' | '),
    ),
  );
});
