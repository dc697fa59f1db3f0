// rxrecur against other ways to step the same networks, as ratios of the same run.
//   npm run bench                        installs the other systems, then measures everything
//   node test/bench/compare.mjs --help   for a part of it
// Every system runs in a process of its own on one core, takes turns with rxrecur, and must compute
// the same numbers first. Writes results/<lane>.json after each size (what was not
// measured again stays in it), and from all of these the table in
// docs/performance.md and the picture docs/speed.svg.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { Command } from 'commander';
import { measureKeys } from './keys.mjs';
import { writeReport } from './report.mjs';
import { nodeSystems, programs, systems } from './systems.mjs';
import { duel, prepare, startNode, startProgram } from './turns.mjs';

const options = new Command('node test/bench/compare.mjs')
  .description(
    'Compares rxrecur with other ways to step the same networks and writes results/, ' +
      'docs/performance.md and docs/speed.svg. `npm run prebench` installs the other systems; ' +
      'RXRECUR_PYTORCH names a python3 that has torch.',
  )
  .option('--quick', 'a corner of it, to see that everything runs; writes results/quick.json alone')
  .option('--only <works...>', 'of step, chunk, batch, keys')
  .option('--cell <cells...>', 'of lstm, gru, rnn, lstm+dense')
  .option('--node <paths...>', 'measure these Nodes (default: this one)', [])
  .option('--chromium', 'measure in Chromium too; without --node, there alone')
  .parse()
  .opts();

const cells = ['lstm', 'gru', 'rnn', 'lstm+dense'];
const sizes = [8, 16, 32, 64, 128, 256, 512];
const frameworks = ['tfjs-wasm', 'onnxruntime-web', 'onnxruntime-node', 'pytorch'];

/** What is measured: `ours` against each of the others, µs a step. */
const works = [
  {
    work: 'step',
    cells,
    sizes,
    columns: [1],
    others: [
      'rxrecur-distinct',
      'rxrecur-operator',
      'rxrecur-portable',
      'loops',
      'ndarray-blas-level2',
      'tfjs-cpu',
      'brain.js',
      'rtneural',
      ...frameworks,
    ],
  },
  {
    work: 'chunk',
    cells,
    sizes,
    columns: [1],
    others: [
      'rxrecur-single',
      'rxrecur-operator',
      'onnxruntime-web',
      'onnxruntime-node',
      'pytorch',
    ],
  },
  {
    work: 'batch',
    cells: ['lstm', 'gru'],
    sizes: [16, 64, 128, 256],
    columns: [1, 4, 16, 64, 256],
    others: ['rxrecur-single', ...frameworks],
  },
];

const pace = options.quick
  ? { turns: 3, milliseconds: 5, warm: 40 }
  : { turns: 11, milliseconds: 25, warm: 250 };

/** With --quick a corner of it: does everything run? */
function corner(plan) {
  if (!options.quick) return plan;
  return {
    ...plan,
    cells: plan.cells.slice(0, 1),
    sizes: [16],
    columns: plan.columns.slice(-1),
  };
}

/** All rows of a lane, whose `start` begins a system; `save` is told of them size by size. */
async function measure(start, known, save) {
  const rows = [];
  const missing = new Map();
  for (const plan of works) {
    if (options.only && !options.only.includes(plan.work)) continue;
    const { work, cells, others, ...all } = corner(plan);
    for (const cell of cells.filter(name => !options.cell || options.cell.includes(name))) {
      const names = ['rxrecur', ...others.filter(known)];
      const contenders = await Promise.all(names.map(start));
      try {
        for (const size of all.sizes) {
          for (const columns of all.columns) {
            const task = { work, cell, size, columns };
            rows.push(...(await measureTask(contenders, task, missing)));
          }
          save({ rows, missing: [...missing].map(([name, why]) => `${name}: ${why}`) });
        }
      } finally {
        for (const contender of contenders) await contender.end();
      }
    }
  }
}

