import { describe, expect, test } from 'vitest';
import { layout } from '../../src/code/layout.js';
import type { Model } from '../../src/code/model.js';
import { pack } from '../../src/code/pack.js';
import { unpack } from '../../src/code/unpack.js';
import { type AnyCell, defineCell, gruCell, lstmCell, peepholeLstmCell } from '../../src/core.js';
import { specOf } from '../cells/kinds.js';
import { AnyModelBuilder, cellsOf, modelOf } from './models.js';

/** A model's layout, and its weights. */
function packedModel(model: Model) {
  const plan = layout(model, 6);
  const memory = new Float32Array(plan.weights / 4);
  pack(plan, model, memory);
  return { plan, memory };
}

/** The memory of one layer, its parameters packed. */
function packed(cell: AnyCell) {
  const model = modelOf(cell);
  const { plan, memory } = packedModel(model);
  const once = memory.slice();
  pack(plan, model, memory);
  expect(memory, 'packed twice').toEqual(once);
  const [layer] = cellsOf(plan);
  return {
    layer,
    at: (byte: number, count: number) => [...memory.subarray(byte / 4, byte / 4 + count)],
  };
}

test('weights are [group][column][map], four rows each, and biases add up', () => {
  // Two gates of five rows: rows 0–3 and 4 of each, of two columns; 10·row + column, +100 a gate.
  const weight = (gates: number, columns: number) =>
    Array.from({ length: gates * 5 }, (_, k) =>
      Array.from({ length: columns }, (_, c) => 100 * Math.floor(k / 5) + 10 * (k % 5) + c),
    );
  const cell = defineCell('Mine', "h' = σ(W_a x + U_a h) * (W_b x + U_b h)")(2, 5, {
    params: {
      weightIh: weight(2, 2),
      weightHh: weight(2, 5),
      biasIh: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
      biasHh: [100, 100, 100, 100, 100, 200, 200, 200, 200, 200],
    },
  });
  const { layer, at } = packed(cell);
  const [stage] = layer.stages;
  const [ofX] = stage.weights;
  expect(at(ofX.at, 16)).toEqual(
    [
      [0, 10, 20, 30],
      [100, 110, 120, 130],
      [1, 11, 21, 31],
      [101, 111, 121, 131],
    ].flat(),
  );
  expect(at(ofX.at + ofX.pitch, 16)).toEqual(
    [
      [40, 0, 0, 0],
      [140, 0, 0, 0],
      [41, 0, 0, 0],
      [141, 0, 0, 0],
    ].flat(),
  );
  expect(at(stage.biases, 16)).toEqual(
    [
      [101, 102, 103, 104],
      [206, 207, 208, 209],
      [105, 0, 0, 0],
      [210, 0, 0, 0],
    ].flat(),
  );
});

test('a sum without a bias of its own begins at 0', () => {
  const { layer, at } = packed(gruCell(2, 3, { bias: false, seed: 1 }));
  expect(at(layer.stages[0].biases, 16)).toEqual(Array(16).fill(0));
});

test('maps of one sum of the same argument have a column each, in the order of the text', () => {
  const cell = defineCell('Mine', "h' = W_a x + W_b x + U_a h")(1, 1, {
    params: { weightIh: [[2], [3]], weightHh: [[5]], biasIh: [7, 11], biasHh: [13] },
  });
  const { layer, at } = packed(cell);
  const [stage] = layer.stages;
  expect(at(stage.weights[0].at, 8)).toEqual([2, 0, 0, 0, 3, 0, 0, 0]);
  expect(at(stage.biases, 4)).toEqual([31, 0, 0, 0]);
});

test('learned vectors lie as they are', () => {
  const cell = peepholeLstmCell(2, 3, { seed: 4 });
  const { layer, at } = packed(cell);
  expect(layer.params.size).toBe(3);
  for (const [name, byte] of layer.params) {
    expect(at(byte, 3)).toEqual([...cell.params[name].data]);
  }
});

test('a forget bias of 1 is in the second of an LSTM’s four', () => {
  const { layer, at } = packed(lstmCell(2, 2, { seed: 1 }));
  expect(at(layer.stages[0].biases, 16)).toEqual([0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
});

describe('unpacking is the inverse of packing', () => {
  const cells: Readonly<Record<string, AnyCell>> = {
    lstm: lstmCell(3, 5, { seed: 1 }),
    'gru, reset before': gruCell(2, 7, { seed: 2, resetGate: 'before' }),
    'peephole lstm': peepholeLstmCell(4, 6, { seed: 3 }),
    'without biases': gruCell(2, 3, { seed: 4, bias: false }),
    'two maps of one sum': defineCell('Mine', "h' = W_a x + W_b x + U_a h")(2, 3, { seed: 5 }),
  };

  test.each(Object.entries(cells))('%s', (_, cell) => {
    const { plan, memory } = packedModel(modelOf(cell));
    const [params] = unpack(plan, memory);
    const { params: own } = specOf(cell);
    expect(Object.keys(params)).toEqual(Object.keys(own));
    for (const [name, values] of Object.entries(own)) {
      if (!name.startsWith('bias')) expect(params[name], name).toEqual(values);
    }
    const again = new Float32Array(plan.weights / 4);
    pack(plan, { params: [params] }, again);
    expect(again).toEqual(memory);
  });

  test('two biases of a sum come back as their sum and 0', () => {
    const params = { weightIh: [1], weightHh: [2], biasIh: [3], biasHh: [4] };
    const cell = defineCell('Mine', "h' = W_a x + U_a h")(1, 1, { params });
    const { plan, memory } = packedModel(modelOf(cell));
    const [{ biasIh, biasHh }] = unpack(plan, memory);
    expect([...biasIh, ...biasHh]).toEqual([7, 0]);
  });

  test('a table, its rows from multiples of 16 bytes on', () => {
    const weight = Float32Array.of(1, 2, 3, 4, 5, 6);
    const builder = new AnyModelBuilder(1);
    const params = builder.withParams({ weight });
    const row = builder.add({ op: 'row', rows: 3, params, of: [0], size: 2, where: 'embedding' });
    const { plan, memory } = packedModel(builder.model(row));
    const { table } = plan.nodes[row];
    expect([0, 4, 8].map(k => [...memory.subarray(table / 4 + k, table / 4 + k + 2)])).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    expect(unpack(plan, memory)).toEqual([{ weight }]);
  });
});
