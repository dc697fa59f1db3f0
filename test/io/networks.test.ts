import { describe, expect, test } from 'vitest';
import {
  averagePool1dCell,
  backwardCell,
  batchNormCell,
  bidirectionalCell,
  causalConv1dCell,
  chainCell,
  contextCell,
  conv1dCell,
  conv2dCell,
  convTranspose2dCell,
  denseCell,
  embeddingCell,
  globalMaxPool1dCell,
  gruCell,
  lastCell,
  layerNormCell,
  lstmCell,
  maxPool1dCell,
  padCell,
  parallelCell,
  preluCell,
  RecurError,
  read,
  recur,
  skipCell,
  sliceCell,
  softmaxCell,
  stateful,
  tap,
  windowCell,
} from '../../src/index.js';
import { load, readSafetensors, save, writeSafetensors } from '../../src/io/index.js';
import { vectors } from '../streams/sequences-of.js';

const streaming = chainCell(
  tap('x'),
  contextCell(4, 3),
  padCell(7, 1, 2, 'reflect'),
  sliceCell(10, 1, 9),
  causalConv1dCell(8, 6, 3, { dilation: 2, groups: 2, activation: { name: 'elu', alpha: 0.5 } }),
  tap('c', preluCell(6)),
  parallelCell('concat', gruCell(6, 3), chainCell(tap('inner'), denseCell(6, 2), read('inner'))),
  skipCell(denseCell(9, 9), 'multiply'),
  read('c', 'x'),
  layerNormCell(10, { epsilon: 0.125 }),
  windowCell(5, chainCell(bidirectionalCell(lstmCell(2, 3)), lastCell(6))),
  batchNormCell(6),
  conv2dCell(2, 4, {
    ...{ bands: 3, kernel: [3, 2], stride: [1, 2], dilation: [2, 1], groups: 2 },
    ...{ padding: [1, 0], activation: { name: 'elu', alpha: 0.5 } },
  }),
  convTranspose2dCell(4, 3, {
    ...{ bands: 2, kernel: [2, 3], stride: [1, 2], outputPadding: 1, bias: false },
  }),
  conv2dCell(1, 1, { bands: 6, kernel: [2, 1], frames: 3, framePadding: [0, 1], padding: 'same' }),
  softmaxCell(18),
);
const whole = chainCell(
  embeddingCell(5, 4),
  conv1dCell(4, 6, 3, { stride: 2, padding: 'same', bias: false, activation: 'relu' }),
  maxPool1dCell(6, 2, { padding: [1, 0], stride: 1 }),
  bidirectionalCell(gruCell(6, 2), 'average', gruCell(6, 2, { resetGate: 'before' })),
  backwardCell(lstmCell(2, 2)),
  averagePool1dCell(2, 2, { includePadding: true, padding: 1 }),
  globalMaxPool1dCell(2),
);

type Any = typeof softmaxCell extends (size: never) => infer C ? C : never;
const outputs = (model: unknown, xs: readonly unknown[]) =>
  stateful(model as Any).map(xs as Float32Array[]);

describe('a network as a file', () => {
  test('equals the one that was saved, its parameters and outputs bit for bit', () => {
    for (const [net, xs] of [
      [streaming, vectors(9, 4, 1)],
      [whole, [0, 3, 1, 1, 4, 2, 0]],
    ] as const) {
      const again = load(save(net as never));
      expect(String(again)).toBe(String(recur(net as never)));
      expect(again.params).toEqual((net as unknown as { params: unknown }).params);
      expect(outputs(again, xs)).toEqual(outputs(net, xs));
      expect(save(again)).toEqual(save(net as never));
    }
  });

  test('keeps where it begins, inside as well', () => {
    const h = Float32Array.of(1, 2, 3, 4);
    const conv = recur(causalConv1dCell(2, 3, 3, { seed: 1 }), { initialState: h });
    const net = chainCell(
      conv,
      bidirectionalCell(
        recur(gruCell(3, 1, { seed: 1 }), { initialState: [0.5] }),
        'concat',
        gruCell(3, 1, { seed: 2 }),
      ),
    );
    const xs = vectors(4, 2, 5);
    expect(outputs(load(save(net as never)), xs)).toEqual(outputs(net, xs));
    const begun = { initialState: [[9, 9, 9, 9], undefined] as never };
    const other = recur(chainCell(causalConv1dCell(2, 3, 3, { seed: 1 }), denseCell(3, 1)), begun);
    expect(outputs(load(save(other as never)), xs)).toEqual(outputs(other, xs));
  });
});

/** A saved network with its description altered. */
function altered(net: unknown, change: (model: never) => void): Uint8Array {
  const { tensors, metadata } = readSafetensors(save(net as never));
  const model = JSON.parse(metadata.model);
  change(model as never);
  return writeSafetensors(tensors, { ...metadata, model: JSON.stringify(model) });
}

interface Layer {
  layer: string;
  settings: Record<string, unknown>;
  members: unknown[];
}

describe('a description that is wrong is refused by name', () => {
  const conv = causalConv1dCell(2, 4, 3, { seed: 1 });
  test.each<[string, (m: Layer) => void]>([
    ['model: expected one of parallel, skip, tap', m => void (m.layer = 'toString')],
    ['model.settings.groups', m => void delete m.settings.groups],
    ['model.settings: expected fields', m => void (m.settings.extra = 1)],
    ["model 'weight': expected [4, 1, 3]", m => void (m.settings.groups = 2)],
    ["model 'weight': expected [8388608, 2, 3]", m => void (m.settings.outputSize = 2 ** 23)],
    ['model: expected at most 67108864 numbers a step', m => void (m.settings.dilation = 2 ** 40)],
    ['model.causalConv1d.dilation', m => void (m.settings.dilation = 0.5)],
    ['model.causalConv1d: expected 0 members, got 1', m => void m.members.push({ chain: [] })],
    ['model.activation', m => void (m.settings.activation = { name: 'tanh', gamma: 1 })],
    ['model.activation', m => void (m.settings.activation = null)],
  ])('%s', (message, change) => {
    const bytes = altered(conv, change);
    expect(() => load(bytes)).toThrow(RecurError);
    expect(() => load(bytes)).toThrow(message);
  });

  test('members nested too deep', () => {
    const nested = (depth: number): unknown =>
      depth ? { layer: 'backward', settings: {}, members: [nested(depth - 1)] } : { chain: [] };
    const bytes = altered(conv, (m: Layer) => Object.assign(m, nested(30)));
    expect(() => load(bytes)).toThrow('at most 24 levels');
  });

  test('a window that would be beyond all bounds', () => {
    const net = windowCell(2, denseCell(2, 1));
    const bytes = altered(net, (m: Layer) => void (m.settings.steps = 2 ** 24));
    expect(() => load(bytes)).toThrow('window.steps');
  });
});
