import { describe, expect, test } from 'vitest';
import * as r from '../../../src/core.js';
import { chain, recur } from '../../../src/index.js';
import { encodeModel } from '../../../src/io/onnx/encode.js';
import { onnxInitializers, readOnnx, writeOnnx } from '../../../src/io/onnx/index.js';
import { readModel } from '../../../src/io/onnx/proto.js';
import { writtenGraph } from '../../../src/io/onnx/write-onnx.js';
import { refusal } from '../files.js';

const { chainCell, denseCell, gruCell, lstmCell, rnnCell } = r;
const seed = { seed: 1 };

/** Models that come back as they were. */
const kept: Readonly<Record<string, r.AnyCell>> = {
  rnn: rnnCell(3, 4, seed),
  'rnn of leaky relu': rnnCell(3, 4, { activation: { name: 'leakyRelu', alpha: 0.3 }, seed: 1 }),
  lstm: lstmCell(3, 4, seed),
  'lstm without bias': lstmCell(3, 4, { bias: false, seed: 1 }),
  'lstm, clipped, of hard sigmoids': lstmCell(3, 4, {
    gateActivation: { name: 'hardSigmoid', alpha: 0.25 },
    activation: 'softsign',
    outputActivation: { name: 'scaledTanh', alpha: 2, beta: 0.5 },
    clip: 3,
    seed: 1,
  }),
  peepholeLstm: r.peepholeLstmCell(3, 4, seed),
  gru: gruCell(3, 4, seed),
  'gru, reset before': gruCell(3, 4, { resetGate: 'before', seed: 1 }),
  dense: denseCell(3, 4, { activation: 'sigmoid', seed: 1 }),
  chain: chainCell(lstmCell(3, 4, seed), gruCell(4, 5, seed), denseCell(5, 2, seed)),
  'chain with an embedding': chainCell(r.embeddingCell(7, 3, seed), lstmCell(3, 4, seed)),
  causalConv1d: r.causalConv1dCell(3, 4, 3, { activation: 'relu', seed: 1 }),
  'chain with convolutions': chainCell(
    r.causalConv1dCell(3, 4, 3, { dilation: 2, bias: false, seed: 1 }),
    gruCell(4, 6, seed),
    r.causalConv1dCell(6, 2, 2, { groups: 2, activation: { name: 'elu', alpha: 0.5 }, seed: 2 }),
  ),
  'chain with normalisation': chainCell(
    denseCell(3, 4, { bias: false, activation: 'relu', seed: 1 }),
    r.layerNormCell(4),
    gruCell(4, 3, seed),
    r.softmaxCell(3),
  ),
};

/** A cell's file as any other program would have written it: its metadata say nothing. */
const anonymous = (cell: r.AnyCell) => encodeModel(writtenGraph(cell));

const paramsOf = (cell: r.AnyCell): unknown => JSON.parse(JSON.stringify(cell.params));

test.each(Object.entries(kept))('%s comes back with every bit of its parameters', (_, cell) => {
  const again = readOnnx(anonymous(cell)).cell;
  expect(String(again)).toBe(String(cell));
  expect(paramsOf(again)).toEqual(paramsOf(cell));
  expect(anonymous(again)).toEqual(anonymous(cell));
});

/** Models that come back as others that give the same numbers. */
const equal: Readonly<Record<string, r.AnyCell>> = {
  batchNorm: chainCell(r.batchNormCell(3), gruCell(3, 4, seed)),
  parallel: chainCell(
    r.parallelCell('multiply', lstmCell(3, 4, seed), denseCell(3, 4, seed)),
    r.skipCell(gruCell(4, 4, seed), 'concat'),
  ),
  taps: chainCell(
    r.tap('x'),
    r.tap('dense', denseCell(3, 2, seed)),
    gruCell(2, 4, seed),
    r.tap('voice'),
    r.read('dense', 'voice', 'x'),
    denseCell(9, 3, seed),
  ),
};

test.each(Object.entries(equal))('%s comes back with the same numbers', (_, cell) => {
  const again = readOnnx(anonymous(cell));
  const xs = Array.from({ length: 20 }, (__, t) => [Math.sin(t), Math.cos(t * t), t / 20]);
  const [a, b] = [cell, again.cell].map(own => r.stateful(own as never).map(xs as never));
  expect(b).toEqual(a);
});

