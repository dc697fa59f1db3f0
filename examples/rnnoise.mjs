// Noise suppression as RNNoise does it: how much of each band of the spectrum is speech.
//
//   node examples/rnnoise.mjs rnn_data.c frames.csv
//
// rnn_data.c, the weights: https://github.com/xiph/rnnoise, src/rnn_data.c of v0.1.1, BSD-3-Clause,
// Xiph.Org Foundation. frames.csv: a line for each 10 ms, of which the first 42 numbers are the
// features that compute_frame_features of its denoise.c makes of sound. Without them the weights
// are random and the features noise: the same network, but it says nothing.
import { readFileSync } from 'node:fs';
import { from, map } from 'rxjs';
import { recur } from 'rxrecur';
import { readWeights, rnnoise } from './rnnoise/network.mjs';

const [weightsFile, framesFile] = process.argv.slice(2);
const weights = weightsFile && readWeights(readFileSync(weightsFile, 'utf8'));
const frames = framesFile
  ? readFileSync(framesFile, 'utf8').trim().split('\n')
  : Array.from({ length: 100 }, (_, t) => Array.from({ length: 42 }, (_, i) => Math.sin(t * i)));

const network = recur(rnnoise(weights));
console.log(`${network.inputSize} features in, ${network.outputSize} numbers out`);
if (!weights) console.log('random weights: see the head of this file for the real ones');

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
