import { describe, expect, test } from 'vitest';
import * as library from '../../src/index.js';
import { builtIn } from '../cells/kinds.js';
import { emitted, type Net } from '../laws/nets.js';

const {
  dense,
  fastGrnn,
  fastRnn,
  gru,
  indRnn,
  janet,
  lem,
  liGru,
  lstm,
  mgu,
  minGru,
  peepholeLstm,
  recur,
  rnn,
  star,
  ugrnn,
} = library;

/** Every layer of the library and how it prints with 3 inputs and size 2. */
const layers = {
  rnn: [rnn, 'Recur(RNNCell(3, 2, tanh))'],
  lstm: [lstm, 'Recur(LSTMCell(3, 2))'],
  peepholeLstm: [peepholeLstm, 'Recur(PeepholeLSTMCell(3, 2))'],
  gru: [gru, 'Recur(GRUCell(3, 2))'],
  mgu: [mgu, 'Recur(MGUCell(3, 2))'],
  liGru: [liGru, 'Recur(LiGRUCell(3, 2))'],
  ugrnn: [ugrnn, 'Recur(UGRNNCell(3, 2))'],
  janet: [janet, 'Recur(JANETCell(3, 2))'],
  indRnn: [indRnn, 'Recur(IndRNNCell(3, 2, relu))'],
  fastRnn: [fastRnn, 'Recur(FastRNNCell(3, 2, tanh))'],
  fastGrnn: [fastGrnn, 'Recur(FastGRNNCell(3, 2))'],
  star: [star, 'Recur(STARCell(3, 2))'],
  lem: [lem, 'Recur(LEMCell(3, 2))'],
  minGru: [minGru, 'Recur(MinGRUCell(3, 2, sigmoid))'],
  dense: [dense, 'Dense(3, 2)'],
} as const;

test('every cell has a layer of its name', () => {
  const names = Object.keys(builtIn).filter(name => !name.includes(','));
  expect(Object.keys(layers).sort()).toEqual(names.sort());
});

describe.each(Object.entries(layers))('%s', (name, [layer, text]) => {
  const cells = library as unknown as Record<string, typeof layer>;

  test('prints as Flux would print it', () => {
    expect(String(layer(3, 2))).toBe(text);
  });

  test('is recur of its cell: same sizes, same outputs', () => {
    const ofLayer = layer(3, 2, { seed: 5 }) as Net;
    const cell = cells[`${name}Cell`](3, 2, { seed: 5 });
    const ofCell = recur(cell as never) as unknown as Net;
    const { inputSize, outputSize, hiddenSize } = ofLayer;
    expect({ inputSize, outputSize, hiddenSize }).toEqual({
      inputSize: 3,
      outputSize: 2,
      hiddenSize: name === 'dense' ? 0 : 2,
    });
    const stream = [
      [1, 2, 3],
      [0, -1, 0.5],
    ];
    expect(emitted(ofLayer, stream)).toEqual(emitted(ofCell, stream));
  });

  test('is read-only, and so is its cell', () => {
    const made = layer(3, 2);
    for (const part of [made, made.cell]) {
      for (const property of ['inputSize', 'outputSize', 'hiddenSize', 'params', 'cell', 'own']) {
        expect(() => Object.assign(part, { [property]: 5 })).toThrow(TypeError);
      }
    }
  });

  test('without a seed has other parameters each time', () => {
    const [a, b] = [layer(3, 2), layer(3, 2)].map(({ params }) => Object.values(params)[0].data);
    expect(a).not.toEqual(b);
  });
});
