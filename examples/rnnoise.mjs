// Noise suppression as RNNoise does it: how much of each band of the spectrum is speech.
//
//   node examples/rnnoise.mjs --help
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { from, map } from 'rxjs';
import { recur } from 'rxrecur';
import { readWeights, rnnoise } from './rnnoise/network.mjs';

const usage = `Usage: node examples/rnnoise.mjs [rnn_data.c] [frames.csv]

rnn_data.c  the weights: src/rnn_data.c of https://github.com/xiph/rnnoise v0.1.1, BSD-3-Clause
frames.csv  a line for each 10 ms; its first 42 numbers are the features that
            compute_frame_features of RNNoise's denoise.c makes of sound
Without them the weights are random and the frames sines: the same network, but it knows nothing.`;

const options = { help: { type: 'boolean', short: 'h' } };
const { values, positionals } = parseArgs({ options, allowPositionals: true });
if (values.help) {
  console.log(usage);
  process.exit();
}
const [weightsFile, framesFile] = positionals;
const weights = weightsFile && readWeights(readFileSync(weightsFile, 'utf8'));
const frames = framesFile
  ? readFileSync(framesFile, 'utf8').trim().split('\n')
  : Array.from({ length: 100 }, (_, t) => Array.from({ length: 42 }, (_, i) => Math.sin(t * i)));

const network = recur(rnnoise(weights));
console.log(`${network.inputSize} features in, ${network.outputSize} numbers out`);
if (!weights) console.log('random weights: --help says where the real ones are');

const percent = value => `${(100 * value).toFixed(0).padStart(3)} %`;
let count = 0;
from(frames)
  .pipe(
    map(frame => (typeof frame === 'string' ? frame.split(',').slice(0, 42).map(Number) : frame)),
    network,
  )
  .subscribe(([voice, ...gains]) => {
    const kept = gains.reduce((sum, gain) => sum + gain, 0) / gains.length;
    // Ten lines of a second are enough to look at.
    if (count++ % 50 === 0) {
      console.log(`${(count / 100).toFixed(2)} s: voice ${percent(voice)}, kept ${percent(kept)}`);
    }
  });
