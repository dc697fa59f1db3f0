import { expect, test } from 'vitest';
import { stateful } from '../../../src/index.js';
import { readTfjs } from '../../../src/io/tfjs/index.js';
import { caseNamed, rowsOf, shardOf } from '../tfjs/models.js';
import {
  fileOf,
  first,
  functional,
  type LayerJson,
  layer,
  node,
  type Output,
  problemsIn,
  problemsOf,
  type Shapes,
  sequential,
} from './configs.js';

const cell = (kind: string, gates: number, size = 2): Shapes => ({
  [`${kind}/kernel`]: [size, gates],
  [`${kind}/recurrent_kernel`]: [1, gates],
  [`${kind}/bias`]: [gates],
});

/** A Functional model of five steps of two features, and what keeps it from being read. */
function refusals(layers: readonly LayerJson[], ...outputs: readonly Output[]): string[] {
  const weights = { ...cell('lstm', 4), ...cell('gru', 3) };
  const { modelJson, shard } = fileOf(functional(layers, outputs), weights);
  return problemsIn(() => readTfjs(modelJson, shard));
}

const x: Output = ['x', 0, 0];
const both = { units: 1, return_state: true };
const known = 'beside the first, only the hidden state of SimpleRNN, LSTM and GRU is read';

test('the hidden state of a layer is its last output', () => {
  const model = functional(
    [node('LSTM', both, [x])],
    [
      ['lstm', 0, 1],
      ['lstm', 0, 0],
    ],
  );
  const { modelJson, shard } = fileOf(model, cell('lstm', 4), '3');
  const m = stateful(readTfjs<number, { lstm: number; lstm_1: number }>(modelJson, shard));
  // All weights are 0.5; by hand, σ(0.75) = 0.679179, tanh(0.75) = 0.635149:
  // c = 0.679179 · 0.635149 = 0.431380, h = 0.679179 · tanh(c) = 0.276068.
  const { lstm: h, lstm_1: y } = m([0.25, 0.25]);
  expect(h[0]).toBeCloseTo(0.276068, 5);
  expect(y).toEqual(h);
});

test('an output that is a cell state, or a state of a Bidirectional, is refused by its place', () => {
  const lstm = node('LSTM', both, [x]);
  expect(refusals([lstm], ['lstm', 0, 0], ['lstm', 0, 2])).toEqual([
    `model: output 2 of 'lstm': ${known}`,
  ]);
  const dense = node('Dense', { units: 1 }, [['lstm', 0, 2]]);
  expect(refusals([lstm, dense], ['dense', 0, 0])).toEqual([`model: output 2 of 'lstm': ${known}`]);
  const weights = {
    ...cell('bidirectional/forward_gru', 3),
    ...cell('bidirectional/backward_gru', 3),
  };
  const wrapped = node('Bidirectional', { layer: layer('GRU', both) }, [x]);
  const { modelJson, shard } = fileOf(
    functional(
      [wrapped],
      [
        ['bidirectional', 0, 0],
        ['bidirectional', 0, 1],
      ],
    ),
    weights,
  );
  expect(problemsIn(() => readTfjs(modelJson, shard))).toEqual([
    `model: output 1 of 'bidirectional': ${known}`,
  ]);
});

test('a state of a layer that answers none is refused', () => {
  const gru = node('GRU', { units: 1 }, [x]);
  expect(refusals([gru], ['gru', 0, 1])).toEqual([`model: output 1 of 'gru': ${known}`]);
});

test('an initial state that other layers give is refused, by position and by name', () => {
  const encoder = node('GRU', both, [x]);
  const why = 'an initial state that comes from other layers';
  const state: Output = ['gru', 0, 1];
  const decoder = node('LSTM', { units: 1 }, [x, state, state]);
  expect(refusals([encoder, decoder], ['lstm', 0, 0])).toEqual([`LSTM 'lstm': ${why}`]);
  const named = node('LSTM', { units: 1 }, [x], { initial_state: [state, state] });
  expect(refusals([encoder, named], ['lstm', 0, 0])).toEqual([`LSTM 'lstm': ${why}`]);
  const tensor = ([name, call, output]: Output) => ({
    class_name: '__keras_tensor__',
    config: { keras_history: [name, call, output] },
  });
  const newer = {
    ...node('LSTM', { units: 1 }, [x]),
    inbound_nodes: [{ args: [tensor(x)], kwargs: { initial_state: [tensor(state)] } }],
  };
  expect(refusals([encoder, newer], ['lstm', 0, 0])).toEqual([`LSTM 'lstm': ${why}`]);
});

