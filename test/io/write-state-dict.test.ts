import { expect, test } from 'vitest';
import {
  type AnyCell,
  backwardCell,
  batchNormCell,
  bidirectionalCell,
  type Cell,
  causalConv1dCell,
  chain,
  chainCell,
  conv1dCell,
  conv2dCell,
  convTranspose2dCell,
  dense,
  embeddingCell,
  gru,
  gruCell,
  layerNormCell,
  lstm,
  mgu,
  parallelCell,
  preluCell,
  recur,
  rnn,
  rnnCell,
  skipCell,
  windowCell,
} from '../../src/index.js';
import { fromStateDict, readSafetensors, toStateDict, writeStateDict } from '../../src/io/index.js';
import { sameBits } from '../laws/bits.js';
import { refusal } from './files.js';
import { tensors } from './torch.js';

const models: Readonly<Record<string, AnyCell>> = {
  'one layer': gru(2, 3, { seed: 1 }).cell,
  'layers in a row': chain(lstm(2, 3, { seed: 1 }), rnn(3, 4, { seed: 2 }), dense(4, 1)).cell,
  'without bias': chain(gru(2, 3, { bias: false }), dense(3, 1, { bias: false })).cell,
  'norms, an embedding, a PReLU': chainCell(
    embeddingCell(5, 3, { seed: 1 }),
    layerNormCell(3),
    preluCell(3),
    batchNormCell(3),
  ),
  'branches around convolutions': skipCell(
    parallelCell(
      'add',
      causalConv1dCell(4, 4, 3, { seed: 1, dilation: 2, activation: 'relu' }),
      chainCell(causalConv1dCell(4, 4, 1, { seed: 2, groups: 2, bias: false }), preluCell(4)),
    ),
    'multiply',
  ),
  'convolutions over frames': chainCell(
    conv2dCell(2, 4, { bands: 5, kernel: [2, 3], groups: 2, seed: 1 }),
    convTranspose2dCell(4, 2, { bands: 3, kernel: [1, 2], stride: [1, 2], bias: false, seed: 2 }),
  ),
  'both ways, backwards, in windows': windowCell(
    4,
    chainCell(
      bidirectionalCell(gruCell(2, 3, { seed: 1 }), 'average', gruCell(2, 3, { seed: 2 })),
      backwardCell(rnnCell(3, 2, { seed: 3 })),
      conv1dCell(2, 3, 2, { seed: 4, padding: [1, 0] }),
    ),
  ),
};

test.each(Object.entries(models))(
  '%s: written and read back, every bit is the same',
  (_, model) => {
    const { tensors, metadata } = readSafetensors(writeStateDict(model));
    expect(metadata).toEqual({ format: 'pt' });
    const prefixes = [...new Set(Object.keys(tensors).map(name => name.replace(/[^.]*$/, '')))];
    const options = { prefix: prefixes.length > 1 ? prefixes : '' };
    const empty = fromStateDict(recur(model as Cell), tensors, options);
    expect(String(empty.cell)).toBe(String(model));
    sameBits(empty.params, model.params);
  },
);

test('layers of one module are numbered, and the names are those of PyTorch', () => {
  const model = chain(gru(2, 5), gru(5, 5), dense(5, 3));
  const prefix = ['gru.', 'gru.', 'linear.'];
  const names = Object.keys(toStateDict(model, { prefix }));
  expect(names.sort()).toEqual(
    Object.keys(tensors)
      .filter(name => /^(gru|linear)\./.test(name))
      .sort(),
  );
});

test('what PyTorch has not is refused, and names that two layers would have', () => {
  expect(refusal(() => toStateDict(mgu(2, 3)))).toBe(
    'toStateDict: expected a layer that PyTorch has, got Recur(MGUCell(2, 3))',
  );
  const model = chain(gru(2, 3), dense(3, 1));
  expect(refusal(() => toStateDict(model, { prefix: '' }))).toContain(
    'toStateDict.prefix: expected one a module',
  );
  expect(refusal(() => toStateDict(3 as never))).toContain('a layer or a cell');
  expect(refusal(() => toStateDict(model, { prefixes: 1 } as never))).toContain("'prefixes'");
});

test('tensors are copies', () => {
  const model = dense(2, 1, { seed: 1 });
  const before = model.params.weight.get(0, 0);
  toStateDict(model).weight.data.fill(0);
  expect(model.params.weight.get(0, 0)).toBe(before);
});
