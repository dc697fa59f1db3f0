// This build against another one: the same works, in processes that take turns.
//   npm run build && node test/bench/versions.mjs --help
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { medianInterval } from './quantile.mjs';
import { prepare, startBuild } from './turns.mjs';

const command = new Command('node test/bench/versions.mjs')
  .description(
    'Measures the works of docs/performance.md and of keys.mjs with this build and with another one, ' +
      'in pairs of turns. Prints how many times as fast this one is, with the 95 % interval of the ' +
      'median (by ranks), and the geometric mean. The exit code is 1 if an interval lies wholly below 0.97.',
  )
  .argument('[dist]', 'the folder of the other build (default: this one, to see the noise)')
  .option('--only <works...>', 'of step, chunk, batch, operator, keys')
  .option('--pairs <count>', 'pairs of turns', Number, 41)
  .option('--quick', 'three pairs of a few works')
  .parse();
const { quick, only, pairs } = command.opts();
const here = fileURLToPath(new URL('../../dist', import.meta.url));
const dists = [here, resolve(command.args[0] ?? here)];
const count = quick ? 3 : pairs;
const [milliseconds, warm] = quick ? [5, 40] : [20, 80];
/** Turns of one pair of processes: where a process's memory lies makes it faster or slower. */
const each = 6;
const path = name => fileURLToPath(new URL(name, import.meta.url));
const args = ['--import', new URL('build.mjs', import.meta.url).href];
const wanted = work => !only || only.includes(work);

const ratios = [];
function tell(name, times) {
  const { low, middle, high } = medianInterval(times.map(([own, other]) => other / own));
  ratios.push(middle);
  const isSlower = high < 0.97;
  if (isSlower && !quick) process.exitCode = 1;
  const range = `${low.toFixed(3)} to ${high.toFixed(3)}`;
  console.log(`${name}: ${middle.toFixed(3)} × (${range})${isSlower ? ' SLOWER' : ''}`);
}

const works = [
  ...['lstm', 'gru', 'rnn', 'lstm+dense'].flatMap(cell =>
    [8, 16, 32, 64, 128, 256].map(size => ['step', 'rxrecur', cell, size, 1]),
  ),
  ...[8, 32, 128].map(size => ['distinct', 'rxrecur-distinct', 'lstm', size, 1]),
  ...[8, 32, 128].map(size => ['operator', 'rxrecur-operator', 'lstm', size, 1]),
  ...['lstm', 'gru'].flatMap(cell => [8, 32, 128].map(size => ['chunk', 'rxrecur', cell, size, 1])),
  ...[16, 64, 256].flatMap(size =>
    [4, 64].map(columns => ['batch', 'rxrecur', 'lstm', size, columns]),
  ),
  ...[8, 32].map(size => ['portable', 'rxrecur-portable', 'lstm', size, 1]),
];
const kindOf = { distinct: 'step', operator: 'step', portable: 'step' };

for (const [name, system, cell, size, columns] of works) {
  if (!wanted(name) || (quick && size !== 8)) continue;
  const task = { work: kindOf[name] ?? name, cell, size, columns };
  const times = [];
  let both = [];
  for (let k = 0; k < count; k++) {
    if (k % each === 0) {
      for (const { end } of both) end();
      both = dists.map(dist => startBuild(system, dist));
      for (const contender of both) await prepare(contender, task, warm);
    }
    const pair = [];
    // Who comes first changes.
    for (const i of k % 2 ? [1, 0] : [0, 1]) {
      pair[i] = Number(await both[i].ask(`turn ${milliseconds}`));
    }
    times.push(pair);
  }
  for (const { end } of both) end();
  tell([name, cell, size, columns > 1 ? columns : ''].join(' ').trim(), times);
}

/** Seconds an event of keys.mjs, by a build. */
function keysOf(system, keys, dist) {
  const events = quick ? 2e4 : 2e5;
  const text = execFileSync(
    process.execPath,
    [...args, '--max-old-space-size=16000', path('keys.mjs'), system, keys, events].map(String),
    { encoding: 'utf8', env: { ...process.env, RXRECUR_DIST: dist } },
  );
  return 1 / JSON.parse(text).rate;
}

if (wanted('keys')) {
  for (const keys of quick ? [1, 1e3] : [1, 1e3, 1e5, 1e6]) {
    for (const system of ['recurBy', 'recurBy, batches', 'groupBy + recur']) {
      if (system === 'groupBy + recur' && keys > 1e3) continue;
      const turns = quick ? 1 : keys > 1e5 ? Math.ceil(count / 4) : count;
      const pair = k => {
        const times = [];
        for (const i of k % 2 ? [1, 0] : [0, 1]) times[i] = keysOf(system, keys, dists[i]);
        return times;
      };
      const times = Array.from({ length: turns }, (_, k) => pair(k));
      tell(`${system}, ${keys} keys`, times);
    }
  }
}
const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
console.log(`node ${process.version}: ${ratios.length} rows, geometric mean ${mean.toFixed(3)} ×`);
