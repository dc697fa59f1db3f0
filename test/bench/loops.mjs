// Layers that loop over steps: windows, convolutions, pooling, both directions; this build's times,
// and those of another one in processes that take turns.
//   npm run build && node test/bench/loops.mjs --help
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { works } from './peers/sequences.mjs';
import { median, medianInterval } from './quantile.mjs';
import { startBuild } from './turns.mjs';

const { against, only, runs, quick } = new Command('node test/bench/loops.mjs')
  .description(
    'Prints how long an event takes in layers that loop over the steps of a window or a sequence: ' +
      'medians of several fresh processes, in µs. With another build also how many times as long ' +
      'this one takes, with the 95 % interval of the median (by ranks); the exit code is 1 if that ' +
      'is more than a row may take, or if an interval lies wholly above 1.03.',
  )
  .option('--against <dist>', 'the folder of the other build')
  .addOption(new Option('--only <works...>', 'of these').choices(Object.keys(works)))
  .option('--runs <count>', 'processes of each build, for each work', Number, 9)
  .option('--quick', 'one short run of each, no verdict')
  .parse()
  .opts();
const here = fileURLToPath(new URL('../../dist', import.meta.url));
const dists = against ? [here, resolve(against)] : [here];
/** Turns of a process, and for how many milliseconds; a process is warmed up before. */
const { count, turns, milliseconds, warm } = quick
  ? { count: 1, turns: 1, milliseconds: 5, warm: 20 }
  : { count: runs, turns: 7, milliseconds: 20, warm: 600 };

/** µs an event of each build: medians of the turns of two processes, or of one. */
async function measure(name) {
  const both = dists.map(dist => startBuild('rxrecur-sequences', dist));
  for (const build of both) {
    const answer = await build.ask(`prepare step ${name} 0 1`);
    if (!answer.startsWith('ready')) throw new Error(`${name}: ${answer}`);
    await build.ask(`warm ${warm}`);
  }
  const times = both.map(() => []);
  for (let k = 0; k < turns; k++) {
    // Who comes first changes.
    const order = [...both.keys()];
    for (const i of k % 2 ? order.reverse() : order) {
      times[i].push(Number(await both[i].ask(`turn ${milliseconds}`)));
    }
  }
  for (const { end } of both) end();
  return times.map(median);
}

function comparison(measured, atMost) {
  const { low, middle, high } = medianInterval(measured.map(([own, other]) => own / other));
  const isTooMuch = !quick && middle > (atMost ?? Infinity);
  const isSlower = !quick && low > 1.03;
  if (isTooMuch || isSlower) process.exitCode = 1;
  return [
    `; was ${inWords(measured.map(([, other]) => other))}: ${middle.toFixed(3)} ×`,
    `(${low.toFixed(3)} to ${high.toFixed(3)})`,
    ...(atMost ? [`at most ${atMost}`] : []),
    ...(isTooMuch ? ['MISSED'] : []),
    ...(isSlower ? ['SLOWER'] : []),
  ].join(' ');
}

/** With three digits, or all before the point. */
const inWords = times => {
  const value = median(times);
  return `${value < 100 ? value.toPrecision(3) : value.toFixed(0)} µs`;
};

console.log(`node ${process.version}, processor time of an event`);
for (const [name, { what, atMost }] of Object.entries(works)) {
  if (only && !only.includes(name)) continue;
  const measured = [];
  for (let run = 0; run < count; run++) measured.push(await measure(name));
  const own = inWords(measured.map(([own]) => own));
  const rest = against ? comparison(measured, atMost) : '';
  console.log(`${what} (${name}): ${own}${rest}`);
}
