import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  chain,
  defineCell,
  dense,
  gru,
  type Layer,
  lstm,
  type Member,
  recur,
  rnn,
  type StateOf,
  stateful,
} from '../../src/index.js';
import { fromStateDict, readSafetensors } from '../../src/io/index.js';
import { uniform } from '../golden/generate.js';
import { sameBits } from '../laws/bits.js';

interface Golden {
  readonly steps: number;
  readonly kept: number;
  readonly seeds: Readonly<Record<string, number>>;
  readonly outputs: Readonly<Record<string, number[][]>>;
  readonly kinds: Readonly<Record<string, number[]>>;
}

const file = (name: string) => readFileSync(new URL(`../golden/${name}`, import.meta.url));
const golden = JSON.parse(file('state-dict.json').toString()) as Golden;
const { tensors, metadata } = readSafetensors(file('state-dict.safetensors'));

/** The tensors of some modules, as their own file would have them. */
function only(...prefixes: string[]) {
  const named = Object.entries(tensors).filter(([name]) => prefixes.some(p => name.startsWith(p)));
  return Object.fromEntries(named);
}

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
  const { steps, kept, seeds, outputs } = golden;
  const { inputSize } = loaded;
  const all = uniform(seeds[name] ?? seeds.gru, steps * inputSize, 1);
  const xs = Array.from({ length: steps }, (_, t) =>
    all.subarray(t * inputSize, (t + 1) * inputSize),
  );
  const ys = stateful(loaded).map(xs).slice(-kept) as unknown as Float32Array[];
  const off = ys.map((y, k) => Math.max(...y.map((v, i) => Math.abs(v - outputs[name][k][i]))));
  expect(Math.max(...off)).toBeLessThan(prefix.length === 1 ? 1e-6 : 2e-6);
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
