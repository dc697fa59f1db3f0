import { describe, expect, test } from 'vitest';
import * as cells from '../../src/cells/index.js';
import { gruCell, indRnnCell, lstmCell, minGruCell, starCell } from '../../src/core.js';
import { allKinds, builtIn, specOf } from './kinds.js';

/** Of a cell 2→3: the rows of W and U, and how many rows each parameter has beside them. */
const layouts: Readonly<Record<string, readonly [W: string, U: string, rest: object]>> = {
  rnn: ['h', 'h', {}],
  lstm: ['ifgo', 'ifgo', {}],
  peepholeLstm: ['ifgo', 'ifgo', { p_i: [3], p_f: [3], p_o: [3] }],
  gru: ['rzn', 'rzn', {}],
  'gru, reset before': ['rzn', 'rzn', {}],
  mgu: ['fn', 'fn', {}],
  liGru: ['zn', 'zn', {}],
  ugrnn: ['ng', 'ng', {}],
  janet: ['fn', 'fn', {}],
  indRnn: ['h', '', { u: [3] }],
  fastRnn: ['n', 'n', { alpha: [1], beta: [1] }],
  fastGrnn: ['', '', { b_z: [3], b_n: [3], zeta: [1], nu: [1] }],
  star: ['zk', 'k', {}],
  lem: ['abch', 'abch', {}],
  minGru: ['zn', '', {}],
};

/** Cells that work element by element, without a state: they are tested as layers. */
const elementwise = ['activation', 'batchNorm', 'dropout', 'layerNorm', 'prelu', 'softmax'];

test('every cell of the library is among those that the tests try', () => {
  const exported = Object.keys(cells).map(name => name.replace(/Cell$/, ''));
  const tried = Object.keys(builtIn).filter(name => !name.includes(','));
  expect([...tried, ...elementwise].sort()).toEqual(exported.sort());
});

test('every recurrent cell has a layout to be compared with', () => {
  const recurrent = Object.keys(builtIn).filter(name => name !== 'dense');
  expect(Object.keys(layouts)).toEqual(recurrent);
});

describe('parameters are stacked in the order of the gates in the text', () => {
  test.each(Object.entries(layouts))('%s', (name, [W, U, rest]) => {
    const cell = builtIn[name](2, 3);
    const { rows } = specOf(cell).definition.plan;
    expect([rows.W, rows.U].map(blocks => blocks.map(block => block.name).join(''))).toEqual([
      W,
      U,
    ]);
    const shapes = Object.entries(cell.params).map(([key, { shape }]) => [key, shape]);
    const ofMap = (weight: string, bias: string, gates: string, columns: number) =>
      gates ? { [weight]: [3 * gates.length, columns], [bias]: [3 * gates.length] } : {};
    const isFastGrnn = name === 'fastGrnn';
    expect(Object.fromEntries(shapes)).toEqual({
      ...(isFastGrnn ? { weightIh: [3, 2], weightHh: [3, 3] } : {}),
      ...ofMap('weightIh', 'biasIh', W, 2),
      ...ofMap('weightHh', 'biasHh', U, 3),
      ...rest,
    });
  });

  test('dense', () => {
    const { weight, bias } = builtIn.dense(2, 3).params;
    expect([weight.shape, bias.shape]).toEqual([[3, 2], [3]]);
  });
});

test.each(allKinds)('%s tells its sizes, and answers in its output size', (name, make) => {
  const cell = make(2, 4);
  const output = name === 'projected' ? 2 : 4;
  expect([cell.inputSize, cell.outputSize]).toEqual([2, output]);
  expect(cell.hiddenSize).toBe(name === 'dense' ? 0 : 4);
  expect(cell(undefined, [1, 2])[1]).toHaveLength(output);
});

test.each(allKinds)('%s begins at zeros, and anew each time it is asked', (name, make) => {
  const cell = make(2, 3);
  const names = { lstm: 'hc', peepholeLstm: 'hc', lem: 'hc', projected: 'hc', dense: '' }[name];
  const zeros = (state: string) => new Float32Array(name === 'projected' && state === 'h' ? 2 : 3);
  const one = cell.initialState();
  if (names === '') expect(one).toBeUndefined();
  else if (name === 'following') {
    expect(one).toEqual({ h: zeros('h'), average: new Float32Array(2) });
  } else if (names === undefined) expect(one).toEqual(zeros('h'));
  else expect(one).toEqual({ h: zeros('h'), c: zeros('c') });
  if (one !== undefined) expect(cell.initialState()).not.toBe(one);
});

describe('a step by hand', () => {
  const x = [1];

  test('of a STAR: h′ = tanh((1 − k)·h + k·tanh(z)), k = ½', () => {
    const params = { weightIh: [2, 0], weightHh: [0], biasIh: [0, 0], biasHh: [0] };
    const [h] = starCell(1, 1, { params })([0.5], x);
    expect(h).toEqual(Float32Array.of(Math.tanh(0.25 + Math.tanh(2) / 2)));
  });

  test('of an IndRNN: h′ = relu(W x + u h)', () => {
    const params = { weightIh: [1, -1], biasIh: [0.5, 0.5], u: [2, 3] };
    const [h] = indRnnCell(1, 2, { params })([0.25, 1], x);
    expect(h).toEqual(Float32Array.of(2, 2.5));
  });

  test('of a minGRU, whose candidate is not bounded: h′ = (1 − z)·h + z·n, z = ½', () => {
    const params = { weightIh: [0, 8], biasIh: [0, 1] };
    const [h] = minGruCell(1, 1, { params })([3], x);
    expect(h).toEqual(Float32Array.of(6));
  });

  test('of both GRUs, which differ by where r = ¼ is applied', () => {
    const gates = { gateActivation: 'hardSigmoid', activation: 'identity' } as const;
    const params = {
      weightIh: [0, 0, 1],
      weightHh: [0, 0, 4],
      biasIh: [-1.25, 0, 0],
      biasHh: [0, 0, 2],
    };
    // n = 1 + ¼·(4·8 + 2) or 1 + 4·(¼·8) + 2, h′ = ½·n + ½·8
    expect(gruCell(1, 1, { ...gates, params })([8], x)[1]).toEqual(Float32Array.of(8.75));
    const before = gruCell(1, 1, { ...gates, params, resetGate: 'before' });
    expect(before([8], x)[1]).toEqual(Float32Array.of(9.5));
  });

  test('of an LSTM whose three activations are told apart', () => {
    const cell = lstmCell(1, 1, {
      gateActivation: { name: 'affine', alpha: 0, beta: 0.5 },
      activation: { name: 'affine', alpha: 3 },
      outputActivation: 'relu',
      params: {
        weightIh: [0, 0, 1, 0],
        weightHh: [0, 0, 2, 0],
        biasIh: [0, 0, 0, 0],
        biasHh: [0, 0, 0, 0],
      },
    });
    // g = 3·(x + 2 h), c′ = ½ c + ½ g, h′ = ½ relu(c′)
    const [{ h, c }] = cell({ h: [1], c: [4] }, x);
    expect([c, h]).toEqual([Float32Array.of(6.5), Float32Array.of(3.25)]);
    const [below] = cell({ h: [-2], c: [0] }, x);
    expect([below.c, below.h]).toEqual([Float32Array.of(-4.5), Float32Array.of(0)]);
  });
});
