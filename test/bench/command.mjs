// Rows a second of `rxrecur run`, from file to file, beside another build's and a plain Node loop.
//   npm run build && node test/bench/command.mjs --help
import { spawnSync } from 'node:child_process';
import {
  createReadStream,
  createWriteStream,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { chain, dense, gru, stateful } from '../../dist/index.js';
import { load, save } from '../../dist/io/index.js';
import { median, medianInterval } from './quantile.mjs';

const { against, loop, quick, ...given } = new Command('node test/bench/command.mjs')
  .description(
    'Prints the rows a second of `rxrecur run` with GRU 2 → 8 and Dense 8 → 2, by the processor ' +
      'time of whole processes, from start to end: CSV with a column that is kept, the same with ' +
      'quotes, and NDJSON. Beside it a loop in plain Node (readline, split, ' +
      'Number, stateful). With another build also how many times as fast this one is, with the ' +
      '95 % interval of the median (by ranks); the exit code is 1 if that is below 1.6 for CSV, or ' +
      'if the answers differ in a byte.',
  )
  .option('--against <dist>', 'the folder of the other build')
  .option('--rows <count>', 'rows of the file', Number, 400_000)
  .option('--runs <count>', 'processes of each kind', Number, 9)
  .option('--quick', '20,000 rows, two runs, no verdict about the speed')
  .addOption(new Option('--loop <files...>', 'be the plain loop: model, rows, answers').hideHelp())
  .parse()
  .opts();
if (loop) {
  await plainLoop(...loop);
  process.exit();
}
const { rows, runs } = quick ? { rows: 20_000, runs: 2 } : given;
const here = fileURLToPath(new URL('../../dist', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'rxrecur-command-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const file = name => join(folder, name);
const model = file('model.safetensors');
writeFileSync(model, save(chain(gru(2, 8, { seed: 1 }), dense(8, 2, { seed: 2 }))));

const readings = Array.from({ length: rows }, (_, i) => {
  return { time: i, x: Number(Math.sin(i / 7).toFixed(4)), dx: Number(Math.cos(i / 5).toFixed(4)) };
});
const formats = {
  csv: `time,x,dx\n${readings.map(({ time, x, dx }) => `${time},${x},${dx}\n`).join('')}`,
  quoted: `time,x,dx\n${readings.map(({ time, x, dx }) => `"${time}",${x},${dx}\n`).join('')}`,
  ndjson: readings.map(reading => `${JSON.stringify(reading)}\n`).join(''),
};
for (const [format, text] of Object.entries(formats)) writeFileSync(file(`rows.${format}`), text);

/** One vector a row, with what everybody knows of Node. */
async function plainLoop(path, from, to) {
  const m = stateful(load(readFileSync(path)));
  const out = createWriteStream(to);
  out.write('time,y1,y2\n');
  let isHeader = true;
  for await (const line of createInterface({ input: createReadStream(from) })) {
    if (isHeader) isHeader = false;
    else {
      const [time, x, dx] = line.split(',');
      const [y1, y2] = m([Number(x), Number(dx)]);
      if (!out.write(`${time},${y1},${y2}\n`)) await new Promise(go => out.once('drain', go));
    }
  }
  await new Promise(go => out.end(go));
}

/** Writes the processor time of a process, in µs, to its file 3, when it ends. */
const tellTime = `data:text/javascript,
  import { writeSync } from 'node:fs';
  process.on('exit', () => {
    const { user, system } = process.cpuUsage();
    writeSync(3, String(user + system));
  });`;

/** Rows a second of a process; its answers are in the file. */
function rate(format, name, args) {
  const output = file(`${name}.${format}`);
  const stdio = ['ignore', 'pipe', 'pipe', 'pipe'];
  const child = spawnSync(process.execPath, ['--import', tellTime, ...args, output], { stdio });
  if (child.status !== 0) throw new Error(`${name}: ${child.stderr}`);
  return (1e6 * rows) / Number(child.output[3]);
}

const run = (dist, format) => [
  join(dist, 'cli/main.js'),
  ...['run', model, file(`rows.${format}`), '-c', 'x,dx', '-k', 'time'],
  ...(format === 'quoted' ? ['--input-format', 'csv', '--output-format', 'csv', '-o'] : ['-o']),
];
const thousands = rates => `${Math.round(median(rates) / 1000)},000 rows/s`;

console.log(`node ${process.version}, ${rows} rows, by processor time`);
for (const format of Object.keys(formats)) {
  const ways = {
    run: run(here, format),
    ...(against && { other: run(resolve(against), format) }),
    ...(format === 'csv' && {
      loop: [fileURLToPath(import.meta.url), '--loop', model, file('rows.csv')],
    }),
  };
  const rates = Object.fromEntries(Object.keys(ways).map(name => [name, []]));
  for (let k = 0; k < runs; k++) {
    const order = Object.entries(ways);
    // Who comes first changes.
    for (const [name, args] of k % 2 ? order.reverse() : order) {
      rates[name].push(rate(format, name, args));
    }
  }
  console.log(`${format}: ${thousands(rates.run)}`);
  if (rates.loop) {
    const { middle } = medianInterval(rates.run.map((own, k) => own / rates.loop[k]));
    console.log(`  a plain loop: ${thousands(rates.loop)}; run ${middle.toFixed(2)} × as fast`);
  }
  if (!rates.other) continue;
  const { low, middle, high } = medianInterval(rates.run.map((own, k) => own / rates.other[k]));
  const isSlow = !quick && format === 'csv' && middle < 1.6;
  const isOther = !readFileSync(file(`run.${format}`)).equals(
    readFileSync(file(`other.${format}`)),
  );
  if (isSlow || isOther) process.exitCode = 1;
  const range = `${middle.toFixed(2)} × as fast (${low.toFixed(2)} to ${high.toFixed(2)})`;
  const verdict = `${isSlow ? ' SLOW' : ''}${isOther ? ' OTHER ANSWERS' : ''}`;
  console.log(`  was ${thousands(rates.other)}: ${range}${verdict}`);
}
