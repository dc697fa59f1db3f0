import { describe, expect, test } from 'vitest';
import {
  defineCell,
  denseCell,
  gruCell,
  janetCell,
  lemCell,
  lstmCell,
  minGruCell,
  RecurError,
  rnnCell,
} from '../../src/core.js';
import { leakyCell, projectedCell, slottedCell } from '../cells/kinds.js';

describe('a cell prints its name, sizes and what differs from the default', () => {
  test.each([
    [rnnCell(10, 5), 'RNNCell(10, 5, tanh)'],
    [rnnCell(10, 5, { activation: 'relu' }), 'RNNCell(10, 5, relu)'],
    [rnnCell(1, 1, { activation: 'identity' }), 'RNNCell(1, 1, identity)'],
    [rnnCell(1, 1, { bias: false, clip: 3 }), 'RNNCell(1, 1, tanh; clip=3, bias=false)'],
    [rnnCell(1, 1, { activation: { name: 'elu', alpha: 0.5 } }), 'RNNCell(1, 1, elu(alpha=0.5))'],
    [lstmCell(10, 15), 'LSTMCell(10, 15)'],
    [lstmCell(10, 15, { activation: 'tanh', bias: true, seed: 1 }), 'LSTMCell(10, 15)'],
    [
      lstmCell(10, 15, {
        outputActivation: 'softsign',
        activation: { name: 'tanh' },
        gateActivation: { name: 'hardSigmoid', beta: 0.25 },
        bias: false,
      }),
      'LSTMCell(10, 15; gateActivation=hardSigmoid(beta=0.25), outputActivation=softsign, bias=false)',
    ],
    [gruCell(3, 5), 'GRUCell(3, 5)'],
    [gruCell(3, 5, { resetGate: 'before' }), 'GRUCell(3, 5; resetGate=before)'],
    [
      gruCell(3, 5, { resetGate: 'before', activation: 'relu', clip: 2 }),
      'GRUCell(3, 5; activation=relu, resetGate=before, clip=2)',
    ],
    [janetCell(3, 5), 'JANETCell(3, 5)'],
    [janetCell(3, 5, { beta: 1 }), 'JANETCell(3, 5)'],
    [janetCell(3, 5, { beta: 0 }), 'JANETCell(3, 5; beta=0)'],
    [lemCell(3, 5, { dt: 0.5 }), 'LEMCell(3, 5; dt=0.5)'],
    [minGruCell(3, 5), 'MinGRUCell(3, 5, sigmoid)'],
    [denseCell(15, 5), 'Dense(15, 5)'],
    [denseCell(15, 5, { activation: 'identity' }), 'Dense(15, 5)'],
    [denseCell(15, 5, { activation: 'relu' }), 'Dense(15, 5, relu)'],
    [denseCell(15, 5, { bias: false }), 'Dense(15, 5; bias=false)'],
    [leakyCell(3, 5), 'LeakyCell(3, 5, tanh)'],
    [leakyCell(3, 5, { rate: 0.1 }), 'LeakyCell(3, 5, tanh; rate=0.1)'],
    [projectedCell(3, 5, { projectionSize: 2 }), 'ProjectedCell(3, 5; projectionSize=2)'],
    [slottedCell(3, 5), 'SlottedCell(3, 5)'],
    [slottedCell(3, 5, { gate: 'sigmoid' }), 'SlottedCell(3, 5; gate=sigmoid)'],
    [
      slottedCell(3, 5, { activation: 'tanh', scale: -1 }),
      'SlottedCell(3, 5; activation=tanh, scale=-1)',
    ],
  ])('%s', (cell, text) => {
    expect(String(cell)).toBe(text);
    expect(`${cell}`).toBe(text);
  });
});

const size = 'a whole number from 1 to 2²⁴';

test.each<[() => unknown, string]>([
  [() => lstmCell(0, 5), `lstm.inputSize: expected ${size}, got 0`],
  [() => lstmCell(2.5, 5), `lstm.inputSize: expected ${size}, got 2.5`],
  [() => lstmCell('3' as never, 5), `lstm.inputSize: expected ${size}, got '3'`],
  [() => lstmCell(3, -1), `lstm.hiddenSize: expected ${size}, got -1`],
  [() => lstmCell(3, Number.NaN), `lstm.hiddenSize: expected ${size}, got NaN`],
  [() => lstmCell(3, 2 ** 24 + 1), `lstm.hiddenSize: expected ${size}, got 16777217`],
  [() => lstmCell(3, undefined as never), `lstm.hiddenSize: expected ${size}, got undefined`],
  [() => denseCell(3, 0), `dense.outputSize: expected ${size}, got 0`],
  [() => projectedCell(3, 4), `projected.projectionSize: expected ${size}, got undefined`],
  [
    () => projectedCell(3, 4, { projectionSize: 0 }),
    `projected.projectionSize: expected ${size}, got 0`,
  ],
  [() => rnnCell(1, 1, { bias: 'no' as never }), "rnn.bias: expected true or false, got 'no'"],
  [() => rnnCell(1, 1, { clip: 0 }), 'rnn.clip: expected a number above 0, got 0'],
  [() => rnnCell(1, 1, { clip: Number.NaN }), 'rnn.clip: expected a number above 0, got NaN'],
  [() => janetCell(1, 1, { beta: Number.NaN }), 'janet.beta: expected a finite number, got NaN'],
  [() => leakyCell(1, 1, { rate: '1' as never }), "leaky.rate: expected a finite number, got '1'"],
  [
    () => gruCell(1, 1, { resetGate: 'never' as never }),
    "gru.resetGate: expected 'after' or 'before', got 'never'",
  ],
  [
    () => slottedCell(1, 1, { gate: 'no' as never }),
    'slotted.gate: expected one of identity, tanh',
  ],
])('%s is refused: %s', (make, message) => {
  expect(make).toThrow(RecurError);
  expect(make).toThrow(message);
});

describe('an option that nobody reads is refused by name', () => {
  test.each<[string, () => unknown, string]>([
    ['a misspelt one', () => rnnCell(1, 1, { activations: 'relu' } as never), "'activations'"],
    [
      'of a slot that is not there',
      () => rnnCell(1, 1, { gateActivation: 'relu' }),
      "'gateActivation'",
    ],
    ['projectionSize without V', () => lstmCell(1, 1, { projectionSize: 1 }), "'projectionSize'"],
    ['of a constant', () => lstmCell(1, 1, { beta: 1 } as never), "'beta'"],
    ['resetGate of an LSTM', () => lstmCell(1, 1, { resetGate: 'after' } as never), "'resetGate'"],
    [
      'an activation that the text names itself',
      () => defineCell('Mine', 'y = relu(W_y x)')(1, 1, { relu: 'tanh' } as never),
      "'relu'",
    ],
  ])('%s', (_, make, got) => {
    expect(make).toThrow(RecurError);
    expect(make).toThrow(`got ${got}`);
    expect(make).toThrow(': expected options named ');
  });
});