/** A file's inputs and outputs: `x [steps, batch, 3]`. */
function valuesOf(bytes: Uint8Array) {
  const { graph } = readModel(bytes);
  return [graph?.inputs ?? [], graph?.outputs ?? []].map(values =>
    values.map(({ name, dims }) => `${name} [${dims?.join(', ')}]`),
  );
}

describe('inputs and outputs of a file', () => {
  test('are a sequence and the states where there is an operator for each layer', () => {
    expect(valuesOf(writeOnnx(lstmCell(3, 4)))).toEqual([
      ['x [steps, batch, 3]', 'h0 [1, batch, 4]', 'c0 [1, batch, 4]'],
      ['hN [1, batch, 4]', 'cN [1, batch, 4]', 'y [steps, batch, 4]'],
    ]);
    const model = chainCell(denseCell(3, 2), gruCell(2, 4), r.causalConv1dCell(4, 2, 3));
    expect(valuesOf(writeOnnx(model))).toEqual([
      ['x [steps, batch, 3]', '1.h0 [1, batch, 4]', '2.h0 [2, batch, 4]'],
      ['1.hN [1, batch, 4]', '2.hN [2, batch, 4]', 'y [steps, batch, 2]'],
    ]);
  });

  test('are one step and the states for other cells', () => {
    expect(valuesOf(writeOnnx(r.lemCell(3, 4)))).toEqual([
      ['x [batch, 3]', 'h0 [batch, 4]', 'c0 [batch, 4]'],
      ['hN [batch, 4]', 'cN [batch, 4]', 'y [batch, 4]'],
    ]);
    expect(valuesOf(writeOnnx(chainCell(lstmCell(3, 4), r.mguCell(4, 2))))).toEqual([
      ['x [batch, 3]', '0.h0 [batch, 4]', '0.c0 [batch, 4]', '1.h0 [batch, 2]'],
      ['0.hN [batch, 4]', '0.cN [batch, 4]', '1.hN [batch, 2]', 'y [batch, 2]'],
    ]);
  });
});

test('tensors and states begin with the indices of the members that they are of', () => {
  const bytes = writeOnnx(
    chainCell(
      r.tap('x'),
      r.tap('c', r.causalConv1dCell(2, 3, 2, seed)),
      r.read('c', 'x'),
      r.parallelCell('add', gruCell(5, 2, seed), r.causalConv1dCell(5, 2, 3, seed)),
    ),
  );
  const { graph } = readModel(bytes);
  expect(graph?.inputs.map(({ name }) => name)).toEqual(['x', '1.h0', '3.0.h0', '3.1.h0']);
  expect(graph?.outputs.map(({ name }) => name)).toEqual(['1.hN', '3.0.hN', '3.1.hN', 'y']);
  const names = Object.keys(onnxInitializers(bytes)).filter(name => /^\d/.test(name));
  const wanted = ['1.weight', '1.bias', '3.0.W', '3.0.R', '3.0.B', '3.1.weight', '3.1.bias'];
  expect(names).toEqual(wanted);
});

test('weights lie as ONNX has them', () => {
  const weightIh = [1, 2, 3, 4]; // gates i f g o
  const params = { weightIh, weightHh: [5, 6, 7, 8], biasIh: [1, 2, 3, 4], biasHh: [0, 0, 0, 9] };
  const { W, R, B } = onnxInitializers(writeOnnx(lstmCell(1, 1, { params })));
  expect([W.shape, [...W.data]]).toEqual([
    [1, 4, 1],
    [1, 4, 2, 3],
  ]);
  expect([R.shape, [...R.data]]).toEqual([
    [1, 4, 1],
    [5, 8, 6, 7],
  ]);
  expect([B.shape, [...B.data]]).toEqual([
    [1, 8],
    [1, 4, 2, 3, 0, 9, 0, 0],
  ]);
});

/** What no graph can be, and the reason. */
const refused: Readonly<Record<string, readonly [model: unknown, message: string]>> = {
  'a function': [chain(recur(gruCell(1, 1)), (x: number[]) => x), 'the plain function'],
  'a layer that begins elsewhere': [
    recur(gruCell(1, 1), { initialState: [1] }),
    'with an initial state',
  ],
  'a layer of whole sequences': [
    r.bidirectionalCell(gruCell(1, 1)),
    'Bidirectional(Recur(GRUCell(1, 1)), Recur(GRUCell(1, 1)))',
  ],
  'no model': [{}, 'a layer or a cell'],
};

test.each(Object.entries(refused))('%s is refused', (_, [model, message]) => {
  expect(refusal(() => writeOnnx(model as never))).toContain(message);
});
