import { expect, test } from 'vitest';
import {
  batchNormCell,
  chain,
  chainCell,
  dense,
  embeddingCell,
  gru,
  lstm,
} from '../../src/index.js';
import { AmbiguousOrderError, readStateDict, toStateDict } from '../../src/io/index.js';
import { refusal } from './files.js';
import { answersAsTorch, stateDictOf } from './torch-files.js';

type Tensors = Parameters<typeof readStateDict>[0];

/** The order that a reader assumes, if it does. */
function assumedIn(tensors: Tensors, options = {}) {
  let assumed: readonly string[] | undefined;
  const model = readStateDict(tensors, {
    ...options,
    onAssumedOrder: prefixes => {
      assumed = prefixes;
    },
  });
  return { model, assumed };
}

/** The orders that a refusal offers. */
function ordersOffered(tensors: Tensors, options = {}) {
  try {
    readStateDict(tensors, options);
  } catch (error) {
    if (error instanceof AmbiguousOrderError) return error.orders;
    throw error;
  }
  throw new Error('it was read');
}

const sorted = (tensors: Tensors) =>
  Object.fromEntries(Object.entries(tensors).sort(([a], [b]) => (a < b ? -1 : 1)));
const reversed = (tensors: Tensors) => Object.fromEntries(Object.entries(tensors).reverse());

/** As PyTorch has the names, as safetensors sorts them, and backwards. */
const arrangements = { torch: (t: Tensors) => t, sorted, reversed };

test.each(Object.entries(arrangements))(
  'a forecaster with as many outputs as inputs has its recurrent layers first: torch’s answers (%s)',
  (_, arranged) => {
    const two = assumedIn(arranged(stateDictOf('forecaster')));
    expect(String(two.model)).toBe('Chain(Recur(LSTMCell(2, 16)), Dense(16, 2))');
    expect(two.assumed).toEqual(['rnn.', 'head.']);
    answersAsTorch('forecaster', two.model);
    const three = assumedIn(arranged(stateDictOf('deep')));
    expect(three.assumed).toEqual(['gru.', 'fc1.', 'fc2.']);
    answersAsTorch('deep', three.model);
  },
);

test('the option modules gives another order, and nothing is assumed then', () => {
  const { model, assumed } = assumedIn(stateDictOf('forecaster'), {
    modules: { 'head.': {}, 'rnn.': {} },
  });
  expect(String(model)).toBe('Chain(Dense(16, 2), Recur(LSTMCell(2, 16)))');
  expect(assumed).toBeUndefined();
});

test('one order of sizes is no assumption', () => {
  const tensors = toStateDict(chain(lstm(2, 3), dense(3, 1)), { prefix: ['rnn.', 'head.'] });
  expect(assumedIn(tensors).assumed).toBeUndefined();
});

test('a file whose own order has layers around the recurrent one is refused with both orders', () => {
  const tensors = stateDictOf('encoder');
  expect(ordersOffered(tensors)).toEqual([
    ['gru.', 'head.', 'embed.'],
    ['embed.', 'gru.', 'head.'],
  ]);
  expect(refusal(() => readStateDict(tensors))).toBe(
    "state_dict: expected one order of 'embed.', 'gru.', 'head.', got several; the option modules " +
      "tells the order: { 'gru.': {}, 'head.': {}, 'embed.': {} } or " +
      "{ 'embed.': {}, 'gru.': {}, 'head.': {} }",
  );
  const modules = { 'embed.': {}, 'gru.': {}, 'head.': {} };
  answersAsTorch('encoder', readStateDict(tensors, { modules }));
});

test('layers of one size are refused with their orders; each of them is read as torch runs it', () => {
  const tensors = stateDictOf('twins');
  expect(ordersOffered(tensors)).toEqual([
    ['a.', 'b.'],
    ['b.', 'a.'],
  ]);
  answersAsTorch('twins', readStateDict(tensors, { modules: { 'b.': {}, 'a.': {} } }));
});

test('a norm before or after the layers, and recurrent layers that can change places, are refused', () => {
  const normed = toStateDict(chainCell(batchNormCell(2), gru(2, 4), dense(4, 2)), {
    prefix: ['norm.', 'gru.', 'head.'],
  });
  expect(ordersOffered(normed)).toEqual([
    ['norm.', 'gru.', 'head.'],
    ['gru.', 'head.', 'norm.'],
  ]);
  const coder = toStateDict(chain(gru(2, 2), lstm(2, 2), dense(2, 2)), {
    prefix: ['encoder.', 'decoder.', 'head.'],
  });
  expect(ordersOffered(coder)).toEqual([
    ['encoder.', 'decoder.', 'head.'],
    ['decoder.', 'encoder.', 'head.'],
  ]);
});

test('an embedding comes first: no module’s output is an index', () => {
  const net = chainCell(embeddingCell(9, 4, { seed: 1 }), gru(4, 3), dense(3, 1));
  const tensors = toStateDict(net, { prefix: ['words.', 'rnn.', 'head.'] });
  const modules = { 'words.': { kind: 'Embedding' } } as const;
  const { model, assumed } = assumedIn(reversed(tensors), { modules });
  expect([String(model), assumed]).toEqual([String(net), undefined]);
});

test('of many orders a few are offered; of too many to try, none', () => {
  const layers = (count: number) =>
    chain(...(Array.from({ length: count }, () => dense(3, 3)) as [ReturnType<typeof dense>]));
  const named = (count: number) => {
    const prefix = Array.from({ length: count }, (_, i) => `${'abcdefghij'[i % 10]}${i}x.`);
    return toStateDict(layers(count), { prefix });
  };
  expect(ordersOffered(named(5))).toHaveLength(4);
  expect(refusal(() => readStateDict(named(5)))).toMatch(/ or \{[^{]*(\{\}[^{]*){5}\}, …$/);
  expect(ordersOffered(named(65))).toEqual([]);
  expect(refusal(() => readStateDict(named(65)))).toMatch(/; the option modules tells the order$/);
});

test('where no order fits, the sizes are told', () => {
  const tensors = {
    ...toStateDict(dense(4, 3), { prefix: 'a.' }),
    ...toStateDict(dense(6, 5), { prefix: 'b.' }),
  };
  expect(refusal(() => readStateDict(tensors))).toBe(
    "state_dict: expected one order of 'a.', 'b.', got none; sizes are 'a.' 4 → 3, 'b.' 6 → 5; " +
      'fromStateDict takes a model that joins them otherwise',
  );
});

test('who is told of an order is a function', () => {
  const tensors = toStateDict(gru(2, 3));
  expect(refusal(() => readStateDict(tensors, { onAssumedOrder: 1 as never }))).toBe(
    'readStateDict.onAssumedOrder: expected a function, got 1',
  );
});
