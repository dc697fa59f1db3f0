import { expect, test } from 'vitest';
import { mapSequences, stateful } from '../../../src/index.js';
import { readTfjs } from '../../../src/io/tfjs/index.js';
import { fileOf, first, functional, layer, node, problemsIn, sequential } from './configs.js';

const linear = { units: 1, activation: 'linear' };
const weights = {
  'simplernn/kernel': [1, 1],
  'simplernn/recurrent_kernel': [1, 1],
  'simplernn/bias': [1],
  'dense/kernel': [1, 1],
  'dense/bias': [1],
};
const ignore = { masking: 'ignore' };

test('steps masked at the beginning are zeros before a dense layer: it answers its bias', () => {
  const rnn = layer('SimpleRNN', { ...linear, return_sequences: true });
  const masking = first('Masking', { mask_value: 9 }, 1);
  const model = sequential([masking, rnn, layer('Dense', linear)], weights, '3', ignore);
  const steps = [[9], [9], [1], [9], [2]];
  const [{ outputs, state }] = mapSequences(model, [steps], { mask: 9 });
  // All weights are 0.5: h = (x + h + 1) / 2 is 0, 0, 1, 1, 2, and y = (h + 1) / 2.
  expect(outputs.flatMap(y => [...y])).toEqual([0.5, 0.5, 1, 1, 1.5]);
  expect(state).toEqual([Float32Array.of(2), undefined]);
});

test('Masking makes zeros of the steps that it hides', () => {
  const layers = [first('Masking', { mask_value: 9 }, 1), layer('Dense', linear)];
  const own = { 'dense/kernel': [1, 1], 'dense/bias': [1] };
  const model = sequential(layers, own, '3', ignore);
  const [{ outputs }] = mapSequences(model, [[[9], [1]]], { mask: 9 });
  expect(outputs.flatMap(y => [...y])).toEqual([0.5, 1]);
});

test('zero_output_for_mask is refused, whatever is done with masks', () => {
  const one = first('GRU', { units: 1, zero_output_for_mask: true });
  const why = 'zeros at masked steps, where layers here repeat their output';
  for (const options of [{}, ignore]) {
    expect(problemsIn(() => sequential([one], {}, '3', options))).toEqual([
      `GRU 'gru': zero_output_for_mask true: ${why}`,
    ]);
  }
});

test('within a Bidirectional zero_output_for_mask is what Keras 3 writes, and says nothing', () => {
  const rnn = (side: string) => {
    const name = `${side}_simplernn`;
    const config = { ...linear, return_sequences: true, zero_output_for_mask: true };
    return layer('SimpleRNN', { ...config, name, go_backwards: side === 'backward' });
  };
  const config = { layer: rnn('forward'), backward_layer: rnn('backward'), merge_mode: 'sum' };
  const shapes = ['forward', 'backward'].flatMap(side => [
    [`bidirectional/${side}_simplernn/kernel`, [1, 1]] as const,
    [`bidirectional/${side}_simplernn/recurrent_kernel`, [1, 1]] as const,
    [`bidirectional/${side}_simplernn/bias`, [1]] as const,
  ]);
  const both = first('Bidirectional', config, 1);
  const model = sequential([both], Object.fromEntries(shapes), '3');
  // h = (x + h + 1) / 2 forwards: 1, 2; backwards: 1.75, 1.5.
  const ys = stateful(model).map([[1], [2]]) as Float32Array[];
  expect(ys.flatMap(y => [...y])).toEqual([2.75, 3.5]);
  expect(() => mapSequences(model, [[[1], [0]]], { mask: 0 })).toThrow('mapSequences.mask');
});

test("a mask that Keras 3 hands from layer to layer is left out with masking: 'ignore'", () => {
  const mask = { class_name: '__keras_tensor__', config: { keras_history: ['any', 0, 0] } };
  const relu = node('Activation', { activation: 'relu' }, [['x', 0, 0]], { mask });
  const { modelJson, shard } = fileOf(functional([relu], [['activation', 0, 0]]));
  expect(problemsIn(() => readTfjs(modelJson, shard))[0]).toContain('masks');
  const model = readTfjs(modelJson, shard, { masking: 'ignore' });
  expect(stateful(model)([-1, 1])).toEqual(Float32Array.of(0, 1));
});
