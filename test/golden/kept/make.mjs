// Writes what a version of the library leaves with its users: model files, snapshots and state
// files, and the answers that follow. Later versions must read them and go on with the same bits,
// so the file is written once for a format and never again; kept.test.ts reads it.
//   npm run build && node test/golden/kept/make.mjs FOLDER
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import * as rxrecur from '../../../dist/index.js';
import { save } from '../../../dist/io/index.js';

const [folder] = new Command('node test/golden/kept/make.mjs')
  .description('Writes model files, snapshots and state files of this version, and what follows.')
  .argument('<folder>', 'where kept.json goes')
  .parse().processedArgs;

const { chain, stack, parallel, skip, tap, read, stateful, ...layers } = rxrecur;
const { causalConv1d, dense, gru, lstm, rnn } = layers;
const seeded = seed => ({ seed });
const models = [
  rnn(2, 5, seeded(1)),
  lstm(3, 8, seeded(2)),
  gru(1, 5, seeded(3)),
  gru(3, 4, { resetGate: 'before', bias: false, seed: 4 }),
  layers.peepholeLstm(2, 3, seeded(5)),
  layers.fastGrnn(2, 4, seeded(6)),
  layers.indRnn(3, 6, seeded(7)),
  lstm(2, 4, { clip: 0.7, seed: 8 }),
  causalConv1d(2, 3, 3, { dilation: 2, seed: 9 }),
  chain(lstm(3, 8, seeded(10)), dense(8, 2, seeded(11))),
  stack(2, i => lstm(i ? 5 : 3, 5, seeded(12 + i))),
  parallel('concat', gru(2, 3, seeded(13)), dense(2, 2, seeded(14))),
  chain(tap('x'), skip(gru(3, 3, seeded(15)), 'add'), read('x', 'x'), layers.layerNorm(6)),
  chain(gru(2, 4, seeded(17)), layers.softmax(4)),
];

/** Inputs that are the same everywhere: sums of few bits. */
const vector = (size, t) => Array.from({ length: size }, (_, i) => ((t * 7 + i * 5) % 17) / 8 - 1);
const bits = numbers => Buffer.from(Float32Array.from(numbers).buffer).toString('base64');
const [before, after] = [12, 6];

/** The answers of so many steps from the first-th on. */
const answers = (m, size, first, count) =>
  Array.from({ length: count }, (_, i) => bits(m(vector(size, first + i))));

function kept(model) {
  const size = model.inputSize;
  const snapshots = {};
  for (const backend of ['simd', 'portable']) {
    const m = stateful(model, { backend });
    answers(m, size, 0, before);
    const bytes = Buffer.from(m.snapshot().toBytes()).toString('base64');
    snapshots[backend] = { json: JSON.parse(JSON.stringify(m.snapshot())), bytes };
  }
  const m = stateful(model, { backend: 'simd', restore: snapshots.simd.json });
  const next = answers(m, size, before, after);
  const m2 = stateful(model, { backend: 'simd', restore: snapshots.portable.json });
  const nextOfPortable = answers(m2, size, before, after);
  const first = answers(stateful(model, { backend: 'simd' }), size, 0, before);
  const file = Buffer.from(save(model)).toString('base64');
  return { model: String(model), size, file, snapshots, first, next, nextOfPortable };
}

/** A state file of `rxrecur run`, and the answers by plain SIMD that go on from it. */
function stateFile(model) {
  const work = mkdtempSync(join(tmpdir(), 'rxrecur-kept-'));
  try {
    const [file, state] = ['model.safetensors', 'place.json'].map(name => join(work, name));
    writeFileSync(file, save(model));
    const rows = Array.from({ length: before }, (_, t) => vector(model.inputSize, t));
    const main = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));
    const input = rows.map(row => `${JSON.stringify(row)}\n`).join('');
    execFileSync(process.execPath, [main, 'run', file, '--state', state], { input });
    const text = readFileSync(state, 'utf8');
    const m = stateful(model, { backend: 'simd', restore: JSON.parse(text) });
    const next = answers(m, model.inputSize, before, after);
    return { file: readFileSync(file).toString('base64'), state: text, next };
  } finally {
    rmSync(work, { recursive: true });
  }
}

const { version } = JSON.parse(
  readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
);
const all = {
  madeWith: { rxrecur: version, node: process.version },
  steps: { before, after },
  models: models.map(kept),
  stateFile: stateFile(chain(lstm(3, 8, seeded(10)), dense(8, 2, seeded(11)))),
};
writeFileSync(join(folder, 'kept.json'), `${JSON.stringify(all, null, 1)}\n`);
process.stdout.write(`${all.models.length} models and a state file\n`);
