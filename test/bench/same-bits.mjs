// Do two builds give the same bits? 200 random models of every kind of layer, stepped one by one,
// in batches, in chunks, by keys and resumed from a snapshot: a digest for each.
//   npm run build && node test/bench/same-bits.mjs --help
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Command } from 'commander';
import { from } from 'rxjs';

const args = new Command('node test/bench/same-bits.mjs')
  .description(
    'Steps 200 random models and takes a digest of the bits of their outputs, by plain SIMD: compared ' +
      'with those of same-bits.json, which an earlier version wrote; or, on all backends of this engine, ' +
      'with those of another build. The exit code is 1 if any differs.',
  )
  .option('--against <dist>', 'the folder of the other build')
  .option('--write', 'write same-bits.json')
  .option('--quick', 'the first 20 models')
  .parse()
  .opts();

/** Numbers in [0, 1), the same in each run. */
function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32;
  };
}

const recurrent = [
  ...['rnn', 'lstm', 'peepholeLstm', 'gru', 'mgu', 'liGru', 'ugrnn', 'janet', 'indRnn'],
  ...['fastRnn', 'fastGrnn', 'star', 'lem', 'minGru'],
];

/** A layer from `size` on: what makes it, its text and its output size. */
function layerOf(library, next, size) {
  const pick = list => list[Math.floor(next() * list.length)];
  const out = pick([1, 2, 3, 5, 8, 13, 17, 33]);
  const seed = Math.floor(next() * 1e6);
  const names = [
    ...recurrent,
    ...['dense', 'gruBefore', 'clipped', 'layerNorm', 'softmax', 'prelu', 'activation'],
    ...['causalConv1d', 'context', 'pad', 'slice', 'parallel', 'skip', 'stack', 'taps'],
    ...['window', 'windowConv', 'windowPool'],
  ];
  const name = pick(names);
  const { chain, parallel, skip, stack, tap, read, window } = library;
  const { dense, gru, lstm, causalConv1d, bidirectional, conv1d, maxPool1d, last } = library;
  /** A window over the last steps, which are put together first. */
  const frames = (count, inside) =>
    chain(library.context(size, (count - 1) * size), window(count, inside));
  const plain = (kind, ...options) => [library[kind](size, out, { seed }, ...options), out];
  switch (name) {
    case 'gruBefore':
      return [gru(size, out, { seed, resetGate: 'before', bias: false }), out];
    case 'clipped':
      return [lstm(size, out, { seed, clip: 0.7 }), out];
    case 'layerNorm':
    case 'softmax':
    case 'prelu':
      return [library[name](size), size];
    case 'activation':
      return [library.activation(size, pick(['tanh', 'sigmoid', 'softplus', 'elu'])), size];
    case 'causalConv1d':
      return [causalConv1d(size, out, 3, { seed, dilation: pick([1, 2]) }), out];
    case 'context':
      return [library.context(size, 3), size + 3];
    case 'pad':
      return [library.pad(size, 1, 2), size + 3];
    case 'slice':
      return [library.slice(size, 0, Math.max(1, size >> 1)), Math.max(1, size >> 1)];
    case 'parallel':
      return [parallel('concat', lstm(size, out, { seed }), dense(size, 2, { seed })), out + 2];
    case 'skip':
      return [skip(gru(size, size, { seed }), 'add'), size];
    case 'stack':
      return [stack(2, i => lstm(i ? out : size, out, { seed })), out];
    case 'taps':
      return [
        chain(
          tap('x'),
          tap('y', gru(size, out, { seed })),
          read('y', 'x'),
          dense(size + out, 3, { seed }),
        ),
        3,
      ];
    case 'window': {
      const merge = pick(['concat', 'add']);
      const width = merge === 'add' ? 4 : 8;
      const both = bidirectional(gru(size, 4, { seed }), merge, lstm(size, 4, { seed }));
      return [frames(3, chain(both, last(width))), width];
    }
    case 'windowConv':
      return [frames(5, chain(conv1d(size, 4, 3, { seed }), gru(4, 3, { seed }), last(3))), 3];
    case 'windowPool':
      return [frames(4, chain(maxPool1d(size, 2), last(size))), size];
    default:
      return plain(name);
  }
}

function modelOf(library, seed) {
  const next = random(seed * 2654435761 + 1);
  const input = 1 + Math.floor(next() * 6);
  const layers = [];
  let size = input;
  for (let left = 1 + Math.floor(next() * 3); left > 0; left--) {
    const [layer, output] = layerOf(library, next, size);
    layers.push(layer);
    size = output;
  }
  const model = layers.length > 1 ? library.chain(...layers) : layers[0];
  return { model, input, next };
}

const hasWindow = text => text.includes('Window');

async function digestOf(library, seed, backend) {
  const { model, input, next } = modelOf(library, seed);
  const hash = createHash('sha256');
  const add = y => hash.update(new Uint8Array(Float32Array.from(y.data ?? y).buffer));
  const vector = () => Float32Array.from({ length: input }, () => 2 * next() - 1);
  const steps = Array.from({ length: 70 }, vector);
  const { stateful, recurBy } = library;
  const m = stateful(model, { backend });
  for (const x of steps.slice(0, 30)) add(m(x));
  const again = stateful(model, { backend, restore: JSON.parse(JSON.stringify(m.snapshot())) });
  for (const y of again.map(steps.slice(30))) add(y);
  if (!hasWindow(String(model))) {
    const data = Float32Array.from({ length: input * 67 }, (_, i) => steps[i % 70][i % input]);
    const columns = { data, shape: [input, 67], stride: [67, 1], offset: 0 };
    const many = stateful(model, { backend });
    for (let t = 0; t < 3; t++) add(many(columns));
  }
  const events = steps.map((x, i) => ({ key: i % 5, x }));
  const config = {
    key: e => e.key,
    select: e => e.x,
    backend,
    batch: { maxSize: 3, maxDelay: 1e3 },
  };
  from(events).pipe(recurBy(model, config)).subscribe(add);
  return { digest: hash.digest('hex').slice(0, 16), text: String(model) };
}

const load = folder => import(new URL('index.js', folder).href);
const { backends } = await import('../../dist/kernels/backends.js');
const library = await load(new URL('../../dist/', import.meta.url));
const { against, write, quick } = args;
const other = against && (await load(pathToFileURL(`${resolve(against)}/`)));
const kept = new URL('same-bits.json', import.meta.url);
const written = write || other ? [] : JSON.parse(readFileSync(kept, 'utf8'));
const count = quick ? 20 : 200;
const digests = [];
let differing = 0;
for (const backend of other ? backends() : ['simd']) {
  for (let seed = 0; seed < count; seed++) {
    const { digest, text } = await digestOf(library, seed, backend);
    digests.push(digest);
    const expected = other ? (await digestOf(other, seed, backend)).digest : written[seed];
    if (write || digest === expected) continue;
    differing++;
    console.log(`${backend} ${seed} differs: ${text}`);
  }
}
if (write) writeFileSync(kept, `${JSON.stringify(digests, null, 2)}\n`);
console.log(`${digests.length - differing} of ${digests.length} digests are the same`);
process.exitCode = differing ? 1 : 0;
