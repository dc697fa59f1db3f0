import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { main } from './build.js';
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

const rows = pairs(20);
const answers = expected(rows);
const table = csv('x,dx', rows);
const objects = rows.map(([x, dx]) => `${JSON.stringify({ x, dx })}\n`).join('');

test.concurrent('lines that end with CR alone are rows', async () => {
  const inputs = [table, objects, table.trimEnd(), `\uFEFF${table}`, `\n${table}`];
  const outputs = await Promise.all(
    inputs.map(input => run(['--output-format', 'ndjson'], input.replaceAll('\n', '\r'))),
  );
  for (const { code, stdout, stderr } of outputs) {
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(fromJson(stdout)).toEqual(answers);
  }
});

test.concurrent('CR alone between lines that end with LF is an error', async () => {
  const mixed = table.replace('\n', '\r\n').replace(/(.*\n.*\n.*)\n/, '$1\r');
  const { code, stderr } = await run([], mixed);
  expect(code).toBe(1);
  expect(stderr).toContain('row 2, line 3: expected 2 fields, got 3');
});

test.concurrent('what is not text in UTF-8 is refused as what it is, skip or not', async () => {
  const utf16 = Buffer.from(table, 'utf16le');
  const cases: readonly (readonly [Uint8Array, string])[] = [
    [Buffer.from(`\uFEFF${table}`, 'utf16le'), 'UTF-16'],
    [Buffer.from(`\uFEFF${table}`, 'utf16le').swap16(), 'UTF-16'],
    [utf16, 'UTF-16'],
    [Buffer.from(utf16).swap16(), 'UTF-16'],
    [Buffer.from(objects, 'utf16le'), 'UTF-16'],
    [Buffer.alloc(4096), 'NUL bytes; was it written to its end?'],
    [gzipSync(table), 'a gzip file; unpack it: gunzip -c FILE'],
    [Buffer.from('PK\x03\x04'), 'a zip file or a spreadsheet'],
  ];
  const ended = await Promise.all(cases.map(([input]) => run(['--on-error', 'skip'], input)));
  for (const [i, { code, stdout, stderr }] of ended.entries()) {
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`stdin: expected text in UTF-8, got ${cases[i][1]}`);
  }
});

test.concurrent('zeros at the end of a file that a crash cut are a bad row', async () => {
  const { code, stdout, stderr } = await run(
    [],
    Buffer.concat([Buffer.from(table), Buffer.alloc(9)]),
  );
  expect(code).toBe(1);
  expect(fromCsv(linesOf(stdout).slice(1))).toEqual(answers);
  expect(stderr).toContain('row 21, line 22: a NUL byte, which is no text');
});

test.concurrent('a table without rows is checked by its header', async () => {
  const cases: readonly (readonly [readonly string[], string, string])[] = [
    [[], '1,2\n', 'the first line must name the columns, but has numbers: 1, 2'],
    [[], '1.5,-2e3', 'the first line must name the columns'],
    [['-c', 'x,nope'], 'x,dx\n', 'no column nope; the columns are x, dx'],
    [['-c', 'x,dx', '-k', 'nope'], 'x,dx\n', 'no column nope'],
    [['-c', 'x,dx', '--reset-on', 'nope'], 'x,dx\n', 'no column nope'],
    [[], 'x\n', 'choose 2 with --columns, as many as the model has inputs, of the columns x'],
    [['-k', 'x'], 'x,dx\n', 'choose 2 with --columns'],
  ];
  const ended = await Promise.all(cases.map(([options, input]) => run(options, input)));
  for (const [i, { code, stdout, stderr }] of ended.entries()) {
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(cases[i][2]);
  }
  expect(await run([], 'x,dx\n')).toEqual({ code: 0, stdout: 'y1,y2\n', stderr: '' });
  expect((await run([], 'time,x,dx\n')).stdout).toBe('y1,y2\n');
});

test.concurrent('numbers as names of the columns that would be taken are refused', async () => {
  const { code, stderr } = await run([], '10:00,1,2\n10:01,3,4\n');
  expect(code).toBe(2);
  expect(stderr).toContain('has numbers: 10:00, 1, 2; if these are names, choose them with --col');
  expect((await run(['-c', '1,2'], '10:00,1,2\n10:01,3,4\n')).code).toBe(0);
});

test.concurrent('columns between other characters than commas are refused', async () => {
  const others = [';', '\t', '|'];
  const ended = await Promise.all(
    others.map(other => run(['--on-error', 'skip'], table.replaceAll(',', other))),
  );
  for (const [i, { code, stderr }] of ended.entries()) {
    expect(code).toBe(2);
    const shown = others[i] === '\t' ? '\\u{9}' : others[i];
    expect(stderr).toContain(
      `line 1, the header: expected commas between the columns, got one column x${shown}dx`,
    );
  }
});

