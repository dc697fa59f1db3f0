import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { chain, dense, gru } from '../../src/index.js';
import { load, readStateDict, writeStateDict } from '../../src/io/index.js';
import { stateDictOf, torchFile, torchRun } from '../io/torch-files.js';
import { sameBits } from '../laws/bits.js';
import { csv, file, fromCsv, linesOf, modelFile, rxrecur } from './command.js';

const forecaster = () => file('forecaster.safetensors', torchFile('forecaster.safetensors'));
const twins = () => file('twins.safetensors', torchFile('twins.safetensors'));

/** Holds answers in CSV against torch's, which are the last of them. */
function sameAsTorch(stdout: string, y: readonly (readonly number[])[]) {
  const last = fromCsv(linesOf(stdout).slice(-y.length));
  for (const [k, row] of last.entries()) {
    expect(row).toHaveLength(y[k].length);
    for (const [i, v] of row.entries()) expect(Math.abs(v - y[k][i])).toBeLessThan(2e-6);
  }
}

test.concurrent('inspect and run print the order that they assume, and run answers as torch', async () => {
  const path = forecaster();
  const { x, y } = torchRun('forecaster', 2);
  const [inspected, ran] = await Promise.all([
    rxrecur(['inspect', path]),
    rxrecur(['run', path], csv('a,b', x)),
  ]);
  expect(linesOf(inspected.stdout).slice(0, 3)).toEqual([
    'format      PyTorch state_dict (safetensors)',
    'order       rnn.,head. (assumed, recurrent layers first; --modules overrides it)',
    'model       Chain(Recur(LSTMCell(2, 16)), Dense(16, 2))',
  ]);
  expect([inspected.code, inspected.stderr]).toEqual([0, '']);
  expect(ran.code).toBe(0);
  expect(ran.stderr).toBe(
    `rxrecur: ${path}: the order rnn.,head. is assumed, recurrent layers first; --modules overrides it\n`,
  );
  sameAsTorch(ran.stdout, y);
});

test.concurrent('--modules overrides the order, in inspect, run and convert, and nothing is assumed', async () => {
  const path = forecaster();
  const output = file('other.safetensors');
  const order = ['--modules', 'head.,rnn.'];
  const [inspected, converted] = await Promise.all([
    rxrecur(['inspect', path, ...order]),
    rxrecur(['convert', path, output, ...order]),
  ]);
  expect(linesOf(inspected.stdout)[1]).toBe(
    'model       Chain(Dense(16, 2), Recur(LSTMCell(2, 16)))',
  );
  expect(converted).toEqual({ code: 0, stdout: '', stderr: '' });
  const modules = { 'head.': {}, 'rnn.': {} };
  const model = readStateDict(stateDictOf('forecaster'), { modules });
  sameBits(load(readFileSync(output)).params, model.params);
});

test.concurrent('several orders are refused with each as it is typed; so typed, run answers as torch', async () => {
  const path = twins();
  const refused = await rxrecur(['inspect', path]);
  expect(refused).toEqual({
    code: 2,
    stdout: 'format      PyTorch state_dict (safetensors)\n',
    stderr:
      `rxrecur: ${path}: state_dict: expected one order of 'a.', 'b.', got several; ` +
      'give --modules a.,b. or --modules b.,a.\n',
  });
  const { x, y } = torchRun('twins', 3);
  const ran = await rxrecur(['run', path, '--modules', 'b.,a.'], csv('a,b,c', x));
  expect([ran.code, ran.stderr]).toEqual([0, '']);
  sameAsTorch(ran.stdout, y);
});

test.concurrent('--modules takes the words of the option modules as JSON', async () => {
  const net = chain(gru(1, 2), dense(2, 1, { activation: 'sigmoid' }));
  const path = file('head.safetensors', writeStateDict(net, { prefix: ['rnn.', 'head.'] }));
  const told = '{"head.": {"activation": "sigmoid"}}';
  const { stdout } = await rxrecur(['inspect', path, '--modules', told]);
  expect(linesOf(stdout)[1]).toContain('rnn.,head. (assumed');
  expect(linesOf(stdout)[2]).toBe(`model       ${net}`);
});

test.concurrent('names that a shell would take apart are offered as JSON between quotes', async () => {
  const prefix = ["it's a.", '$b.'];
  const path = file(
    'odd-names.safetensors',
    writeStateDict(chain(gru(2, 2), gru(2, 2)), { prefix }),
  );
  const { stderr } = await rxrecur(['inspect', path]);
  expect(stderr).toContain(`--modules '{"it'\\''s a.":{},"$b.":{}}' or --modules '{"$b.":{},`);
  const [one] = await Promise.all([
    rxrecur(['inspect', path, '--modules', `{"it's a.":{},"$b.":{}}`]),
  ]);
  expect(one.code).toBe(0);
});

test.concurrent('a state belongs to the order that it came from', async () => {
  const path = twins();
  const state = file('twins-state.json');
  const run = (order: string) =>
    rxrecur(['run', path, '--modules', order, '--state', state], 'a,b,c\n1,2,3\n');
  expect((await run('b.,a.')).code).toBe(0);
  const other = await run('a.,b.');
  expect(other.code).toBe(2);
  expect(other.stderr).toContain('of another model');
  expect((await run('b.,a.')).code).toBe(0);
  // Typing the order that was assumed changes nothing.
  const assumed = ['run', forecaster(), '--state', file('assumed.json')];
  expect((await rxrecur(assumed, 'a,b\n1,2\n')).code).toBe(0);
  expect((await rxrecur([...assumed, '--modules', 'rnn.,head.'], 'a,b\n1,2\n')).code).toBe(0);
});

test.concurrent('wrong modules end with code 2 and the reason', async () => {
  const path = forecaster();
  const wrong: readonly (readonly [string, string, string])[] = [
    [path, 'rnn.,', 'Expected names with commas between them, each once.'],
    [path, 'rnn.,rnn.', 'Expected names with commas between them, each once.'],
    [path, '{"rnn.": {}', '--modules: expected JSON, got text that is not.'],
    [path, '{"a.": 1, "a.": 2}', "--modules: expected every name once, got 'a.' twice."],
    [path, 'rnn,head', "readStateDict.modules: expected 'rnn.', 'head.', got 'rnn'"],
    [path, '{"head.": {"aktivation": "tanh"}}', 'expected options named kind, activation'],
    [path, '{"head.": 1}', "readStateDict.modules 'head.': expected an object of options, got 1"],
    [modelFile, 'rnn.', '--modules is for a PyTorch state_dict'],
  ];
  const ended = await Promise.all(
    wrong.map(([model, modules]) => rxrecur(['inspect', model, '--modules', modules])),
  );
  for (const [i, { code, stderr }] of ended.entries()) {
    expect(stderr).toContain(wrong[i][2]);
    expect(stderr).toMatch(/^rxrecur: .*\n$/);
    expect(code).toBe(2);
  }
});
