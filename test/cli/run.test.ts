import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  csv,
  expected,
  file,
  fromCsv,
  fromJson,
  linesOf,
  modelFile,
  pairs,
  Running,
  run,
} from './command.js';

const rows = pairs(200);
const answers = expected(rows);
const table = csv('x,dx', rows);
const objects = rows.map(([x, dx]) => `${JSON.stringify({ x, dx })}\n`).join('');
const arrays = rows.map(row => `${JSON.stringify(row)}\n`).join('');

test.concurrent('CSV in is CSV out, equal to stateful in this process, bit for bit', async () => {
  const { code, stdout, stderr } = await run([], table);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const [header, ...lines] = linesOf(stdout);
  expect(header).toBe('y1,y2');
  expect(fromCsv(lines)).toEqual(answers);
});

test.concurrent('NDJSON in is NDJSON out, of objects and of arrays', async () => {
  const outputs = await Promise.all([run([], objects), run([], arrays)]);
  for (const { code, stdout } of outputs) {
    expect(code).toBe(0);
    expect(fromJson(stdout)).toEqual(answers);
  }
});

test.concurrent('an answer is written before the next row comes', async () => {
  for (const [format, lines] of [
    ['ndjson', linesOf(objects)],
    ['csv', linesOf(table)],
  ] as const) {
    const running = new Running(['run', modelFile, '--output-format', 'ndjson']).read();
    if (format === 'csv') running.write(`${lines[0]}\n`);
    for (const [i, line] of lines.slice(format === 'csv' ? 1 : 0, 12).entries()) {
      running.write(`${line}\n`);
      const written = await running.lines(i + 1);
      expect(fromJson(`${written[i]}\n`)).toEqual([answers[i]]);
    }
    running.child.stdin?.end();
    expect((await running.end()).code).toBe(0);
  }
});

test.concurrent('--columns chooses by name and in order', async () => {
  const table = csv(
    'time,dx,"x, or so",other',
    rows.map(([x, dx], i) => [i, dx, x, '"a ""b"""']),
  );
  const options = ['--columns', '"x, or so", dx', '--output-format', 'ndjson'];
  expect(fromJson((await run(options, table)).stdout)).toEqual(answers);
});

test.concurrent("an array's columns are numbers", async () => {
  const input = rows.map(([x, dx], i) => `${JSON.stringify([dx, `t${i}`, x])}\n`).join('');
  const [named, numeric] = await Promise.all([
    run(['--columns', '2,0', '--keep', '1'], input),
    run([], rows.map(([x, dx], i) => `${JSON.stringify([x, `t${i}`, dx])}\n`).join('')),
  ]);
  expect(fromJson(named.stdout)).toEqual(answers);
  expect(JSON.parse(linesOf(named.stdout)[7])[1]).toBe('t7');
  expect(fromJson(numeric.stdout)).toEqual(answers);
});

test.concurrent('without --columns all columns are taken, or all numeric ones, if they are enough', async () => {
  const numeric = csv(
    'name,x,dx',
    rows.map(row => ['a', ...row]),
  );
  const kept = csv(
    'time,x,dx,reset',
    rows.map(([x, dx], i) => [i, x, dx, 0]),
  );
  const options = ['--keep', 'time', '--reset-on', 'reset', '--output-format', 'ndjson'];
  const outputs = await Promise.all([
    run(['--output-format', 'ndjson'], numeric),
    run(options, kept),
  ]);
  for (const { stdout } of outputs) expect(fromJson(stdout)).toEqual(answers);
});