test.concurrent('a quote that is never closed ends the run, for the rows after it are lost', async () => {
  const input = csv('x,dx', [...rows.slice(0, 3), ['"1', 2], ...rows.slice(3)]);
  const { code, stdout, stderr } = await run(['--on-error', 'skip'], input);
  expect(code).toBe(1);
  expect(fromCsv(linesOf(stdout).slice(1))).toEqual(answers.slice(0, 3));
  expect(stderr).toBe(
    'rxrecur: row 4, line 5: a quote that is never closed, in all that follows\n',
  );
});

test.concurrent('a last line that is cut short is a bad row where that can be seen', async () => {
  const [json, fields] = await Promise.all([
    run([], objects.slice(0, -4)),
    run([], `${csv('x,dx', rows.slice(0, 19))}0.5`),
  ]);
  expect(json.code).toBe(1);
  expect(json.stderr).toContain('row 20, line 20: not valid JSON');
  expect(fields.code).toBe(1);
  expect(fields.stderr).toContain('row 20, line 21: expected 2 fields, got 1');
});

test.concurrent('a row without end ends the run as soon as it is too long', async () => {
  const zeros = await run(['/dev/zero', '--on-error', 'skip']);
  expect(zeros.code).toBe(2);
  const running = new Running(['run', modelFile, '--max-row-bytes', '1000']).read();
  running.write(`{"x":1,"dx":2}\n{"x":1,"pad":"${'p'.repeat(2000)}`);
  const { code, stdout, stderr } = await running.end();
  expect([code, linesOf(stdout).length]).toEqual([1, 1]);
  expect(stderr).toBe('rxrecur: row 2, line 2: longer than 1000 bytes\n');
});

test.concurrent('--append ends a last line that is not ended', async () => {
  const input = csv('x,dx', rows.slice(0, 2));
  const added = (await run([], input)).stdout.replace('y1,y2\n', '');
  const cases = [
    ['y1,y2\n1,2', 'y1,y2\n1,2\n'],
    ['1', '1\n'],
    ['y1,y2', 'y1,y2\n'],
    ['y1,y2\r\n1,2', 'y1,y2\r\n1,2\n'],
  ];
  await Promise.all(
    cases.map(async ([old, before], i) => {
      const path = file(`unended-${i}.csv`, old);
      const { code, stderr } = await run(['-o', path, '--append'], input);
      expect(code).toBe(0);
      expect(stderr).toBe(`rxrecur: ${path}: its last line has no line end, and gets one\n`);
      expect(readFileSync(path, 'utf8')).toBe(before + added);
    }),
  );
  const json = file('unended.ndjson', '{"y1":1,"y2":2}');
  await run(['-o', json, '--append'], objects);
  expect(fromJson(readFileSync(json, 'utf8'))).toEqual([[1, 2], ...answers]);
  const empty = file('empty.csv', '');
  await run(['-o', empty, '--append'], 'x,dx\n');
  expect(readFileSync(empty, 'utf8')).toBe('y1,y2\n');
});

test.concurrent('--append is refused under another header or to another format', async () => {
  const cases: readonly (readonly [string, readonly string[], string])[] = [
    ['t,y1,y2\n0,1,2\n', [], 'the file begins with t,y1,y2, and the answers are y1,y2;'],
    ['y1,y2\n1,2\n', ['--names', 'a,b'], 'the file begins with y1,y2, and the answers are a,b;'],
    ['{"y1":1,"y2":2}\n', [], 'the file begins with {"y1":1,"y2":2}, and the answers are y1,y2;'],
    [
      'y1,y2\n1,2\n',
      ['--output-format', 'ndjson'],
      'the file begins with y1,y2, and the answers are NDJSON;',
    ],
  ];
  await Promise.all(
    cases.map(async ([old, options, message], i) => {
      const path = file(`other-head-${i}.csv`, old);
      const { code, stderr } = await run(['-o', path, '--append', ...options], table);
      expect(code).toBe(2);
      expect(stderr).toContain(`${path}: ${message}`);
      expect(readFileSync(path, 'utf8')).toBe(old);
    }),
  );
});

test.concurrent('answers are not written over rows that come by redirection', () => {
  const path = file('redirected.csv', table);
  const command = `"${process.execPath}" "${main}" run "${modelFile}"`;
  for (const [arguments_, name] of [
    [`-o "${path}" < "${path}"`, `--output ${path}: the same file as stdin`],
    [`"${path}" >> "${path}"`, `stdout: the same file as ${path}`],
  ]) {
    const script = `${command} ${arguments_} 2>&1 || echo "code $?"`;
    const text = execFileSync('sh', ['-c', script.replace('2>&1', '2>"$0"'), file('message.txt')]);
    expect(readFileSync(file('message.txt'), 'utf8')).toContain(name);
    if (name.startsWith('--output')) expect(String(text)).toBe('code 2\n');
    expect(readFileSync(path, 'utf8').replace('code 2\n', '')).toBe(table);
  }
});
