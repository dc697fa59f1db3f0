// Kills `rxrecur run --state` and fills its disk at random moments, again and again, goes on each
// time, and compares the output with that of one uninterrupted run, byte for byte.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { fill, smallDisk } from './small-disk.mjs';

const help = `node test/cli/kills.mjs [faults] [--seed NUMBER] [--rows NUMBER] [--keyed]

Streams of rows go through 'rxrecur run --state --output' until as many runs (default: 5) have
been ended by a fault: kill -9, SIGTERM, SIGINT or SIGHUP at a random moment, or a full disk. Some
get a torn line at the output's end, as a power cut leaves one. A run after each of them goes on
with the rows after the place in the state file. At its end a stream's output must be
byte-identical to that of one uninterrupted run; exit code 1 if one is not.

  --seed NUMBER   of all that is random but the clock (default: another one each time; printed)
  --rows NUMBER   of a stream (default: 60000)
  --keyed         97 keys with a state each (--key)

The disk that gets full is a tmpfs where root may mount one, and else a limit of the file's size
(ulimit -f), as it is for every second stream in any case. Needs 'npm run build'.
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    help: { type: 'boolean' },
    seed: { type: 'string' },
    rows: { type: 'string' },
    keyed: { type: 'boolean' },
  },
});
if (values.help) {
  process.stdout.write(help);
  process.exit();
}
const wanted = Number(positionals[0] ?? 5);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 32));
const rowCount = Number(values.rows ?? 60_000);
if (![wanted, seed, rowCount].every(Number.isSafeInteger))
  throw new Error(`numbers, please\n${help}`);

const root = fileURLToPath(new URL('../..', import.meta.url));
const main = join(root, 'dist/cli/main.js');
if (!existsSync(main)) throw new Error(`${main} is missing: npm run build`);
const work = mkdtempSync(join(tmpdir(), 'rxrecur-kills-'));
const disk = smallDisk(join(work, 'disk'));
const input = table();
const starts = rowStarts(input);
const model = await modelFile();
const random = mulberry32(seed);
const columns = ['-c', 'x,dx', '-k', 't', ...(values.keyed ? ['--key', 'key'] : [])];
const kinds = ['kill -9', 'full disk', 'signal', 'kill -9', 'full disk and kill -9'];
const tally = { runs: 0, streams: 0, torn: 0, beyond: 0, kinds: {} };
const say = text => process.stdout.write(`${text}\n`);

try {
  process.exitCode = await all();
} finally {
  disk?.remove();
  rmSync(work, { recursive: true });
}

async function all() {
  say(`seed ${seed}, ${rowCount} rows a stream, ${disk ? 'tmpfs and ulimit -f' : 'ulimit -f'}`);
  const whole = join(work, 'whole.csv');
  const begin = performance.now();
  await ended(start(['--output', whole], input), 'uninterrupted', [0]);
  const reference = { bytes: readFileSync(whole), time: performance.now() - begin };
  say(`uninterrupted: ${reference.bytes.length} bytes in ${Math.round(reference.time)} ms`);
  while (faults() < wanted) {
    if (!(await stream(tally.streams, reference))) return 1;
    tally.streams++;
  }
  const counts = Object.entries(tally.kinds).map(([kind, count]) => `${count} ${kind}`);
  say(`${faults()} faults in ${tally.runs} runs of ${tally.streams} streams: ${counts.join(', ')}`);
  say(`left behind by them: ${tally.beyond} outputs beyond their place, ${tally.torn} torn lines`);
  say(`all ${tally.streams} outputs byte-identical to the uninterrupted run`);
  return 0;
}

/** One stream to its end; false if its output is another. */
async function stream(number, reference) {
  const small = disk !== undefined && number % 2 === 0;
  const folder = join(small ? disk.path : work, `stream-${number}`);
  mkdirSync(folder);
  const place = {
    small,
    folder,
    state: join(folder, 'place.json'),
    output: join(folder, 'out.csv'),
  };
  let count = 0;
  const begin = performance.now();
  while (!(await turn(place, reference))) {
    count++;
    if (random() < 0.25) tear(place);
    look(place, reference.bytes);
  }
  // The machine may be faster or slower now than before.
  if (count === 0) reference.time = performance.now() - begin;
  const same = readFileSync(place.output).equals(reference.bytes);
  say(`stream ${number}: ${count} faults, ${same ? 'identical' : `NOT identical: seed ${seed}`}`);
  rmSync(folder, { recursive: true });
  return same;
}

/** One run, perhaps with a fault; true if it came to the end of the rows. */
async function turn({ small, folder, state, output }, reference) {
  tally.runs++;
  const rows = existsSync(state) ? JSON.parse(readFileSync(state, 'utf8')).rows : 0;
  const rest = Buffer.concat([input.subarray(0, starts[0]), input.subarray(starts[rows])]);
  const args = [
    '--state',
    state,
    '--output',
    output,
    '--state-every',
    pick(['0.01', '0.05', '0.3']),
  ];
  if (random() < 0.5) args.push('--append');
  if (faults() >= wanted) return ended(start(args, rest), 'last run', [0]);
  const kind = kinds[faults() % kinds.length];
  const isFull = kind.startsWith('full disk');
  const room = Math.floor(random() * 1.1 * reference.bytes.length);
  const ballast = isFull && small ? fill(folder, room) : undefined;
  const run = start(args, rest, isFull && !small ? room : undefined);
  const kill = new AbortController();
  if (kind !== 'full disk') strike(run, kind, reference.time, kill.signal);
  const done = await ended(run, kind, isFull ? [0, 2] : [0, 129, 130, 143]);
  kill.abort();
  ballast?.remove();
  if (!done) tally.kinds[kind] = (tally.kinds[kind] ?? 0) + 1;
  return done;
}

/** Sends a signal at some moment in the time that an uninterrupted run takes. */
async function strike(run, kind, time, signal) {
  const name = kind === 'signal' ? pick(['SIGTERM', 'SIGINT', 'SIGHUP']) : 'SIGKILL';
  const after = random() * 0.8 * time;
  await delay(after, undefined, { signal }).then(
    () => run.child.kill(name),
    () => {},
  );
}

/** A line that is not whole, as a power cut may leave one after the place. */
function tear({ state, output }) {
  const line = '1712345678901234567,0.1164265,-0.0116';
  if (existsSync(state)) appendFileSync(output, line.slice(0, 1 + random() * line.length));
}

/** Where a fault left a stream: what the state claims must be there. */
function look({ state, output }, reference) {
  const bytes = existsSync(output) ? readFileSync(output) : Buffer.alloc(0);
  if (bytes.length && bytes.at(-1) !== 10) tally.torn++;
  if (!existsSync(state)) return;
  const { output: end } = JSON.parse(readFileSync(state, 'utf8'));
  if (bytes.length > end.bytes) tally.beyond++;
  const claimed = bytes.subarray(0, end.bytes);
  if (claimed.length === end.bytes && claimed.equals(reference.subarray(0, end.bytes))) return;
  throw new Error(`${output}: not the ${end.bytes} bytes that ${state} tells; seed ${seed}`);
}

/** `rxrecur run` on these rows; with a limit, of the bytes that a file may have. */
function start(args, rows, limit) {
  const command = [process.execPath, main, 'run', model, ...columns, ...args];
  // Blocks of a shell's ulimit -f have 512 bytes by POSIX.
  const script = `ulimit -f ${Math.ceil((limit ?? 0) / 512)}; exec "$0" "$@"`;
  const [first, ...more] = limit === undefined ? command : ['sh', '-c', script, ...command];
  const run = { child: spawn(first, more, { stdio: ['pipe', 'ignore', 'pipe'] }), stderr: '' };
  run.child.stderr.setEncoding('utf8').on('data', text => {
    run.stderr += text;
  });
  run.child.stdin.on('error', () => {});
  run.child.stdin.end(rows);
  return run;
}

/** Waits for a run; true if all rows were answered. Throws where it ended as no fault makes it. */
async function ended(run, kind, codes) {
  const [code, signal] = await once(run.child, 'close', { signal: AbortSignal.timeout(120_000) });
  if (code === null ? kind !== 'uninterrupted' && kind !== 'last run' : codes.includes(code)) {
    return code === 0;
  }
  throw new Error(`${kind}: code ${code}, ${signal}: ${run.stderr}; seed ${seed}`);
}

function faults() {
  return Object.values(tally.kinds).reduce((sum, count) => sum + count, 0);
}

function table() {
  const lines = ['t,x,dx,key'];
  for (let i = 0; i < rowCount; i++) {
    const x = Math.sin(i / 3).toFixed(4);
    const dx = Math.cos(i / 5).toFixed(4);
    lines.push(`${1712345678901234567n + BigInt(i)},${x},${dx},${i % 97}`);
  }
  return Buffer.from(`${lines.join('\n')}\n`);
}

/** Where each row begins, and where the last one ends. */
function rowStarts(bytes) {
  const places = [];
  for (let at = 0; (at = bytes.indexOf(10, at) + 1) > 0; ) places.push(at);
  return places;
}

async function modelFile() {
  const { chain, dense, gru } = await import(join(root, 'dist/index.js'));
  const { save } = await import(join(root, 'dist/io/index.js'));
  const path = join(work, 'model.safetensors');
  writeFileSync(path, save(chain(gru(2, 7, { seed: 1 }), dense(7, 2, { seed: 2 }))));
  return path;
}

function pick(choices) {
  return choices[Math.floor(random() * choices.length)];
}

/** Tommy Ettinger's generator: numbers from 0 to 1. */
function mulberry32(start) {
  let a = start;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