test.concurrent('--keep copies a column as it is, and --names names the outputs', async () => {
  const times = ['1712345678901234567', '007', 'a "b", c', '', '-0.50', 'ü\nv', ' 1 '];
  const quotedTimes = times.map(time => `"${time.replaceAll('"', '""')}"`);
  const input = csv(
    't,x,dx',
    quotedTimes.map((time, i) => [time, ...rows[i]]),
  );
  const options = ['-c', 'x,dx', '-k', 't', '--names', 'next,"a,b"'];
  const [toCsv, toJson, json] = await Promise.all([
    run(options, input),
    run([...options, '--output-format', 'ndjson'], input),
    run(options, `${JSON.stringify({ t: { a: [1, '5'] }, x: 0, dx: 0 })}\n`),
  ]);
  expect(linesOf(toCsv.stdout)[0]).toBe('t,next,"a,b"');
  expect(toCsv.stdout).toContain('\n1712345678901234567,');
  expect(toCsv.stdout).toContain('\n"a ""b"", c",');
  expect(toCsv.stdout).toContain('\n"ü\nv",');
  const texts = linesOf(toJson.stdout).map(line => /^\{"t":(.*),"next":/.exec(line)?.[1]);
  const strings = ['"007"', '"a \\"b\\", c"', '""', '-0.50', '"ü\\nv"', '" 1 "'];
  expect(texts).toEqual(['1712345678901234567', ...strings]);
  expect(JSON.parse(json.stdout).t).toEqual({ a: [1, '5'] });
});

test.concurrent('a byte order mark, CRLF, quotes and blank lines change nothing', async () => {
  const crlf = `\uFEFF${csv('"x",dx', rows)}`.replaceAll('\n', '\r\n');
  const blank = table.replaceAll('\n', '\n\n').trimEnd();
  const quoted = csv(
    'x,dx',
    rows.map(([x, dx]) => [`"${x}"`, ` ${dx}`]),
  );
  const inputs = [crlf, blank, quoted, `\uFEFF${objects}`.replaceAll('\n', '\r\n')];
  const outputs = await Promise.all(inputs.map(input => run(['--output-format', 'ndjson'], input)));
  for (const { stdout } of outputs) expect(fromJson(stdout)).toEqual(answers);
});

test.concurrent('rows that come byte by byte are whole', async () => {
  const running = new Running(['run', modelFile]).read();
  running.child.stdin?.setDefaultEncoding('latin1');
  for (const byte of Buffer.from(`\uFEFF${csv('x,dx', rows.slice(0, 5))}`)) {
    running.write(Uint8Array.of(byte));
    await new Promise(resolve => setTimeout(resolve, 1));
  }
  running.child.stdin?.end();
  const { stdout } = await running.end();
  expect(fromCsv(linesOf(stdout).slice(1))).toEqual(answers.slice(0, 5));
});

test.concurrent('formats come from the options, else from the names, else from the first byte', async () => {
  const misnamed = file('table.ndjson', table);
  const named = file('table.csv', table);
  const lines = file('rows.jsonl', arrays);
  const out = file('out.csv');
  const [wrong, option, byName, toCsv] = await Promise.all([
    run([misnamed]),
    run([misnamed, '--input-format', 'csv']),
    run([named, '--output-format', 'ndjson']),
    run([lines, '--output', out]),
  ]);
  expect(wrong.code).toBe(1);
  expect(linesOf(option.stdout)[0]).toBe('y1,y2');
  expect(fromJson(byName.stdout)).toEqual(answers);
  expect(toCsv).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(fromCsv(linesOf(readFileSync(out, 'utf8')).slice(1))).toEqual(answers);
});

test.concurrent('--output replaces a file, and with --append adds to it, under one header', async () => {
  const out = file('twice.csv', 'old\n');
  expect((await run(['-o', out], csv('x,dx', rows.slice(0, 3)))).code).toBe(0);
  expect((await run(['-o', out, '--append'], csv('x,dx', rows.slice(0, 2)))).code).toBe(0);
  const [header, ...lines] = linesOf(readFileSync(out, 'utf8'));
  expect(header).toBe('y1,y2');
  expect(fromCsv(lines)).toEqual([...answers.slice(0, 3), ...answers.slice(0, 2)]);
});

test.concurrent('an empty input has no answers', async () => {
  const inputs = ['\n \n', 'x,dx\n', '\uFEFF'];
  const outputs = await Promise.all(inputs.map(input => run([], input)));
  expect(outputs.map(({ code, stdout }) => [code, stdout])).toEqual([
    [0, ''],
    [0, 'y1,y2\n'],
    [0, ''],
  ]);
  expect((await run(['--output-format', 'csv'])).stdout).toBe('y1,y2\n');
  const out = file('emptied.ndjson', 'old\n');
  expect((await run(['-o', out])).code).toBe(0);
  expect(readFileSync(out, 'utf8')).toBe('');
});
