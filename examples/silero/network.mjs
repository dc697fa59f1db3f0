// Silero VAD 5 at 16 kHz: https://github.com/snakers4/silero-vad, the tensors by their names there.
import {
  activationCell,
  chainCell,
  contextCell,
  conv1dCell,
  denseCell,
  lstmCell,
  padCell,
  windowCell,
} from 'rxrecur/core';

/** Samples a second, and samples a step: 32 ms. */
export const rate = 16_000;
export const chunkSize = 512;

/** `[129, 258]`: a row adds a real part and its imaginary one. */
function pairs() {
  const weight = new Float32Array(129 * 258);
  for (let i = 0; i < 129; i++) weight[i * 258 + i] = weight[i * 258 + 129 + i] = 1;
  return weight;
}

/**
 * A Fourier transform of 256 samples under Hann's window, 129 real and 129 imaginary parts: the
 * file's own within 8e-8, for who does not want to ship that.
 */
function transform() {
  const weight = new Float32Array(258 * 256);
  for (let k = 0; k < 129; k++) {
    for (let t = 0; t < 256; t++) {
      const hann = 0.5 - 0.5 * Math.cos((2 * Math.PI * t) / 256);
      // Of whole turns, sine and cosine would lose digits.
      const angle = (2 * Math.PI * ((k * t) % 256)) / 256;
      weight[k * 256 + t] = hann * Math.cos(angle);
      weight[(129 + k) * 256 + t] = -hann * Math.sin(angle);
    }
  }
  return weight;
}

/** From 512 samples to the probability of speech in them: one step. */
export function silero(tensors) {
  /** Numbers of a tensor in order, whatever its shape. */
  const values = name => tensors[`model.${name}`].data ?? tensors[`model.${name}`];
  const encode = (i, inputSize, size, stride) => {
    const [weight, bias] = ['weight', 'bias'].map(name =>
      values(`encoder.${i}.reparam_conv.${name}`),
    );
    const options = { stride, padding: [1, 1], activation: 'relu', params: { weight, bias } };
    return conv1dCell(inputSize, size, 3, options);
  };
  const basis = 'stft.forward_basis_buffer';
  const weight = `model.${basis}` in tensors ? values(basis) : transform();
  return chainCell(
    // The chunk after the last 64 samples before it, and 64 mirrored ones behind.
    contextCell(chunkSize, 64),
    padCell(576, 0, 64, 'reflect'),
    windowCell(
      640,
      chainCell(
        // A Fourier transform of 256 samples every 128: 4 steps of 129 real, 129 imaginary parts.
        conv1dCell(1, 258, 256, { stride: 128, bias: false, params: { weight } }),
        // Their magnitudes: the root of the sum of two squares.
        activationCell(258, 'square'),
        denseCell(258, 129, { activation: 'sqrt', bias: false, params: { weight: pairs() } }),
        encode(0, 129, 128, 1),
        encode(1, 128, 64, 2),
        encode(2, 64, 64, 2),
        encode(3, 64, 128, 1),
      ),
    ),
    lstmCell(128, 128, {
      params: {
        weightIh: values('decoder.rnn.weight_ih'),
        weightHh: values('decoder.rnn.weight_hh'),
        biasIh: values('decoder.rnn.bias_ih'),
        biasHh: values('decoder.rnn.bias_hh'),
      },
    }),
    activationCell(128, 'relu'),
    denseCell(128, 1, {
      activation: 'sigmoid',
      params: {
        weight: values('decoder.decoder.2.weight'),
        bias: values('decoder.decoder.2.bias'),
      },
    }),
  );
}
