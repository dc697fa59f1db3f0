// The scripts of the repository: each file under test/, examples/ and .ci/ that somebody starts,
// and how CI runs it in a mode that ends soon. test/scripts keeps the list complete.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * `quick`: the arguments of the quick mode, where SILERO stands for Silero's ONNX file and FOLDER
 * for an empty folder; `input`: its standard input; `after`: a script that must have run before;
 * `outside`: it works in a folder outside the repository; or `stage`: the stage of .ci/run that
 * runs it whole. `plain`: it takes no arguments, so it has no --help either.
 *
 * @typedef {{ script: string, quick?: readonly string[], input?: string, after?: string,
 *   outside?: boolean, stage?: string, plain?: boolean }} Script
 */

/** @type {readonly Script[]} */
export const scripts = [
  { script: '.ci/run', stage: 'scripts' },
  { script: '.ci/scripts.mjs', stage: 'scripts' },
  { script: '.ci/conformance.mjs', stage: 'conformance' },
  { script: '.ci/lines.mjs', stage: 'lint' },
  { script: '.ci/slowest.mjs', stage: 'npm test' },
  ...[
    'batch-and-chunks',
    'forecast',
    'hello',
    'keys',
    'own-cell',
    'reset',
    'snapshot-resume',
    'state-dict',
    'telemetry',
  ].map(name => ({ script: `examples/${name}.mjs`, stage: 'examples', plain: true })),
  { script: 'examples/rnnoise.mjs', quick: [] },
  { script: 'examples/silero.mjs', quick: ['SILERO'] },
  { script: 'examples/thai.mjs', quick: [] },
  { script: 'examples/read_model.py', quick: ['examples/ecg/flag.safetensors'] },
  { script: 'examples/durable/demo.mjs', quick: ['--quick'] },
  { script: 'examples/durable/demo.mjs', quick: ['--nats', '--quick'] },
  { script: 'examples/durable/ingest.mjs', quick: ['--help'] },
  { script: 'examples/durable/worker.mjs', quick: ['--help'] },
  { script: 'examples/ecg/demo.mjs', stage: 'main job' },
  { script: 'examples/ecg/models.mjs', quick: ['FOLDER'] },
  { script: 'examples/ecg/prepare.py', quick: ['--check'] },
  { script: 'examples/ecg/train.py', quick: ['--quick'] },
  { script: 'examples/silero-page/weights.mjs', quick: ['SILERO', 'FOLDER'] },
  { script: 'test/chaos/worker.mjs', quick: [] },
  {
    script: 'test/chaos/chaos.mjs',
    quick: '--kills 10 --tears 2 --flips 1 --fulls 1'.split(' '),
  },
  {
    script: 'test/chaos/chaos.mjs',
    quick: '--adapter lmdb --jobs ports,function --kills 10 --swaps 3 --changes 3'.split(' '),
  },
  {
    script: 'test/chaos/chaos.mjs',
    quick: '--adapter nats --kills 10 --answers 3 --rate 500'.split(' '),
  },
  {
    script: 'test/chaos/chaos.mjs',
    quick: '--adapter redis --kills 10 --servers 3 --answers 3 --rate 500'.split(' '),
  },
  { script: 'test/cli/kills.mjs', quick: ['5'] },
  { script: 'test/cli/kills.mjs', quick: ['5', '--keyed'] },
  { script: 'test/cli/mqtt.mjs', quick: ['--rows', '100'] },
  { script: 'test/cli/nats.mjs', quick: ['--rows', '500', '--kills', '1'] },
  {
    script: 'test/cli/nats.mjs',
    quick: ['--rows', '500', '--kills', '1', '--outputs', 'msgid', '--state', 'nats'],
  },
  { script: 'test/durable/child.mjs', quick: [] },
  { script: 'test/servers/install.mjs', stage: 'servers' },
  { script: 'test/durable/make-records.mjs', quick: ['--check'] },
  { script: 'test/bench/audio.mjs', quick: ['SILERO', '--chromium', '--quick'] },
  { script: 'test/bench/budget.mjs', stage: 'budget' },
  { script: 'test/bench/cells.mjs', quick: ['--quick'] },
  {
    script: 'test/bench/child.mjs',
    quick: ['rxrecur'],
    input: 'prepare step lstm 8 1\nwarm 1\nturn 1\n',
  },
  { script: 'test/bench/checkpoints.mjs', quick: ['--quick'] },
  { script: 'test/bench/chromium.mjs', quick: ['--quick'] },
  { script: 'test/bench/chromium.mjs', quick: ['--against', 'dist', '--quick'] },
  { script: 'test/bench/collections.mjs', quick: ['--quick'] },
  { script: 'test/bench/command.mjs', quick: ['--quick'] },
  { script: 'test/bench/command.mjs', quick: ['--against', 'dist', '--quick'] },
  { script: 'test/bench/compare.mjs', quick: ['--quick'] },
  { script: 'test/bench/decay.mjs', quick: ['--quick'] },
  { script: 'test/bench/durable-logs.mjs', quick: ['--quick'] },
  { script: 'test/bench/durable.mjs', quick: ['--quick'] },
  { script: 'test/bench/durable-nats.mjs', quick: ['--quick'] },
  { script: 'test/bench/durable-worker.mjs', quick: [] },
  { script: 'test/bench/first-frame.mjs', quick: ['SILERO', '--quick'] },
  { script: 'test/bench/first-step.mjs', quick: ['--quick'] },
  { script: 'test/bench/first-step.mjs', quick: ['--against', 'dist', '--quick'] },
  { script: 'test/bench/garbage.mjs', quick: ['--quick'] },
  { script: 'test/bench/high-gain.mjs', quick: ['--quick'] },
  { script: 'test/bench/kept.mjs', quick: ['--quick'] },
  { script: 'test/bench/keys.mjs', quick: ['--quick'] },
  { script: 'test/bench/limit.mjs', quick: ['--quick'] },
  { script: 'test/bench/long-onnx.mjs', quick: ['--quick'] },
  { script: 'test/bench/frames.mjs', quick: ['--quick'] },
  { script: 'test/bench/loops.mjs', quick: ['--quick'] },
  { script: 'test/bench/loops.mjs', quick: ['--against', 'dist', '--quick'] },
  { script: 'test/bench/memory.mjs', quick: ['--quick'] },
  { script: 'test/bench/memory.mjs', quick: ['subscribe', '--quick'] },
  {
    script: 'test/bench/peers/pytorch.py',
    quick: [],
    input: 'prepare step lstm 8 1\nwarm 1\nturn 1\n',
  },
  { script: 'test/bench/models.mjs', quick: ['--quick'] },
  { script: 'test/bench/portable.mjs', quick: ['--quick'] },
  { script: 'test/bench/report.mjs', quick: ['--check'] },
  { script: 'test/bench/same-bits.mjs', quick: ['--quick'] },
  { script: 'test/bench/silero.mjs', quick: ['SILERO', '--chromium', '--quick'] },
  { script: 'test/bench/small.mjs', quick: ['--silero', 'SILERO', '--quick'] },
  { script: 'test/bench/versions.mjs', quick: ['--quick', '--only', 'step'] },
  { script: 'test/docs/by-hand/onnxruntime.py', quick: [], plain: true, outside: true },
  {
    script: 'test/docs/by-hand/onnxruntime.mjs',
    quick: [],
    plain: true,
    outside: true,
    after: 'test/docs/by-hand/onnxruntime.py',
  },
  { script: 'test/docs/by-hand/redis.mjs', quick: [], plain: true },
  { script: 'test/docs/by-hand/tfjs.mjs', quick: [], plain: true },
  { script: 'test/fuzz/run.mjs', quick: ['--quick'] },
  { script: 'test/golden/frames.py', quick: ['--check'] },
  { script: 'test/golden/keras/chunked.py', quick: ['--check'] },
  { script: 'test/golden/keras/make.py', quick: ['--check'] },
  { script: 'test/golden/keras/matrix.py', quick: ['--check'] },
  { script: 'test/golden/kept/make.mjs', quick: ['FOLDER'] },
  { script: 'test/golden/make.py', quick: ['--check'] },
  { script: 'test/golden/nam/make.py', quick: ['--check'] },
  { script: 'test/golden/npy.py', quick: ['--check'] },
  { script: 'test/golden/onnx/external.py', quick: ['--check'] },
  { script: 'test/golden/onnx/make.py', quick: ['--check'] },
  { script: 'test/golden/onnx_branches.py', quick: ['--check'] },
  { script: 'test/golden/onnx_loops.py', quick: ['--check'] },
  { script: 'test/golden/onnx_matrix.py', quick: ['--check'] },
  { script: 'test/golden/rounding.py', quick: ['--check'] },
  { script: 'test/golden/state_dict.py', quick: ['--check'] },
  { script: 'test/golden/torch-files/make.py', quick: ['--check'] },
  { script: 'test/golden/tfjs/make.mjs', quick: ['--check'] },
  { script: 'test/io/keras/matrix.mjs', quick: [] },
  { script: 'test/kernels/fit.mjs', quick: [] },
  { script: 'test/onnx/attributes.mjs', quick: ['--check'] },
  { script: 'test/onnx/check.mjs', quick: ['--quick'] },
  { script: 'test/onnx/half.mjs', quick: ['--quick'] },
  { script: 'test/onnx/matrix.mjs', quick: ['--quick'] },
  { script: 'test/onnx/nets.mjs', quick: [] },
  { script: 'test/onnx/quantised.mjs', quick: [] },
  { script: 'test/onnx/standard.py', quick: ['--check'] },
  { script: 'test/onnx/steps.mjs', quick: ['--check'] },
  { script: 'test/package/smoke.mjs', stage: 'packed install' },
];

