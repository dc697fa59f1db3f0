import { from, lastValueFrom } from 'rxjs';
import { expect, test } from 'vitest';
import { stateful } from '../../../src/index.js';
import { type LoadedSizes, readTfjs } from '../../../src/io/tfjs/index.js';
import { refusal } from '../files.js';
import {
  fileOf,
  functional,
  type layer,
  node,
  type Output,
  problemsIn,
  type Shapes,
} from './configs.js';

const x: Output = ['x', 0, 0];
const dense = { units: 2, use_bias: false };

/** A layer of a Functional model that is called with each of these. */
function called(class_name: string, config: Record<string, unknown>, ...inputs: Output[][]) {
  return {
    ...node(class_name, config, []),
    inbound_nodes: inputs.map(own => own.map(input => [...input, {}])),
  };
}

function read<I extends LoadedSizes = number>(
  model: ReturnType<typeof functional>,
  weights: Shapes,
) {
  const { modelJson, shard } = fileOf(model, weights);
  return readTfjs<I>(modelJson, shard);
}

test('a layer that is called twice has one set of weights, and reads what its first call made', () => {
  const shared = called('Dense', dense, [x], [['dense', 0, 0]]);
  const model = read(functional([shared], [['dense', 1, 0]]), { 'dense/kernel': [2, 2] });
  // All weights are 0.5: the mean of both, times 2, twice.
  expect(stateful(model)([1, 3])).toEqual(Float32Array.of(2, 2));
});

test('each call of a recurrent layer has a state of its own', () => {
  const shared = called(
    'SimpleRNN',
    { units: 2, activation: 'linear', use_bias: false, return_sequences: true },
    [x],
    [['simplernn', 0, 0]],
  );
  const weights = { 'simplernn/kernel': [2, 2], 'simplernn/recurrent_kernel': [2, 2] };
  const m = stateful(read(functional([shared], [['simplernn', 1, 0]]), weights));
  expect(m([1, 1])[0]).toBe(1);
  // h₁ = 0 + 1, then of 1 and the state 1.
  expect(m([0, 0])[0]).toBe(2);
  expect(m.state).toHaveLength(2);
});

test('a stateful layer that is called twice is refused: its state would be one', () => {
  const config = { units: 2, stateful: true, return_sequences: true };
  const shared = called('GRU', config, [x], [['gru', 0, 0]]);
  const { modelJson, shard } = fileOf(functional([shared], [['gru', 1, 0]]));
  expect(problemsIn(() => readTfjs(modelJson, shard))).toEqual([
    "GRU 'gru': stateful in a layer that is called more than once",
  ]);
});

test('calls beyond what a model may have are refused', () => {
  const calls = Array.from({ length: 65 }, (): Output[] => [x]);
  const { modelJson, shard } = fileOf(
    functional([called('Dense', dense, ...calls)], [['dense', 0, 0]]),
  );
  expect(problemsIn(() => readTfjs(modelJson, shard))[0]).toBe(
    "Dense 'dense': a layer called 65 times",
  );
});

/** A model of the inputs a, of steps of one feature, and b, a vector of two. */
function ofTwo(name: string, ...layers: ReturnType<typeof layer>[]) {
  const shapes = { [name]: [null, 4, 1], b: [null, 2] };
  const inputs = Object.entries(shapes).map(([name, batch_input_shape]) =>
    node('InputLayer', { name, batch_input_shape }, []),
  );
  const ends = {
    input_layers: Object.keys(shapes).map(name => [name, 0, 0]),
    output_layers: [[layers[layers.length - 1].config.name, 0, 0]],
  };
  return { class_name: 'Functional', config: { layers: [...inputs, ...layers], ...ends } };
}

const rnn = { units: 1, activation: 'linear', use_bias: false };
const weights = { 'simplernn/kernel': [1, 1], 'simplernn/recurrent_kernel': [1, 1] };

const two = (name = 'a') =>
  ofTwo(
    name,
    node('SimpleRNN', rnn, [[name, 0, 0]]),
    node('Concatenate', {}, [
      ['simplernn', 0, 0],
      ['b', 0, 0],
    ]),
  );

test('an event of a model of several inputs is a record by their names', async () => {
  const model = read<{ a: number; b: number }>(two(), weights);
  expect(model.inputSize).toEqual({ a: 1, b: 2 });
  const m = stateful(model);
  expect(m({ a: [2], b: [7, 8] })).toEqual(Float32Array.of(1, 7, 8));
  expect(m({ a: [2], b: [5, 6] })).toEqual(Float32Array.of(1.5, 5, 6));
  const events = from([{ a: [2], b: [7, 8] }]);
  expect(await lastValueFrom(events.pipe(model))).toEqual(Float32Array.of(1, 7, 8));
  // @ts-expect-error: an input is missing
  expect(refusal(() => m({ a: [2] }))).toContain('.b: expected');
});

test('an input that looks ahead is a window of all its steps', () => {
  const model = ofTwo(
    'a',
    node('GlobalMaxPooling1D', {}, [['a', 0, 0]]),
    node('Concatenate', {}, [
      ['globalmaxpooling1d', 0, 0],
      ['b', 0, 0],
    ]),
  );
  const m = stateful(read<{ a: number; b: number }>(model, {}));
  expect(m({ a: [1, 4, 3, 2], b: [7, 8] })).toEqual(Float32Array.of(4, 7, 8));
});

test('names that are no names of fields are refused', () => {
  for (const name of ['__proto__', 'a\u001b[31m', 'a'.repeat(99)]) {
    const { modelJson, shard } = fileOf(two(name), weights);
    expect(problemsIn(() => readTfjs(modelJson, shard))[0]).toMatch(/^model: an input called '/);
  }
});

test('inputs that Keras 3 has by name are read in their order', () => {
  const model = two();
  const config = { ...model.config, input_layers: { one: ['a', 0, 0], other: ['b', 0, 0] } };
  expect(read({ ...model, config }, weights).inputSize).toEqual({ a: 1, b: 2 });
});