test('arguments beside the inputs are refused by name, but for training that is off', () => {
  const gru = (kwargs: object) => node('GRU', { units: 1, reset_after: false }, [x], kwargs);
  const read = (kwargs: object) => {
    const { modelJson, shard } = fileOf(functional([gru(kwargs)], [['gru', 0, 0]]), cell('gru', 3));
    return problemsIn(() => readTfjs(modelJson, shard));
  };
  expect(read({ training: false, mask: null })).toEqual([]);
  expect(read({ training: true })).toEqual(["GRU 'gru': 'training' as an argument"]);
  expect(read({ constants: [1] })).toEqual(["GRU 'gru': 'constants' as an argument"]);
  const [masked] = read({ mask: ['mask', 0, 0] });
  expect(masked).toContain("GRU 'gru': masks");
});

test('a call that a layer does not have is refused by the layer', () => {
  const gru = node('GRU', { units: 1 }, [x]);
  expect(refusals([gru], ['gru', 1, 0])).toEqual([
    "model: a call of 'gru' that the file does not have",
  ]);
});

test('in Keras 2 the first call of a model within a model is the second', () => {
  const inner = {
    ...{ name: 'inner', class_name: 'Sequential' },
    config: { name: 'inner', layers: [first('Activation', { activation: 'relu' })] },
    inbound_nodes: [[[...x, {}]]],
  };
  const { modelJson, shard } = fileOf(functional([inner], [['inner', 1, 0]]));
  expect(stateful(readTfjs(modelJson, shard))([1, -1])).toEqual(Float32Array.of(1, 0));
});

test('a model within a model has one output', () => {
  const parts = [
    node('Activation', { activation: 'relu' }, [x]),
    node('ReLU', { threshold: 0 }, [x]),
  ];
  const inner = functional(parts, [
    ['activation', 0, 0],
    ['relu', 0, 0],
  ]);
  const nested = { ...inner, name: 'inner', inbound_nodes: [[[...x, {}]]] } as never as LayerJson;
  expect(refusals([nested], ['inner', 0, 0])).toEqual([
    'model: 2 outputs of a model within another',
  ]);
});

test('a layer in a row cannot answer its states too', () => {
  expect(problemsOf(first('GRU', both))).toEqual(["GRU 'gru': return_state in a Sequential model"]);
});

test('a stateful layer goes on where the last call ended: as one long sequence', () => {
  const one = caseNamed('LSTM and Dense');
  const text = JSON.stringify(one.modelJson).replace('"stateful":false', '"stateful":true');
  const m = stateful(readTfjs(JSON.parse(text), shardOf(one)));
  const steps = rowsOf(one.input.values, 3);
  const ys = [...m.map(steps.slice(0, 3)), ...m.map(steps.slice(3))];
  const off = ys.flatMap((y, t) => [...y].map((v, i) => v - one.output.values[2 * t + i]));
  expect(text).not.toBe(JSON.stringify(one.modelJson));
  expect(Math.max(...off.map(Math.abs))).toBeLessThan(1e-6);
});

test('a stateful layer is refused where each sequence begins anew', () => {
  const ahead = 'stateful in a model that looks ahead: here each sequence begins anew';
  const kept = { units: 1, stateful: true };
  expect(problemsOf(first('GRU', { ...kept, go_backwards: true }))).toEqual([
    `GRU 'gru': ${ahead}`,
  ]);
  expect(problemsOf(first('Bidirectional', { layer: layer('GRU', kept) }))).toEqual([
    `Bidirectional 'bidirectional': ${ahead}`,
  ]);
  const pooled = [first('GRU', { ...kept, return_sequences: true }), layer('GlobalMaxPooling1D')];
  expect(problemsOf(...pooled)).toEqual([`GRU 'gru': ${ahead}`]);
  const flat = [
    first('GRU', { ...kept, return_sequences: true, reset_after: false }),
    layer('Flatten'),
  ];
  expect(problemsIn(() => sequential(flat, cell('gru', 3)))).toEqual([
    'model: stateful layers where steps are flattened: here each window begins anew',
  ]);
});

test('a stateful layer beside one that begins anew at each call is refused by both names', () => {
  const kept = first('GRU', { units: 1, stateful: true, return_sequences: true });
  expect(problemsOf(kept, layer('LSTM', { units: 1 }))).toEqual([
    "GRU 'gru': stateful, beside LSTM 'lstm', which is not",
  ]);
  const causal = layer('Conv1D', { filters: 1, kernel_size: [2], padding: 'causal' });
  expect(problemsOf(kept, causal)).toEqual([
    "GRU 'gru': stateful, beside Conv1D 'conv1d', which is not",
  ]);
});
