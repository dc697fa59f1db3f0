import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { dense } from '../../src/index.js';
import { save } from '../../src/io/index.js';
import { csv, expected, file, fromCsv, fromJson, linesOf, pairs, run, rxrecur } from './command.js';

const rows = pairs(12);
const answers = expected(rows);

/** Bad lines for the columns x, dx, and what is said of them. */
const badJson: readonly (readonly [string | Uint8Array, string])[] = [
  ['{"x":1,"dx":', 'not valid JSON'],
  ['7', 'expected an object or an array'],
  ['{"x":1}', 'row: expected a column dx, got x'],
  ['{"x":1,"dx":"2"}', "column dx: expected a finite number, got '2'"],
  ['{"x":null,"dx":1}', 'column x: expected a finite number, got null'],
  ['{"x":1e999,"dx":1}', 'column x: expected a finite number, got Infinity'],
  ['{"x":1e39,"dx":1}', 'column x: expected a finite number, got 1e+39'],
  [`{"x":1,"dx":1,"pad":"${'p'.repeat(2000)}"}`, 'longer than 1000 bytes'],
  [Uint8Array.of(0x7b, 0xff, 0x7d), 'not UTF-8'],
];
const badCsv: readonly (readonly [string | Uint8Array, string])[] = [
  ['1', 'expected 2 fields, got 1'],
  ['1,2,3', 'expected 2 fields, got 3'],
  ['1,', "column dx: expected a finite number, got ''"],
  ['one,2', "column x: expected a finite number, got 'one'"],
  ['NaN,2', "column x: expected a finite number, got 'NaN'"],
  ['1,-inf', "column dx: expected a finite number, got '-inf'"],
  ['1"2,3', 'a quote inside a field that does not begin with one'],
  ['\u001b[2J,3', "column x: expected a finite number, got '\\u{1b}[2J'"],
];

/** A good row, the bad one, and the other good ones. */
function around(bad: string | Uint8Array, good: readonly string[], head = '') {
  const lines = [`${head}${good[0]}\n`, bad, `\n${good.slice(1).join('\n')}\n`];
  return Buffer.concat(lines.map(line => Buffer.from(line as string)));
}

const goodJson = rows.map(([x, dx]) => JSON.stringify({ x, dx }));
const goodCsv = rows.map(row => row.join(','));
const options = ['--output-format', 'ndjson', '--max-row-bytes', '1000', '-c', 'x,dx'];

test.concurrent('a bad row ends the run with code 1, its row and its line; those before are answered', async () => {
  const cases = [
    [around(badJson[0][0], goodJson), 2, badJson[0][1]],
    [around(badCsv[3][0], goodCsv, 'x,dx\n'), 3, badCsv[3][1]],
    [around(badCsv[6][0], goodCsv, 'x,dx\n\n'), 4, badCsv[6][1]],
  ] as const;
  const ended = await Promise.all(cases.map(([input]) => run(options, input)));
  for (const [i, { code, stdout, stderr }] of ended.entries()) {
    const [, line, problem] = cases[i];
    expect(stderr).toBe(`rxrecur: row 2, line ${line}: ${problem}\n`);
    expect(code).toBe(1);
    expect(fromJson(stdout)).toEqual(answers.slice(0, 1));
  }
});

test.concurrent('with --on-error skip a bad row is reported and changes nothing', async () => {
  const inputs = [
    around(Buffer.concat(badJson.flatMap(([bad]) => [asLine(bad)])).subarray(0, -1), goodJson),
    around(
      Buffer.concat(badCsv.flatMap(([bad]) => [asLine(bad)])).subarray(0, -1),
      goodCsv,
      'x,dx\n',
    ),
  ];
  const problems = [badJson, badCsv];
  for (const [i, input] of inputs.entries()) {
    const { code, stdout, stderr } = await run([...options, '--on-error', 'skip'], input);
    expect(code).toBe(0);
    expect(fromJson(stdout)).toEqual(answers);
    const count = problems[i].length;
    expect(linesOf(stderr)).toEqual([
      ...problems[i].map(([, problem], k) => {
        return `rxrecur: row ${k + 2}, line ${k + 2 + i}: ${problem}; skipped`;
      }),
      `rxrecur: ${count} of ${count + rows.length} rows skipped`,
    ]);
  }
});

function asLine(bytes: string | Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(bytes as string), Buffer.from('\n')]);
}

test.concurrent('a row that is skipped does not reset either, and the first may lack its columns', async () => {
  const good = rows.map(row => [...row, 0]);
  const bad = ['oops', 1, 1];
  const table = csv('x,dx,begin', [...good.slice(0, 5), bad, ...good.slice(5)]);
  const skip = ['-c', 'x,dx', '--reset-on', 'begin', '--on-error', 'skip'];
  const first = ['-c', 'x,dx', '--on-error', 'skip'];
  const [reset, meta] = await Promise.all([
    run(skip, table),
    run(first, `{"version":1}\n${goodJson.join('\n')}\n`),
  ]);
  expect(fromCsv(linesOf(reset.stdout).slice(1))).toEqual(answers);
  expect(fromJson(meta.stdout)).toEqual(answers);
});

