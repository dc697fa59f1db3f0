import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { file } from './command.js';
import { answersOf, refusals, runSum } from './sum.js';

test.concurrent('--delimiter separates the fields of CSV, in and out, and quotes keep it', async () => {
  const input = 'name;x\n"a;1";1\n"b, ""2""";2\n';
  expect(await answersOf(['--delimiter', ';', '-c', 'x', '-k', 'name'], input)).toEqual([
    'name;y1',
    '"a;1";1',
    '"b, ""2""";3',
  ]);
  const tabs = await answersOf(['--delimiter', 'tab', '-c', 'x', '-k', 'n'], 'n\tx\n\t1\n,\t2\n');
  expect(tabs).toEqual(['n\ty1', '\t1', ',\t3']);
});

test.concurrent('.tsv has tabs, in and out, and a line of tabs alone is a row', async () => {
  const input = file('rows.tsv', 'n\tx\na,b\t1\nc\t2\n');
  const output = file('answers.tsv');
  expect(await answersOf([input, '-c', 'x', '-k', 'n', '-o', output], '')).toEqual([]);
  expect(readFileSync(output, 'utf8')).toBe('n\ty1\na,b\t1\nc\t3\n');
  const csv = file('from-tsv.csv');
  await answersOf([input, '-c', 'x', '-k', 'n', '-o', csv], '');
  expect(readFileSync(csv, 'utf8')).toBe('n,y1\n"a,b",1\nc,3\n');
  const { code, stderr } = await runSum(['--input-format', 'tsv'], 'x\tz\n1\t2\n\t\n');
  expect([code, stderr]).toEqual([2, expect.stringContaining('choose 1 with --columns')]);
  const blank = await runSum(['--input-format', 'tsv', '-c', 'x'], 'x\tz\n1\t2\n\t\n');
  expect([blank.code, blank.stdout]).toEqual([1, 'y1\n1\n']);
  expect(blank.stderr).toBe("rxrecur: row 2, line 3: column x: expected a finite number, got ''\n");
});

test.concurrent('--no-header takes the first line for a row, and columns are 0, 1, 2', async () => {
  expect(await answersOf(['--no-header'], '1\n2\n')).toEqual(['y1', '1', '3']);
  const input = 'a;1\nb;2\n';
  const args = ['--no-header', '--delimiter', ';', '-c', '1', '-k', '0'];
  expect(await answersOf(args, input)).toEqual(['0;y1', 'a;1', 'b;3']);
  const bad = await runSum(['--no-header', '-c', '0'], 'x,z\n1,2\n');
  expect([bad.code, bad.stdout]).toEqual([1, '']);
  expect(bad.stderr).toContain("row 1, line 1: column 0: expected a finite number, got 'x'");
  const short = await runSum(['--no-header', '-c', '0'], '1,2\n3\n');
  expect(short.stderr).toContain('row 2, line 2: expected 2 fields, got 1');
});

test.concurrent('one JSON array of objects is a row an element, digit for digit', async () => {
  const array = '[\n  {"t": 1.50, "x": 1},\n  {"t": "a]", "x": 2}\n]\n';
  const answers = ['{"t":1.50,"y1":1}', '{"t":"a]","y1":3}'];
  expect(await answersOf(['-c', 'x', '-k', 't'], array)).toEqual(answers);
  const output = file('array.json');
  await answersOf([file('rows.json', array), '-c', 'x', '-k', 't', '-o', output], '');
  expect(readFileSync(output, 'utf8')).toBe(`${answers.join('\n')}\n`);
  expect(await answersOf([], '[[1],[2]]')).toEqual(['{"y1":1}', '{"y1":3}']);
  expect(await answersOf(['--output-format', 'csv'], '[]')).toEqual(['y1']);
  // A .json file of a row a line is read as before.
  expect(await answersOf([file('lines.json', '{"x":1}\n{"x":2}\n')], '')).toHaveLength(2);
});

test.concurrent('an array that is cut off ends the run after its last row, skip or not', async () => {
  for (const more of [[], ['--on-error', 'skip']]) {
    const { code, stdout, stderr } = await runSum(more, '[{"x":1},\n{"x":2},\n');
    expect([code, stdout]).toEqual([1, '{"y1":1}\n{"y1":3}\n']);
    expect(stderr).toContain('row 3, line 3: expected ] after the last row, got the end of the');
  }
  const skipped = await runSum(['--on-error', 'skip'], '[{"x":1},{"x":}, 5,{"x":2}]');
  expect([skipped.code, skipped.stdout]).toEqual([0, '{"y1":1}\n{"y1":3}\n']);
  expect(skipped.stderr).toContain('2 of 4 rows skipped');
});

