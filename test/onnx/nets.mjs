// Public networks of one step in onnxruntime-node and here, over 10 s of sound: DTLN's two models,
// GTCRN and Silero VAD. Prints the largest difference of each output and state, and fails above
// 1e-5 times its largest value, if that is above 1; then the same steps in chunks, stopped and
// resumed, as keys and as a batch must give the same bits. GTCRN's sound is held against that of
// its own authors.
//
//   npm install --prefix test/onnx --ignore-scripts && npm run build && node test/onnx/nets.mjs

import { existsSync, readFileSync } from 'node:fs';
import { Command } from 'commander';
import { from, lastValueFrom, toArray } from 'rxjs';
import { recur, recurBy, stateful } from '../../dist/index.js';
import { load, save } from '../../dist/io/index.js';
import { readOnnx } from '../../dist/io/onnx/index.js';
import { netsFolder, netsIn } from './net-files.mjs';
import { readWav, spectra, synthesised } from './sound.mjs';

const { folder, only, speed } = new Command('node test/onnx/nets.mjs')
  .description('Runs public networks of one step in onnxruntime-node and here.')
  .option('--folder <path>', 'where the nets are', netsFolder)
  .option('--only <name>', 'one of the nets')
  .option('--speed', 'times a step of each, too')
  .parse()
  .opts();
const ort = await import('onnxruntime-node');

const nets = netsIn(folder);
const sound = readWav(`${folder}/gtcrn/mix.wav`).subarray(0, 160000);
let failed = 0;

function check(text, isGood) {
  console.log(`  ${isGood ? 'ok  ' : 'FAIL'} ${text}`);
  if (!isGood) failed++;
}

/** Runs a net in onnxruntime and here, and holds each output and state against the other one's. */
async function compared(net, layer, xs) {
  const bytes = readFileSync(net.path);
  const session = await ort.InferenceSession.create(bytes, { intraOpNumThreads: 1 });
  const names = Object.keys(net.states);
  const tensor = (values, dims) => new ort.Tensor('float32', values, dims);
  let states = Object.fromEntries(
    names.map(name => {
      const dims = net.states[name];
      return [name, tensor(new Float32Array(dims.reduce((a, b) => a * b, 1)), dims)];
    }),
  );
  const rate = session.inputNames.includes('sr')
    ? { sr: new ort.Tensor('int64', BigInt64Array.of(16000n), []) }
    : {};
  const answers = session.outputNames.filter(name => !/state|stack|cache/i.test(name));
  const nexts = session.outputNames.filter(name => /state|stack|cache/i.test(name));
  const m = stateful(layer);
  const worst = {};
  const note = (name, own, wanted) => {
    let [off, largest] = own.length === wanted.length ? [0, 1] : [Infinity, 1];
    for (const [i, value] of wanted.entries()) {
      off = Math.max(off, Math.abs(own[i] - value));
      largest = Math.max(largest, Math.abs(value));
    }
    worst[name] = Math.max(worst[name] ?? 0, off / largest || (off === 0 ? 0 : Infinity));
  };
  const ys = [];
  for (const x of xs) {
    const results = await session.run({ [net.data]: tensor(x, net.shape), ...rate, ...states });
    const y = m(x);
    ys.push(y.slice());
    note(answers[0], y, results[answers[0]].data);
    for (const [k, name] of nexts.entries()) {
      note(name, names.length > 1 ? m.state[names[k]] : m.state, results[name].data);
    }
    states = Object.fromEntries(names.map((name, k) => [name, results[nexts[k]]]));
  }
  for (const [name, off] of Object.entries(worst)) {
    check(`${name}: ${off.toExponential(2)} of onnxruntime's over ${xs.length} steps`, off <= 1e-5);
  }
  if (speed) await timed(net, layer, xs, session, { ...rate, ...states });
  return ys;
}

async function timed(net, layer, xs, session, rest) {
  const m = stateful(layer);
  const feeds = { [net.data]: new ort.Tensor('float32', xs[100], net.shape), ...rest };
  const best = async (count, run) => {
    let least = Infinity;
    for (let round = 0; round < 7; round++) {
      const begin = performance.now();
      for (let i = 0; i < count; i++) await run(i);
      least = Math.min(least, (performance.now() - begin) / count);
    }
    return least * 1000;
  };
  for (let i = 0; i < 300; i++) m(xs[i % xs.length]);
  const own = await best(200, i => void m(xs[i]));
  const theirs = await best(100, () => session.run(feeds));
  console.log(`       ${own.toFixed(1)} µs a step, onnxruntime-node ${theirs.toFixed(1)} µs`);
}

const areSame = (a, b) =>
  a.length === b.length && a.every((y, t) => y.every((v, i) => Object.is(v, b[t][i])));

/** The same steps in every other way that a stream can take. */
async function sameBits(layer, xs, ys) {
  const chunks = Array.from({ length: Math.ceil(xs.length / 7) }, (_, k) =>
    xs.slice(k * 7, k * 7 + 7),
  );
  const run = operator => lastValueFrom(from(chunks).pipe(operator, toArray()));
  check(
    'in chunks, the same bits',
    areSame((await run(recur(layer, { chunks: true }))).flat(), ys),
  );
  const half = Math.floor(xs.length / 2);
  const before = stateful(layer);
  for (const x of xs.slice(0, half)) before(x);
  const after = stateful(load(save(layer)), {
    restore: JSON.parse(JSON.stringify(before.snapshot())),
  });
  const rest = xs.slice(half).map(x => after(x).slice());
  check('saved, stopped and resumed, the same bits', areSame(rest, ys.slice(half)));
  const events = xs.flatMap(x => ['a', 'b'].map(key => ({ key, x })));
  const keyed = await lastValueFrom(
    from(events).pipe(recurBy(layer, { key: e => e.key, select: e => e.x }), toArray()),
  );
  const second = keyed.filter((_, i) => i % 2).map(result => result.output ?? result.y ?? result);
  check('as keys, the same bits', areSame(second, ys));
  const m = stateful(layer);
  const columns = xs.slice(0, 100).map(x => {
    const data = new Float32Array(2 * x.length);
    for (const [i, v] of x.entries()) data.set([v, -v], 2 * i);
    const { data: out } = m({ data, shape: [x.length, 2], stride: [2, 1], offset: 0 });
    return out.filter((_, i) => i % 2 === 0);
  });
  check('as a batch, the same bits', areSame(columns, ys.slice(0, 100)));
}

for (const [name, net] of Object.entries(nets)) {
  if (only && name !== only) continue;
  if (!existsSync(net.path)) {
    console.log(`${name}: not at ${net.path}`);
    continue;
  }
  console.log(name);
  const layer = readOnnx(new Uint8Array(readFileSync(net.path)), net.options);
  const xs = net.of(sound);
  const ys = await compared(net, layer, xs);
  await sameBits(layer, xs, ys);
  if (name !== 'GTCRN') continue;
  const all = readWav(`${folder}/gtcrn/mix.wav`);
  const m = stateful(layer);
  const enhanced = synthesised(spectra(all).map(x => m(x).slice()));
  const wanted = readWav(`${folder}/gtcrn/enh_stream.wav`);
  let off = 0;
  const count = Math.min(wanted.length, enhanced.length);
  for (let i = 0; i < count; i++) off = Math.max(off, Math.abs(wanted[i] - enhanced[i]));
  check(`its sound: ${off.toExponential(2)} of the authors' over ${count} samples`, off <= 1e-4);
}
console.log(failed ? `${failed} failed` : 'all as it should be');
process.exitCode = failed ? 1 : 0;
