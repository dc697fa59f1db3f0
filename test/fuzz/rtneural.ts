import { readGuitarMl, readRtneural } from '../../src/io/rtneural/index.js';
import type { Reader } from './reader.js';

/** Nested arrays of a shape, of small numbers. */
function filled([length, ...inner]: readonly number[], from = 0.5): unknown[] {
  return Array.from({ length }, (_, i) =>
    inner.length ? filled(inner, from + i) : Math.round(1e4 * Math.sin(from + 7 * i)) / 1e4,
  );
}

const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const layer = (type: string, size: number, shapes: number[][], more: object = {}) => ({
  type,
  activation: '',
  shape: [null, null, size],
  weights: shapes.map(shape => filled(shape)),
  ...more,
});

export const rtneural: Reader = {
  name: 'rtneural',
  seeds: () => [
    bytesOf({
      in_shape: [null, null, 1],
      layers: [
        layer('dense', 2, [[1, 2], [2]], { activation: 'softmax' }),
        layer('lstm', 2, [[2, 8], [2, 8], [8]], { activation: 'tanh' }),
        layer('gru', 3, [
          [2, 9],
          [3, 9],
          [2, 9],
        ]),
        layer('activation', 3, [], { activation: 'elu' }),
        layer('time-distributed-dense', 1, [[3, 1]]),
      ],
    }),
    bytesOf({
      in_shape: [null, null, 2],
      in_skip: 1,
      in_gain: -3,
      out_gain: 6,
      layers: [
        layer('conv1d', 4, [[3, 2, 4], [4]], { kernel_size: [3], dilation: [2], groups: 1 }),
        layer('prelu', 4, [[1, 4]]),
        layer('batchnorm', 4, [], { epsilon: 0.01, weights: [...'abcd'].map(() => [1, 2, 3, 4]) }),
        layer('conv1d', 1, [[2, 4, 1]], { kernel_size: [2], dilation: [1] }),
      ],
    }),
  ],
  read: readRtneural,
};

const guitar = (unit: string, gates: number, more: object, hidden = 3) =>
  bytesOf({
    model_data: { model: 'SimpleRNN', unit_type: unit, hidden_size: hidden, ...more },
    state_dict: {
      'rec.weight_ih_l0': filled([gates * hidden, 1]),
      'rec.weight_hh_l0': filled([gates * hidden, hidden]),
      'rec.bias_ih_l0': filled([gates * hidden]),
      'rec.bias_hh_l0': filled([gates * hidden]),
      'lin.weight': filled([1, hidden]),
      'lin.bias': filled([1]),
    },
  });

export const guitarml: Reader = {
  name: 'guitarml',
  seeds: () => [
    guitar('LSTM', 4, { input_size: 1, output_size: 1, num_layers: 1, skip: 1, bias_fl: true }),
    guitar('GRU', 3, { skip: 0 }, 2),
  ],
  read: readGuitarMl,
};
