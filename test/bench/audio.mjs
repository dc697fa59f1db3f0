// How fast public networks of sound run: Silero VAD, DTLN and GTCRN from their files, and an LSTM
// of one input, beside the other ways to run them.
//   npm run prebench && node test/bench/audio.mjs --help
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { lstmCell, stateful } from '../../dist/core.js';
import { netsFolder, netsIn } from '../onnx/net-files.mjs';
import { readWav } from '../onnx/sound.mjs';
import { inTurns } from './in-turns.mjs';
import { both, gtcrnModule, onnxruntime, rxrecur } from './peers/audio.mjs';
import { processorTime } from './processor-time.mjs';
import { median } from './quantile.mjs';

const command = new Command('node test/bench/audio.mjs')
  .description(
    'Prints the µs that a step takes of Silero VAD (32 ms of sound), DTLN (its two models, 8 ms), ' +
      'GTCRN (16 ms) and LSTM 1 → 16, the last a call and in blocks of 128: the median of rounds ' +
      'in which all systems take turns, by processor time. For each other system the median of ' +
      "what is rxrecur's share of its time, and what was asked. Each must first give the same " +
      'numbers. What cannot be measured is named. The exit code is 1 if something is above what ' +
      'was asked, unless --quick.',
  )
  .argument('[silero]', "silero_vad_16k_op15.onnx (default: test/onnx's package)")
  .option('--folder <path>', 'where DTLN, GTCRN and their sound are', netsFolder)
  .option(
    '--tflite <path>',
    'a folder with model_1.tflite and model_2.tflite of DTLN, in its own repository under ' +
      'pretrained_model (MIT); none was found in npm',
  )
  .option('--chromium', 'measure DTLN in Chromium too: onnxruntime-web and LiteRT.js')
  .option('--quick', 'a few steps, three rounds, no verdict')
  .parse();
const [sileroFile] = command.processedArgs;
const { folder, tflite, chromium, quick } = command.opts();
const rounds = quick ? 3 : 21;
const steps = quick ? 20 : 100;
/** The largest share of the other's time that was asked for. */
const asked = {
  silero: { 'onnxruntime-node': 0.4, 'onnxruntime-web': 0.15 },
  dtln: { 'onnxruntime-web': 1 / 6, 'LiteRT.js': 1 / 4 },
  gtcrn: { 'gtcrn.wasm': 1 },
};
/** µs a step that were asked for. */
const askedTimes = { call: 0.17, block: 0.14 };

const digits = value => String(Number(value.toPrecision(3)));
const verdictOf = (value, most) => {
  if (most === undefined) return '';
  if (!quick && value > most) process.exitCode = 1;
  return `, asked at most ${digits(most)}${value > most ? ': MISSED' : ''}`;
};

/** A line for rxrecur, which is first, and one for each other system. */
function print(title, { times, shares }, most = {}) {
  const [[, own], ...others] = Object.entries(times);
  console.log(`${title}: ${digits(own)} µs a step`);
  for (const [name, time] of others) {
    const share = `${digits(shares[name])} × its time`;
    console.log(`  ${name} ${digits(time)} µs: ${share}${verdictOf(shares[name], most[name])}`);
  }
}

const missing = (what, why) => console.log(`${what}: not measured, ${why}`);

/** A package of test/bench, or undefined if it is not installed. */
async function packaged(name) {
  try {
    return await import(name);
  } catch (error) {
    missing(name, `${error.code ?? error.message}: npm run prebench`);
    return undefined;
  }
}
const ort = { node: await packaged('onnxruntime-node'), web: await packaged('onnxruntime-web') };
if (ort.web) ort.web.env.wasm.numThreads = 1;
const settings = {
  node: { intraOpNumThreads: 1, interOpNumThreads: 1 },
  web: { executionProviders: ['wasm'] },
};

const nets = netsIn(folder);
const sileroNet = nets['Silero VAD 16k_op15'];
if (sileroFile) sileroNet.path = sileroFile;
const bytesOf = ({ path }) => new Uint8Array(readFileSync(path));
const soundFile = `${folder}/gtcrn/mix.wav`;
const sound = existsSync(soundFile)
  ? readWav(soundFile).subarray(0, 64000)
  : Float32Array.from({ length: 64000 }, (_, i) => 0.2 * Math.sin(i / 9) * Math.sin(i / 4000));
const stepsOf = net => net.of(sound).slice(0, steps);