async function measureTask([ours, ...others], task, missing) {
  const rows = [];
  await prepare(ours, task, pace.warm);
  for (const theirs of others) {
    if (missing.has(theirs.name)) continue;
    try {
      if ((await prepare(theirs, task, pace.warm)) !== undefined) continue;
    } catch (error) {
      // A system that does not start here is left out of all that follows; wrong numbers are not.
      if (!/ ended: /.test(error.message)) throw error;
      missing.set(theirs.name, error.message);
      console.log(`left out: ${error.message}`);
      continue;
    }
    const row = { ...task, system: theirs.name, ...(await duel(ours, theirs, pace)) };
    rows.push(row);
    console.log(rowText(row));
  }
  return rows;
}

function rowText({ work, cell, size, columns, system, ours, theirs, ratio }) {
  const what = `${work} ${cell} ${size}${work === 'batch' ? ` × ${columns}` : ''}`;
  const times = `${digits(theirs)} µs, rxrecur ${digits(ours)} µs`;
  const { median, low, high } = ratio;
  const range = `(${digits(low)} to ${digits(high)})`;
  return `${what.padEnd(22)} ${system.padEnd(20)} ${times}: ${digits(median)} × ${range}`;
}

const digits = value => String(Number(value.toPrecision(value < 0.1 ? 2 : 3)));

/** What the lane's own JavaScript engine says of itself. */
function engine(node) {
  const script =
    "import('./dist/core.js').then(({ backend, lstmCell }) => console.log(JSON.stringify({" +
    'version: process.version, v8: process.versions.v8, backend: backend(lstmCell(8, 8)) })))';
  const cwd = new URL('../..', import.meta.url);
  return JSON.parse(execFileSync(node, ['-e', script], { cwd, encoding: 'utf8' }));
}

/** A lane's results with what was just measured in place of what they had of it. */
function write(lane, about, { rows = [], keys, missing = [] }) {
  const file = new URL(`results/${options.quick ? 'quick' : lane}.json`, import.meta.url);
  const before = existsSync(file) && !options.quick ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const again = new Set(rows.map(({ work, cell }) => `${work} ${cell}`));
  const kept = (before.rows ?? []).filter(({ work, cell }) => !again.has(`${work} ${cell}`));
  const result = {
    lane,
    machine: `${cpus()[0].model}, ${process.platform} ${process.arch}`,
    ...about,
    missing,
    rows: [...kept, ...rows],
    keys: keys ?? before.keys ?? [],
  };
  writeFileSync(file, `${JSON.stringify(result, undefined, 1)}\n`);
}

async function measureNode(node) {
  const about = engine(node);
  const lane = about.version.slice(1).split('.')[0];
  console.log(`\nNode ${about.version}, backend ${about.backend}`);
  const given = Object.entries(programs).filter(([name, { variable, what }]) => {
    if (!process.env[variable]) console.log(`no ${name}: ${variable} would name ${what}`);
    return process.env[variable];
  });
  const commands = new Map(
    given.map(([name, { variable, command }]) => {
      return [name, command(process.env[variable])];
    }),
  );
  const start = name =>
    commands.has(name) ? startProgram(name, commands.get(name)) : startNode(name, node);
  const known = name => commands.has(name) || name in nodeSystems;
  await measure(start, known, result => write(lane, about, result));
  if (!options.only || options.only.includes('keys')) {
    write(lane, about, { keys: await measureKeys(node, { quick: options.quick }) });
  }
}

async function measureChromium() {
  const { openBrowser } = await import('./browser.mjs');
  const browser = await openBrowser();
  try {
    console.log(`\nChromium ${browser.version}, backend ${browser.backend}`);
    const { version, backend, start } = browser;
    await measure(
      start,
      name => name in systems,
      result => {
        write('chromium', { version, backend }, result);
      },
    );
  } finally {
    await browser.close();
  }
}

if (options.chromium && options.node.length === 0) await measureChromium();
else {
  for (const node of options.node.length ? options.node : [process.execPath])
    await measureNode(node);
  if (options.chromium) await measureChromium();
}
if (!options.quick) writeReport();