test.concurrent('an answer that is not finite is a bad row, taken back with its reset', async () => {
  const steep = dense(1, 1, { params: { weight: [[3e38]], bias: [0] } });
  const path = file('steep.safetensors', save(steep));
  const input = 'x,r\n1,0\n2,1\n0.5,0\n';
  const args = ['run', path, '-c', 'x', '--reset-on', 'r', '--on-error', 'skip'];
  const { code, stdout, stderr } = await rxrecur(args, input);
  expect(code).toBe(0);
  expect(linesOf(stdout)).toEqual(['y1', '3e+38', '1.5e+38']);
  expect(stderr).toContain('row 2, line 3: answer [0]: expected a finite number, got Infinity');
});

test.concurrent('a wrong command line ends with code 2 and one line', async () => {
  const table = file(
    'errors.csv',
    csv(
      'time,x,dx',
      rows.map((row, i) => [i, ...row]),
    ),
  );
  const text = readFileSync(table, 'utf8');
  const wrong: readonly (readonly [readonly string[], string])[] = [
    [['--colums', 'x'], "unknown option '--colums' (Did you mean --columns?)"],
    [['--input-format', 'xml'], "argument 'xml' is invalid"],
    [['--state-every', '0'], 'Expected seconds, more than 0'],
    [['--max-row-bytes', '1e99'], 'Expected a whole number from 1'],
    [['-c', 'x,,dx'], 'Expected names with commas between them'],
    [['-c'], "option '-c, --columns <names>' argument missing"],
    [
      [table],
      'choose 2 with --columns, as many as the model has inputs, of the columns time, x, dx',
    ],
    [[table, '-c', 'x'], '--columns: the model has 2 inputs, got 1 columns'],
    [[table, '-c', 'x,nope'], 'no column nope; the columns are time, x, dx'],
    [[table, '-c', 'x,dx', '--reset-on', 'nope'], 'no column nope'],
    [[table, '--names', 'a'], '--names: the model has 2 outputs, got 1 names'],
    [[table, '-k', 'y1'], 'the answers would have two columns y1'],
    [['nowhere.csv'], 'nowhere.csv: no such file or directory'],
    [['.'], '.: is a directory'],
    [['--append'], '--append needs --output'],
    [[table, '-c', 'x,dx', '-o', 'no/where'], 'no/where: no such file or directory'],
    [[table, '-c', 'x,dx', '-o', table], 'the same file as'],
    [[table, '-c', 'x,dx', '--state', 'no/where'], 'no/where: no such file or directory'],
  ];
  const ended = await Promise.all(wrong.map(([args]) => run(args)));
  for (const [i, { code, stdout, stderr }] of ended.entries()) {
    expect(stderr).toContain(wrong[i][1]);
    expect(stderr).toMatch(/^rxrecur: .*\n$/);
    expect([code, stdout]).toEqual([2, '']);
  }
  expect(readFileSync(table, 'utf8')).toBe(text);
});

test.concurrent('rows and models that tell no columns, and models that are none, end with code 2', async () => {
  const model = file('no-model.safetensors', 'x,y\n1,2\n');
  const [noHeader, keys, missing, none, wrong, nothing] = await Promise.all([
    run([], '0.1,0.2\n0.3,0.4\n'),
    run([], '{"a":1,"b":"2","c":3,"d":4}\n'),
    run(['-c', 'a,c'], '{"a":1,"b":"2"}\n'),
    rxrecur(['run', 'nowhere.safetensors']),
    rxrecur(['run', model]),
    rxrecur([]),
  ]);
  expect(noHeader.stderr).toContain('the first line must name the columns, but has numbers: 0.1');
  expect(keys.stderr).toContain('of the columns a, b, c, d');
  expect(missing.stderr).toContain('no column c; the columns are a, b');
  expect(none.stderr).toContain('nowhere.safetensors: no such file or directory');
  expect(wrong.stderr).toContain(`${model}: model: expected a model file, got text ('x,y')`);
  for (const { code } of [noHeader, keys, missing, none, wrong, nothing]) expect(code).toBe(2);
});

test.concurrent('help and the version are printed on stdout, with code 0', async () => {
  const [help, runHelp, version] = await Promise.all([
    rxrecur(['--help']),
    rxrecur(['run', '--help']),
    rxrecur(['--version']),
  ]);
  const { version: own } = JSON.parse(readFileSync('package.json', 'utf8'));
  expect(version).toEqual({ code: 0, stdout: `${own}\n`, stderr: '' });
  for (const { code, stdout } of [help, runHelp]) {
    expect(code).toBe(0);
    expect(stdout).toContain('\nExamples:\n  $ rxrecur run model.safetensors');
  }
});
