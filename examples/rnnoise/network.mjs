// RNNoise's network: Valin 2018, https://arxiv.org/abs/1709.08243, wired as its rnn.c wires it.
import { activationCell, chainCell, denseCell, gruCell, read, tap } from 'rxrecur/core';
import { canonicalWeights, layouts } from 'rxrecur/io';

/** The arrays of rnn_data.c by name: bytes, in 256ths. */
export function readWeights(text) {
  const arrays = text.matchAll(/rnn_weight (\w+)\[\d+\] = \{([^}]*)\}/g);
  const numbers = list => Float32Array.from(list.split(','), byte => Number(byte) / 256);
  return Object.fromEntries([...arrays].map(([, name, list]) => [name, numbers(list)]));
}

/**
 * From a frame's 42 features to the probability of voice and 22 gains, one for each band of the
 * spectrum. Without weights they are random.
 */
export function rnnoise(weights) {
  const dense = (name, inputSize, size, activation) => {
    const params = weights && {
      // Keras: [input, output].
      weight: {
        data: weights[`${name}_weights`],
        shape: [size, inputSize],
        stride: [1, size],
        offset: 0,
      },
      bias: weights[`${name}_bias`],
    };
    return denseCell(inputSize, size, { activation, params, seed: size });
  };
  const gru = (name, inputSize, size) => {
    const params =
      weights &&
      canonicalWeights(layouts.keras, 'gru', {
        kernel: weights[`${name}_weights`],
        recurrent: weights[`${name}_recurrent_weights`],
        bias: weights[`${name}_bias`],
      });
    const options = { resetGate: 'before', activation: 'relu', params, seed: size };
    return gruCell(inputSize, size, options);
  };
  return chainCell(
    tap('features', activationCell(42, 'identity')),
    tap('dense', dense('input_dense', 42, 24, 'tanh')),
    tap('voice', gru('vad_gru', 24, 24)),
    read('dense', 'voice', 'features'),
    tap('noise', gru('noise_gru', 90, 48)),
    read('voice', 'noise', 'features'),
    gru('denoise_gru', 114, 96),
    tap('gains', dense('denoise_output', 96, 22, 'sigmoid')),
    read('voice'),
    tap('speech', dense('vad_output', 24, 1, 'sigmoid')),
    read('speech', 'gains'),
  );
}
