// Kills and stops the workers of durable jobs at random moments while events come, and more; then
// checks that nothing is lost, doubled or wrong.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { check } from './check.mjs';
import { Crew } from './crew.mjs';
import { smallDisk } from './faults/full.mjs';
import { faults } from './faults/index.mjs';
import { Feed } from './feed.mjs';
import { jobsOf, jobs as known, partitions } from './jobs.mjs';
import { adapters, logNames, openLogs, sunkName } from './logs.mjs';
import { random, shuffled } from './random.mjs';
import { newestHead } from './records.mjs';

const numbers = { keys: 300, rate: 2000, seed: Math.floor(Math.random() * 2 ** 32) };
const faultLines = Object.entries(faults).map(([name, { help, adapters: own }]) => {
  return `  --${name} N`.padEnd(15) + help + (own ? ` (${own.join(', ')})` : '');
});
const help = `node test/chaos/chaos.mjs [--adapter NAME] [--jobs NAMES] [--kills N] … [--seed N]

Four workers share durable jobs (300 keys that come and go, 6 partitions) while events are appended.
Faults strike at random moments, in a random order; whoever has died is replaced. Then two workers
read the rest, and a checker that shares only the models with them compares all outputs in the log
and in a sink with a sequential run, bit by bit, and the final states; records must follow each
other, an epoch have one owner. Exit code 1 if anything was lost, doubled or wrong, or if a worker
has ended with an error that no fault explains.

  --adapter    ${Object.keys(adapters).join(', ')} (file)
  --jobs NAMES some of ${Object.keys(known).join(', ')}, all on one log (lstm)
  --forget     events that all jobs have in their states are given up
  --seed N     of all that is random but the clock (another one each time; printed)
  --keys N     (300)
  --rate N     events a second (2000)

How many times which fault strikes (kills: 20, all others: 0):
${faultLines.join('\n')}

Needs 'npm run build'; a full disk needs a mount, and is left out where none may be. A SIGKILL leaves
the page cache as it is: no power cut is tried here.
`;

function read() {
  const text = { type: 'string' };
  const counted = Object.fromEntries(Object.keys({ ...numbers, ...faults }).map(n => [n, text]));
  const flags = { help: { type: 'boolean' }, forget: { type: 'boolean' } };
  const options = { ...flags, adapter: text, jobs: text, ...counted };
  const { values } = parseArgs({ options });
  if (values.help) {
    process.stdout.write(help);
    process.exit();
  }
  const { adapter = 'file', jobs = 'lstm', forget = false } = values;
  const numberOf = (name, other) => Number(values[name] ?? other);
  const own = Object.entries(numbers).map(([name, other]) => [name, numberOf(name, other)]);
  const times = Object.keys(faults).map(name => [name, numberOf(name, name === 'kills' ? 20 : 0)]);
  const names = jobs.split(',');
  const able = times.every(
    ([name, n]) => !n || (faults[name].adapters ?? [adapter]).includes(adapter),
  );
  const fits = names.every(name => known[name]) && adapters[adapter] && able;
  if (!fits || ![...own, ...times].every(([, n]) => Number.isSafeInteger(n))) throw new Error(help);
  return { adapter, names, forget, ...Object.fromEntries(own), times: Object.fromEntries(times) };
}

const say = line => process.stdout.write(`${line}\n`);
const listed = pairs => [...pairs].map(([what, n]) => `${n} ${what}`).join(', ');

