// Ratios that must hold wherever this runs, with room for noise: `slower` takes at least `atLeast`
// times as long a step as `faster`. Each line of budget.json names system, work, cell, size and
// batch as meter.mjs does. Exits with 1 where one is missed. About half a minute, no packages
// needed.
//   npm run build && node test/bench/budget.mjs
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { backend, lstmCell } from '../../dist/core.js';
import { duel, prepare, startNode } from './turns.mjs';

new Command('node test/bench/budget.mjs')
  .description('Measures the ratios of budget.json; exits with 1 if one of them is missed.')
  .parse();

const pace = { turns: 9, milliseconds: 8, warm: 40 };

/** A process that is ready for a line of the budget: system, work, cell, size, batch. */
async function ready(line) {
  const [system, work, cell, size, columns = 1] = line.split(' ');
  const contender = startNode(system);
  const task = { work, cell, size: Number(size), columns: Number(columns) };
  const none = await prepare(contender, task, pace.warm);
  if (none !== undefined) throw new Error(`${line}: ${none}`);
  return contender;
}

/** How many times as long the one takes as the other. */
async function measure({ slower, faster }) {
  const [a, b] = await Promise.all([ready(faster), ready(slower)]);
  const { ratio } = await duel(a, b, pace);
  for (const contender of [a, b]) contender.end();
  return ratio.median;
}

const found = backend(lstmCell(8, 8));
console.log(`node ${process.version}, backend ${found}`);
const missed = [];
if (found === 'portable') missed.push('no WebAssembly SIMD here');
for (const entry of JSON.parse(readFileSync(new URL('budget.json', import.meta.url), 'utf8'))) {
  const { slower, faster, atLeast } = entry;
  // What was missed once may have been bad luck; twice it is not.
  let ratio = await measure(entry);
  if (ratio < atLeast) ratio = Math.max(ratio, await measure(entry));
  const text = `${slower} / ${faster}: ${ratio.toFixed(2)}, at least ${atLeast}`;
  console.log(text);
  if (ratio < atLeast) missed.push(text);
}
for (const text of missed) console.log(`missed: ${text}`);
process.exitCode = missed.length ? 1 : 0;
