import { expect, test } from 'vitest';
import { NdView } from '../../src/arrays/ndarray.js';
import {
  type AnyCell,
  batchNormCell,
  bidirectionalCell,
  causalConv1dCell,
  chain,
  chainCell,
  defineCell,
  dense,
  dropoutCell,
  embeddingCell,
  gru,
  gruCell,
  type Layer,
  layerNormCell,
  lstm,
  type Member,
  parallelCell,
  preluCell,
  read,
  recur,
  rnn,
  type StateOf,
  skipCell,
  stateful,
  tap,
} from '../../src/index.js';
import { fromStateDict, toStateDict } from '../../src/io/index.js';
import { sameBits } from '../laws/bits.js';
import { answersAsTorch, golden, metadata, only, tensors } from './torch.js';

const projected = defineCell(
  'MyLSTM',
  `
  in   = σ(W_in x + U_in h)
  keep = σ(W_keep x + U_keep h)
  new  = φ(W_new x + U_new h)
  out  = σ(W_out x + U_out h)
  c'   = keep * c + in * new
  h'   = V (out * ψ(c'))
  `,
);
const projectedLayer = (input: number) => recur(projected(input, 5, { projectionSize: 2 }));

const bare = { bias: false };
const models: Readonly<Record<string, readonly [model: Layer<never>, prefix: string[]]>> = {
  lstm: [chain(lstm(3, 4, bare), lstm(4, 4, bare)) as never, ['lstm.', 'lstm.']],
  projected: [chain(projectedLayer(3), projectedLayer(2)) as never, ['projected.', 'projected.']],
  gru: [chain(gru(2, 5), gru(5, 5)) as never, ['gru.', 'gru.']],
  linear: [chain(chain(gru(2, 5), gru(5, 5)), dense(5, 3)) as never, ['gru.', 'gru.', 'linear.']],
  rnn: [rnn(2, 3, { activation: 'relu' }) as never, ['rnn.']],
};

test.each(Object.entries(models))("torch's %s answers the same", (name, [model, prefix]) => {
  const loaded = fromStateDict(model, only(...prefix), { prefix });
  expect(String(loaded)).toBe(String(model));
  answersAsTorch(name, loaded as never, prefix.length === 1 ? 1e-6 : 2e-6);
});

const plain: Readonly<Record<string, AnyCell>> = {
  conv: causalConv1dCell(4, 6, 3, { dilation: 2, groups: 2 }),
  norm: layerNormCell(5),
  batch: batchNormCell(4),
  prelu: preluCell(4),
  embedding: embeddingCell(7, 3),
};

test.each(Object.entries(plain))("torch's %s answers the same", (name, cell) => {
  const prefix = `${name}.`;
  const loaded = fromStateDict(cell, only(prefix), { prefix });
  expect(String(loaded)).toBe(String(cell));
  const indices = [0, 6, 3].map(i => Float32Array.of(i));
  answersAsTorch(name, loaded as never, 1e-6, name === 'embedding' ? indices : undefined);
});

test("torch's bidirectional modules answer the same, in layers and with projections", () => {
  const projecting = (input: number) => projected(input, 4, { projectionSize: 2 });
  const bilstm = chainCell(bidirectionalCell(projecting(3)), bidirectionalCell(projecting(4)));
  const bigru = bidirectionalCell(gruCell(2, 3));
  for (const [name, cell] of Object.entries({ bilstm, bigru })) {
    const loaded = fromStateDict(cell as AnyCell, only(`${name}.`), { prefix: `${name}.` });
    expect(String(loaded)).toBe(String(cell));
    answersAsTorch(name, loaded as never, name === 'bigru' ? 1e-6 : 2e-6);
    const tensors = toStateDict(loaded as never, { prefix: `${name}.` });
    expect(Object.keys(tensors).sort()).toEqual(Object.keys(only(`${name}.`)).sort());
    sameBits(
      tensors[`${name}.weight_hh_l0_reverse`],
      only(`${name}.`)[`${name}.weight_hh_l0_reverse`],
    );
  }
});