const { adapter, names, forget, seed, keys, rate, times } = read();
const folder = mkdtempSync(join(tmpdir(), 'rxrecur-chaos-'));
const next = random(seed);
const disk = join(folder, 'disk');
const mounted = times.fulls ? smallDisk(disk) : undefined;
if (times.fulls && !mounted) {
  say('no disk can be mounted here: a full one is not tried');
  times.fulls = 0;
}
const jobs = jobsOf(names, forget);
const { ttl = 1500, refusal = () => false, prepare } = adapters[adapter];
const { places, close, ...prepared } = await prepare(mounted ? disk : folder, logNames(jobs));
const notes = [];
const chaos = {
  ...{ adapter, places, disk, jobs, next, ttl, ...prepared },
  logs: await openLogs({ adapter, places }),
  asked: { sets: new Set([0]), changes: [] },
  crew: new Crew(next, { adapter, places, names, forget, ttl }),
  note: what => notes.push(what),
  /** Which errors an append may be refused with: those of a fault that goes on, or of servers. */
  refusal,
  mayRefuse: error => chaos.refusal(`${error.message} ${error.cause?.message}`),
};
const feed = new Feed(chaos, { keys, rate });
chaos.feed = feed;
const { crew } = chaos;
const plan = Object.entries(times).filter(([, n]) => n);
say(`${adapter}, ${names.join(' ')}${forget ? ', forget' : ''}: ${listed(plan)}, seed ${seed}`);

async function isDone() {
  for (const { name } of jobs) {
    for (let p = 0; p < partitions; p++) {
      const head = await newestHead(chaos.logs.log, name, p);
      if ((head?.to ?? 0) < feed.fed[p].length) return false;
      const last = await chaos.logs[sunkName(name)].lastOffset(p);
      if (last < (head?.sequence ?? 0) + (head?.done ?? 0)) return false;
    }
  }
  return true;
}

/** Two workers read what is left. */
async function finish() {
  crew.size = 2;
  for (const { child } of [...crew.workers].slice(2)) child.kill('SIGTERM');
  const limit = performance.now() + 120_000;
  while (!(await isDone())) {
    if (performance.now() > limit) {
      notes.push('the workers have not read all within two minutes');
      break;
    }
    crew.fill();
    await delay(300);
  }
  const rest = [...crew.workers];
  for (const { child } of rest) child.kill('SIGTERM');
  await Promise.race([Promise.all(rest.map(({ over }) => over)), delay(15_000)]);
  await crew.killAll();
}

// Servers and workers end with this process.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
const begin = performance.now();
crew.fill();
// One that has no records yet would find the first events gone, or nothing to change.
while ((await chaos.logs.log.jobs()).length < jobs.length) await delay(50);
feed.begin();
const struck = Object.fromEntries(plan.map(([name]) => [name, 0]));
const missed = {};
for (const name of shuffled(
  next,
  plan.flatMap(([name, n]) => Array(n).fill(name)),
)) {
  const isDone = await faults[name].strike(chaos);
  if (isDone === false) missed[name] = (missed[name] ?? 0) + 1;
  else struck[name]++;
  crew.fill();
}
for (const [name] of plan) await faults[name].end?.(chaos);
await delay(2000);
await feed.end();
await finish();

const found = await check({ logs: chaos.logs, jobs, fed: feed.fed, asked: chaos.asked, forget });
const seconds = ((performance.now() - begin) / 1000).toFixed(0);
say(`${listed(Object.entries(struck))} in ${seconds} s; ends: ${listed(crew.ends)}`);
const extra = [...Object.entries(missed).map(([name, n]) => [`${name} that could not be`, n])];
for (const [name, n] of crew.explained) extra.push([`workers ended by ${name}`, n]);
for (const line of Object.values(faults).flatMap(({ told }) => told?.() ?? [])) extra.push(line);
if (feed.retries) extra.push(['appends that were refused and done again', feed.retries]);
if (extra.length) say(listed(extra));
say(listed(Object.entries(found.seen)));
say([...Object.entries(found.faults)].map(([what, n]) => `${what} ${n}`).join(', '));
for (const line of [...found.notes, ...notes, ...crew.errors.slice(0, 5)]) say(line);
if (crew.errors.length) say(`${crew.errors.length} workers ended with an error`);
const isBad = Object.values(found.faults).some(n => n > 0) || notes.length || crew.errors.length;
if (isBad) process.exitCode = 1;
await chaos.logs.close();
await close();
if (isBad) say(`kept: ${folder}`);
else {
  mounted?.remove();
  rmSync(folder, { recursive: true });
}
process.exit();