/** Folders with packages of their own, which no install of the library brings. */
export const packages = ['test/bench', 'test/docs/by-hand', 'test/golden/tfjs', 'test/onnx'];

/** Path and text of the files of the repository that have one of these endings. */
function filesOf(pattern, ...folders) {
  const flags = ['ls-files', '--cached', '--others', '--exclude-standard', '--deduplicate'];
  const paths = execFileSync('git', [...flags, '--', ...folders], { cwd: root, encoding: 'utf8' });
  return new Map(
    paths
      .split('\n')
      .filter(path => pattern.test(path))
      .map(path => [path, readFileSync(join(root, path), 'utf8')]),
  );
}

const readsArguments = {
  js: /process\.argv\b|\bparseArgs\(|new Command\(/,
  py: /__main__|\bsys\.argv\b/,
};

/** True if another file names this one, as an import or as what it bundles, copies or starts. */
function isNamedBy(path, others) {
  const name = basename(path);
  const module = name.replace(/\.py$/, '');
  const inPython = new RegExp(`^(from ${module} import|import ${module}$)`, 'm');
  return [...others].some(([other, text]) => {
    if (other === path) return false;
    return name.endsWith('.py') ? inPython.test(text) : text.includes(name);
  });
}

/** The programs among some files: those that read arguments, and those that no other file names. */
export function programsIn(files) {
  return [...files.keys()].filter(path => {
    const [, kind] = /\.(?:[mc]?(js)|(py))$/.exec(path)?.filter(Boolean) ?? [];
    if (!kind) return /(^|\/)[^.]+$|\.sh$/.test(path);
    return readsArguments[kind].test(files.get(path)) || !isNamedBy(path, files);
  });
}

const code = () => filesOf(/\.([mc]?js|ts|py|sh)$|^\.ci\/run$/, 'test', 'examples', '.ci');
/** Not the projects of strangers that smoke.mjs copies and starts. */
const runnable = path => !path.endsWith('.ts') && !path.startsWith('test/package/fixture/');

/**
 * The paths of all programs under test/, examples/ and .ci/, the list of scripts left out of
 * account.
 */
export function programs() {
  const files = code();
  files.delete('.ci/inventory.mjs');
  return programsIn(files).filter(runnable);
}

const command =
  /(?:node|python3|bash|sh)(?: +-[^\s`]+)* +((?:[\w.-]+\/)*[\w.-]+\.(?:m?js|py|sh)|\.ci\/run)/g;

/** The scripts that a text tells its reader to start; those of the reader's own are left out. */
export function scriptsNamedIn(path, text, exists) {
  return [...text.matchAll(command)].flatMap(([, script]) => {
    const beside = join(dirname(path), script);
    if (/^(test|examples|\.ci)\//.test(script)) return [script];
    return dirname(path) !== '.' && exists(beside) ? [beside] : [];
  });
}

/** The npm scripts that a text tells its reader to run. */
export function npmScriptsNamedIn(text) {
  return [...text.matchAll(/npm run(?: --?[\w-]+)* ([\w:-]+)/g)].map(([, name]) => name);
}

/** Path and text of all pages, and of all files whose heads say how they are started. */
export function texts() {
  const all = [...filesOf(/\.md$/, '.'), ...code()];
  // The tests of the inventory name scripts that are not there.
  return new Map(all.filter(([path]) => !path.startsWith('test/scripts/')));
}
