import { expect, test } from 'vitest';
import { stateful } from '../../src/index.js';
import { fromJson, linesOf, model, run } from './command.js';

/** Values that a parser and printer of JSON would change. */
const values = [
  '9007199254740993',
  '1712345678901234567',
  '1.0',
  '1',
  '-0',
  '0.10',
  '1e400',
  '1E+2',
  '123456789012345678901234567890.123456789012345678901234567890',
  '"\\u00e9\\/\\ud83d"',
  '"é"',
  '""',
  'null',
  'true',
  '{"ns": 1712345678901234567, "2": 1.50, "1": [1e400,-0.0 ], "1": {}}',
  '[9007199254740993,[1.0, {"a":[ ]}]]',
];

const objects = values.map(value => `{"x":0.5,"id": ${value} ,"dx":-0.25}\n`).join('');

/** The answers to that one input, again and again. */
function answers(count: number): number[][] {
  const m = stateful(model);
  return Array.from({ length: count }, () => [...m([0.5, -0.25])]);
}

test.concurrent('kept JSON leaves as it came, digit for digit', async () => {
  const { code, stdout, stderr } = await run(['-c', 'x,dx', '-k', 'id'], objects);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const kept = linesOf(stdout).map(line => /^\{"id":(.*),"y1":.*\}$/.exec(line)?.[1]);
  expect(kept).toEqual(values);
  expect(fromJson(stdout)).toEqual(answers(values.length));
});

test.concurrent("an array's elements leave as they came", async () => {
  const input = values.map(value => `[ 0.5, -0.25,${value}]\n`).join('');
  const { stdout } = await run(['-c', '0,1', '-k', '2'], input);
  const kept = linesOf(stdout).map(line => /^\{"2":(.*),"y1":.*\}$/.exec(line)?.[1]);
  expect(kept).toEqual(values);
});

test.concurrent('in CSV kept JSON has its digits: strings as text, null as nothing', async () => {
  const cases = [
    ['9007199254740993', '9007199254740993'],
    ['1.0', '1.0'],
    ['1e400', '1e400'],
    ['-0', '-0'],
    ['"007"', '007'],
    ['"\\u00e9"', 'é'],
    ['null', ''],
    ['[1.50,9007199254740993]', '"[1.50,9007199254740993]"'],
    ['{"ns":1712345678901234567}', '"{""ns"":1712345678901234567}"'],
  ];
  const input = cases.map(([json]) => `{"id":${json},"x":1,"dx":2}\n`).join('');
  const options = ['-c', 'x,dx', '-k', 'id', '--output-format', 'csv'];
  const [header, ...lines] = linesOf((await run(options, input)).stdout);
  expect(header).toBe('id,y1,y2');
  expect(lines.map(line => /^(.*),[^,]+,[^,]+$/.exec(line)?.[1])).toEqual(
    cases.map(([, text]) => text),
  );
});

test.concurrent('kept CSV leaves as it came, and is a number of JSON where it looks like one', async () => {
  const fields = ['9007199254740993', '1.0', '1e400', '-0', '0.10', '007', ' 1', '+1', '.5', 'NaN'];
  const input = `id,x,dx\n${fields.map(field => `${field},1,2\n`).join('')}`;
  const [toCsv, toJson] = await Promise.all([
    run(['-c', 'x,dx', '-k', 'id'], input),
    run(['-c', 'x,dx', '-k', 'id', '--output-format', 'ndjson'], input),
  ]);
  const csv = linesOf(toCsv.stdout).slice(1);
  expect(csv.map(line => line.split(',')[0])).toEqual(fields);
  const json = linesOf(toJson.stdout).map(line => /^\{"id":(.*),"y1":/.exec(line)?.[1]);
  expect(json).toEqual([...fields.slice(0, 5), '"007"', '" 1"', '"+1"', '".5"', '"NaN"']);
});

test.concurrent("columns are in the file's order, even if their names are numbers", async () => {
  const rows = ['{"b":0.5,"10":-0.25}\n', '{"10":-0.25,"b":0.5}\n'].join('');
  expect(fromJson((await run([], rows)).stdout)).toEqual(answers(2));
});

test.concurrent('a column that a row has twice is a bad row where it is used', async () => {
  const twice = '{"x":1,"dx":2,"x":3,"z":4,"z":5}\n';
  const [used, kept, other] = await Promise.all([
    run(['-c', 'x,dx'], twice),
    run(['-c', 'dx,dx', '-k', 'z'], twice),
    run(['-c', 'dx,dx'], twice),
  ]);
  expect([used.code, used.stdout]).toEqual([1, '']);
  expect(used.stderr).toContain('column x: expected one value in a row, got several');
  expect(kept.stderr).toContain('column z: expected one value in a row, got several');
  expect(other.code).toBe(0);
});

/** A row whose column `pad` is nested. */
function nested(levels: number, before = '[', after = ']'): string {
  return `{"x":0.5,"dx":-0.25,"pad":${before.repeat(levels)}1${after.repeat(levels)}}\n`;
}

test.concurrent('a value nested too deep is a bad row, and skipped; 999 levels leave as they came', async () => {
  const input = [
    nested(999),
    nested(1000),
    nested(100_000),
    nested(100_000, '{"a":', '}'),
    nested(1),
  ].join('');
  for (const format of ['ndjson', 'csv']) {
    const options = ['-c', 'x,dx', '-k', 'pad', '--output-format', format];
    const skipped = await run([...options, '--on-error', 'skip'], input);
    expect(skipped.code).toBe(0);
    const lines = linesOf(skipped.stdout).slice(format === 'csv' ? 1 : 0);
    expect(lines.length).toBe(2);
    expect(lines[0]).toContain(`${'['.repeat(999)}1${']'.repeat(999)}`);
    expect(skipped.stderr).toContain(
      'row 3, line 3: expected at most 1000 levels of JSON, got 100001; skipped\n',
    );
    const { code, stderr } = await run(options, input);
    expect([code, linesOf(stderr).length]).toEqual([1, 1]);
  }
});

test.concurrent('a nested value is no number and no condition ends the run on it', async () => {
  const deep = nested(100_000);
  const options = ['--on-error', 'skip', '-c'];
  const [input, reset] = await Promise.all([
    run([...options, 'x,pad'], deep + nested(900)),
    run([...options, 'x,dx', '--reset-on', 'pad'], deep + nested(900)),
  ]);
  expect(input.code).toBe(0);
  expect(input.stderr).toContain('column pad: expected a finite number, got an array');
  expect(reset.code).toBe(0);
  expect(fromJson(reset.stdout)).toEqual(answers(1));
});

test.concurrent('a string that UTF-8 has no bytes for is a bad row of CSV and changes no state', async () => {
  const input = '{"id":"a","x":0.5,"dx":-0.25}\n{"id":"\\ud800","x":9,"dx":9}\n';
  const options = ['-c', 'x,dx', '-k', 'id', '--output-format', 'csv', '--on-error', 'skip'];
  const { code, stdout, stderr } = await run(options, `${input}${input.split('\n')[0]}`);
  expect(code).toBe(0);
  expect(stderr).toContain('a surrogate without its other half');
  const answered = linesOf(stdout).slice(1);
  expect(answered.map(line => line.split(',').slice(1).map(Number).map(Math.fround))).toEqual(
    answers(2),
  );
});