test.concurrent('names with dots lead into what is nested, unless a column has that name', async () => {
  const input =
    '{"d":{"temp":[5,1],"on":0},"k":{"a.b":"z"}}\n{"d":{"temp":[6,2],"on":1},"k":{"a.b":7}}\n';
  const args = ['-c', 'd.temp.1', '-k', 'k.a.b,d', '--reset-on', 'd.on'];
  expect(await answersOf(args, input)).toEqual([
    '{"k.a.b":"z","d":{"temp":[5,1],"on":0},"y1":1}',
    '{"k.a.b":7,"d":{"temp":[6,2],"on":1},"y1":2}',
  ]);
  expect(await answersOf(['-c', 'd.x'], '{"d.x":1,"d":{"x":10}}\n')).toEqual(['{"y1":1}']);
  expect(await answersOf(['-c', 'd.x'], 'd.x,d\n1,10\n')).toEqual(['y1', '1']);
  const missing = await runSum(['-c', 'd.y'], '{"d":{"x":1}}\n');
  expect([missing.code, missing.stderr]).toEqual([
    2,
    'rxrecur: no column d.y; the columns are d\n',
  ]);
  const twice = await runSum(['-c', 'd.x'], '{"d":{"x":1}}\n{"d":{"x":1,"x":2}}\n');
  expect([twice.code, twice.stdout]).toEqual([1, '{"y1":1}\n']);
  expect(twice.stderr).toContain('column x: expected one value in a row, got several');
});

test.concurrent('an ending of the output that tells no format is refused, and nothing is made', async () => {
  const output = file('answers.txt');
  const { code, stderr } = await runSum(['-o', output], 'x\n1\n');
  expect(code).toBe(2);
  expect(stderr).toBe(
    `rxrecur: --output ${output}: expected an ending of .csv, .tsv, .ndjson, .jsonl or .json, ` +
      'got .txt; or choose --output-format\n',
  );
  expect(() => readFileSync(output)).toThrow('ENOENT');
  expect(await answersOf(['-o', output, '--output-format', 'tsv'], 'x\n1\n')).toEqual([]);
  expect(readFileSync(output, 'utf8')).toBe('y1\n1\n');
  expect(await answersOf(['-o', file('answers'), '-c', 'x'], 'x\n1\n')).toEqual([]);
  expect(readFileSync(file('answers'), 'utf8')).toBe('y1\n1\n');
});

test.concurrent('options that the formats do not honour are refused by name', async () => {
  const delimiter = ['--delimiter', ';'];
  const tsv = file('refused.tsv', 'x\n1\n');
  const ended = await refusals([
    [delimiter, '{"x":1}\n', '--delimiter: expected rows in CSV, got NDJSON'],
    [delimiter, '[{"x":1}]', '--delimiter: expected rows in CSV, got a JSON array'],
    [[tsv, ...delimiter], '', '--delimiter: expected rows in CSV, got TSV'],
    [['--no-header'], '[1]\n', '--no-header: expected rows in CSV, got NDJSON'],
    [['--delimiter', ';;'], '', "Expected one character, such as ';', or the word tab"],
    [['--delimiter', '"'], '', 'Expected one character'],
    [['--delimiter', '1'], '', 'Expected one character'],
    [[], 'x;z\n1;2\n', "got one column x;z; try --delimiter ';', or put a name that holds it"],
    [delimiter, 'x,z\n1,2\n', "line 1, the header: expected ';' between the columns"],
    [[], 'x\tz\n1\t2\n', 'try --delimiter tab'],
    [['--stateless', '--key', 'x'], '', '--key: expected a state that goes on, got --stateless'],
    [['--stateless', '--reset-on', 'x'], '', '--reset-on: expected a state that goes on, got'],
  ]);
  for (const { got, message } of ended) {
    expect([got.code, got.stdout]).toEqual([2, '']);
    expect(got.stderr).toContain(message);
  }
  // Answers in CSV have the delimiter though the rows have none.
  const args = [...delimiter, '--output-format', 'csv', '-k', 'x', '-c', 'x'];
  expect(await answersOf(args, '{"x":1}\n')).toEqual(['x;y1', '1;1']);
});