test('members of branches, skips and taps are found in order, and only they have prefixes', () => {
  const inner = parallelCell('concat', preluCell(4), chainCell(dropoutCell(4), batchNormCell(4)));
  const model = chainCell(tap('first', skipCell(preluCell(4), 'add')), inner, read('first'));
  const all = { ...only('batch.'), 'a.weight': ones(4), 'b.weight': ones(4) };
  const loaded = fromStateDict(model, all, { prefix: ['a.', 'b.', 'batch.'] });
  expect(String(loaded.cell)).toBe(String(model));
  const [[first], [second, [, third]]] = loaded.params as never as [
    unknown[],
    [unknown, unknown[]],
  ];
  sameBits(first, { alpha: new NdView(new Float32Array(4).fill(1), [4]) });
  sameBits(second, first);
  sameBits((third as Record<string, unknown>).runningMean, tensors['batch.running_mean']);
});

test('norms without weights have those that change nothing, and a PReLU of one number shares it', () => {
  const { 'batch.weight': _, 'batch.bias': __, ...bare } = only('batch.');
  const batch = fromStateDict(batchNormCell(4), bare, { prefix: 'batch.' });
  expect([...batch.params.weight.data]).toEqual([1, 1, 1, 1]);
  expect([...batch.params.bias.data]).toEqual([0, 0, 0, 0]);
  const prelu = fromStateDict(preluCell(3), { weight: { ...ones(1), data: [0.5] } });
  expect([...prelu.params.alpha.data]).toEqual([0.5, 0.5, 0.5]);
});

test('tensors of every float kind have the values that torch gives them', () => {
  for (const [name, values] of Object.entries(golden.kinds)) {
    if (name === 'i64' || name === 'bool') continue;
    const { data, shape } = tensors[`kinds.${name}`];
    expect(Array.from(data), name).toEqual([values].flat().map(Math.fround));
    expect(shape).toEqual(name === 'scalar' ? [] : name === 'empty' ? [0, 3] : [values.length]);
  }
  expect(metadata).toEqual({ format: 'pt' });
});

test('one prefix serves all layers of one module, and none its own state_dict', () => {
  const own = Object.fromEntries(
    Object.entries(only('gru.')).map(([name, tensor]) => [name.slice('gru.'.length), tensor]),
  );
  const model = chain(gru(2, 5), gru(5, 5));
  const [first, second] = fromStateDict(model, own).params;
  sameBits(first.weightIh, tensors['gru.weight_ih_l0']);
  sameBits(second.biasHh, tensors['gru.bias_hh_l1']);
  sameBits(fromStateDict(model, only('gru.'), { prefix: 'gru.' }).params, [first, second]);
});

test('what stands beside the parameters stays: initial states, functions, options', () => {
  const initialState = () => Float32Array.of(1, 2, 3);
  const begun = recur(rnn(2, 3, { activation: 'relu' }).cell, { initialState });
  const twice: Member = (x: Float32Array) => x.map(v => 2 * v);
  const model = chain(begun, twice, dense(3, 1, { activation: 'relu' }));
  const given = { ...only('rnn.'), 'head.weight': ones(1, 3), 'head.bias': ones(1) };
  const loaded = fromStateDict(model, given, { prefix: ['rnn.', 'head.'] });
  expect(String(loaded)).toBe(String(model));
  sameBits((loaded.initialState() as StateOf<typeof loaded>)[0], initialState());
  expect(stateful(loaded)([0, 0])).toBeInstanceOf(Float32Array);
});

function ones(...shape: number[]) {
  const size = shape.reduce((product, n) => product * n, 1);
  const stride = shape.map((_, d) => shape.slice(d + 1).reduce((product, n) => product * n, 1));
  return { data: new Float32Array(size).fill(1), shape, stride, offset: 0 };
}