/** What each engine of Node makes of some nets, which are stepped together. */
async function enginesOf(parts, join = ([one]) => one) {
  const systems = { rxrecur: join(parts.map(net => rxrecur(bytesOf(net), net))) };
  for (const name of ['node', 'web']) {
    if (!ort[name]) continue;
    const made = [];
    for (const net of parts) {
      made.push(await onnxruntime(ort[name], bytesOf(net), net, settings[name]));
    }
    systems[`onnxruntime-${name}`] = join(made);
  }
  return systems;
}

const isThere = (title, parts) => {
  const path = parts.map(net => net.path).find(file => !existsSync(file));
  if (path) missing(title, `there is no ${path}`);
  return !path;
};
const pace = { clock: processorTime, rounds };

async function silero() {
  const title = 'Silero VAD 16k';
  if (!isThere(title, [sileroNet])) return;
  const systems = await enginesOf([sileroNet]);
  print(title, await inTurns(systems, stepsOf(sileroNet), pace), asked.silero);
}

const dtlnNets = [nets['DTLN 1'], nets['DTLN 2']];
const dtlnSteps = () => {
  const [xs, zs] = dtlnNets.map(stepsOf);
  return xs.map((x, k) => [x, zs[k]]);
};

async function dtln() {
  if (!isThere('DTLN', dtlnNets)) return;
  const systems = await enginesOf(dtlnNets, both);
  print('DTLN', await inTurns(systems, dtlnSteps(), pace), asked.dtln);
  if (!chromium) return;
  const paths = tflite ? ['model_1', 'model_2'].map(name => `${tflite}/${name}.tflite`) : [];
  if (!tflite) missing('LiteRT.js', 'no --tflite names a folder with DTLN as tflite');
  const { openBrowser } = await import('./browser.mjs');
  const files = new Map([
    ...dtlnNets.map((net, k) => [`/audio/${k}.onnx`, readFileSync(net.path)]),
    ...paths.map((path, k) => [`/audio/${k}.tflite`, readFileSync(path)]),
  ]);
  const { version, evaluate, close } = await openBrowser(files);
  const parts = dtlnNets.map(({ data, shape, states }) => ({ data, shape, states }));
  const xs = dtlnSteps().map(pair => pair.map(x => [...x]));
  const task = { nets: parts, xs, rounds, hasTflite: paths.length > 0 };
  try {
    const { backend, ...results } = await evaluate(work => window.audio(work), task);
    print(`DTLN in Chromium ${version} on ${backend}`, results, asked.dtln);
  } finally {
    await close();
  }
}

/** Its module runs the net alone: no STFT on either side. */
async function gtcrn() {
  const net = nets.GTCRN;
  if (!isThere('GTCRN', [net])) return;
  const systems = await enginesOf([net]);
  const path = 'node_modules/@sapphi-red/web-noise-suppressor/dist/gtcrn.wasm';
  const file = fileURLToPath(new URL(path, import.meta.url));
  if (existsSync(file)) systems['gtcrn.wasm'] = await gtcrnModule(readFileSync(file), net);
  else missing('gtcrn.wasm', 'the package is not installed: npm run prebench');
  print('GTCRN', await inTurns(systems, stepsOf(net), pace), asked.gtcrn);
}

/** LSTM 1 → 16, as amplifiers of guitars have them: a sample a call, and blocks of 128. */
function lstm() {
  const timed = (count, per, run) => {
    const times = Array.from({ length: rounds + 3 }, () => {
      const start = processorTime();
      for (let i = 0; i < count; i++) run(i);
      return ((processorTime() - start) / count / per) * 1000;
    });
    return median(times.slice(3));
  };
  const cell = lstmCell(1, 16, { seed: 1 });
  const [calls, blocks] = [stateful(cell, { reuse: true }), stateful(cell)];
  const xs = Array.from({ length: 16 }, (_, t) => Float32Array.of(Math.sin(t)));
  const data = Float32Array.from({ length: 128 }, (_, t) => Math.sin(t));
  const block = { data, shape: [1, 128], stride: [128, 1], offset: 0 };
  const count = quick ? 20_000 : 200_000;
  const call = timed(count, 1, i => calls(xs[i & 15]));
  const inBlocks = timed(count / 128, 128, () => blocks.map(block));
  console.log(`LSTM 1 → 16: ${digits(call)} µs a call${verdictOf(call, askedTimes.call)}`);
  console.log(`  ${digits(inBlocks)} µs in blocks of 128${verdictOf(inBlocks, askedTimes.block)}`);
}

const { backend } = stateful(lstmCell(1, 16)).snapshot();
console.log(`node ${process.version}, rxrecur on ${backend}`);
lstm();
await silero();
await dtln();
await gtcrn();
