// A step of our LSTM against one in C, written for it: how far from the machine's limit?
//   npm run build && node test/bench/limit.mjs --help
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Command } from 'commander';
import { inputs } from './nets.mjs';
import { median } from './quantile.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const sizes = [8, 16, 32, 64, 128, 256];

const command = new Command('node test/bench/limit.mjs')
  .description(
    'Prints, for input = hidden = 8 … 256, µs a step of `stateful(lstm(n, n), { reuse: true })` and how ' +
      'many times as long it takes as a program in C: medians of the runs, which take turns in ' +
      'processes of their own; of each run the best of 41 samples. cc compiles the program in C, which ' +
      'prints a line for each size: the size, the median and the best sample, in µs.',
  )
  .option(
    '--c <file>',
    'the program in C (default: ../shared/limits/lstm128.c, seen from the root)',
  )
  .option('--against <dist>', 'the folder of another build, which takes turns too')
  .option('--raw', "the machine code's step alone, without what JavaScript does around it")
  .option('--cell <name>', 'another cell; the program in C is left out', 'lstm')
  .option('--runs <count>', 'how many runs of each', Number, 5)
  .option('--quick', 'one short run')
  .option('--child <dist>', 'one run of a build, as JSON')
  .parse();
const { against, child, cell, raw, quick, ...rest } = command.opts();
const source = resolve(rest.c ?? join(root, '../shared/limits/lstm128.c'));
const runs = quick ? 1 : rest.runs;
const pace = quick
  ? { milliseconds: 0.2, samples: 5, warm: 20 }
  : { milliseconds: 1, samples: 41, warm: 250 };

/** What does a step of a size, again and again. */
async function stepOf(dist, size) {
  const { stateful, [cell]: layer } = await import(new URL('index.js', dist).href);
  const made = layer(size, size, { seed: 1 });
  const [x] = inputs(size);
  const model = stateful(made, { reuse: true });
  if (!raw) return () => model(x);
  const engine = await engineOf(made.cell, dist);
  const { pool, inputs: [input] = [engine.input] } = engine;
  const at = pool.take(2);
  pool.memory.set(x, input.at);
  let [now, next] = [at, at + pool.block];
  return () => {
    engine.step(now, next);
    [now, next] = [next, now];
  };
}

/** The compiled engine of a cell, by this build or by an older one. */
async function engineOf(cell, dist) {
  const isOld = existsSync(new URL('equations/', dist));
  const load = path => import(new URL(path, dist).href);
  const { compiledEngine } = await load(`${isOld ? 'equations' : 'code'}/compiled-engine.js`);
  const { internals } = await load(`${isOld ? 'equations' : 'streams'}/cell.js`);
  const { backends } = await load('kernels/backends.js');
  const { engines } = cell[internals];
  return compiledEngine(engines.model ?? engines.units, backends()[0]);
}

/** Best of the samples, µs a step. */
function best(step) {
  let each = 1;
  const sample = count => {
    const start = performance.now();
    for (let i = 0; i < count; i++) step();
    each = (performance.now() - start) / count;
    return each * 1000;
  };
  const until = performance.now() + pace.warm;
  for (let count = 1; performance.now() < until; count = Math.min(2 * count, 500)) sample(count);
  const count = Math.ceil(pace.milliseconds / each);
  return Math.min(...Array.from({ length: pace.samples }, () => sample(count)));
}

if (child) {
  const times = [];
  for (const size of sizes) times.push(best(await stepOf(new URL(child), size)));
  console.log(JSON.stringify(times));
  process.exit();
}

/** µs of each size, by one run of a build. */
const build = folder => () => {
  const options = ['--cell', cell, ...(raw ? ['--raw'] : []), ...(quick ? ['--quick'] : [])];
  const args = [fileURLToPath(import.meta.url), '--child', folder.href, ...options];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
};

/** The program in C, compiled; undefined, with a word why, where that cannot be. */
function limit() {
  if (cell !== 'lstm') return undefined;
  if (!existsSync(source)) {
    console.log(`no ${relative(root, source)}: ours alone`);
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), 'rxrecur-limit-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const program = join(folder, 'limit');
  const flags = ['-O3', '-march=native', '-mprefer-vector-width=128'];
  try {
    execFileSync('cc', [...flags, source, '-o', program, '-lm'], { stdio: 'pipe' });
  } catch (error) {
    const why = error.code === 'ENOENT' ? 'no C compiler' : error.message;
    console.log(`${why}: ours alone`);
    return undefined;
  }
  return () => {
    const lines = execFileSync(program, { encoding: 'utf8' }).trim().split('\n');
    const times = new Map(lines.map(line => line.split(' ').map(Number)).map(([n, , b]) => [n, b]));
    return sizes.map(size => times.get(size));
  };
}

const { backend, lstm } = await import('../../dist/index.js');
console.log(`node ${process.version}, backend ${backend(lstm(8, 8))}`);
const c = limit();
const contenders = [
  { name: 'ours', run: build(new URL('../../dist/', import.meta.url)) },
  ...(against ? [{ name: 'against', run: build(pathToFileURL(`${resolve(against)}/`)) }] : []),
  ...(c ? [{ name: 'C', run: c }] : []),
];
/** `[run][contender][size]` */
const times = Array.from({ length: runs }, () => contenders.map(({ run }) => run()));
for (const [s, size] of sizes.entries()) {
  const middle = of => median(times.map(of));
  const parts = contenders.map(
    ({ name }, k) => `${name} ${middle(run => run[k][s]).toFixed(3)} µs`,
  );
  const ratios = contenders.slice(1).map(({ name }, k) => {
    return `ours / ${name} ${middle(run => run[0][s] / run[k + 1][s]).toFixed(2)}`;
  });
  if (c && against) ratios.push(`against / C ${middle(run => run[1][s] / run[2][s]).toFixed(2)}`);
  console.log(`${String(size).padStart(4)}  ${[...parts, ...ratios].join(', ')}`);
}
