import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { gru, stateful } from '../../src/index.js';
import { save } from '../../src/io/index.js';
import {
  csv,
  expected,
  file,
  folder,
  fromCsv,
  linesOf,
  model,
  modelFile,
  type Pair,
  pairs,
  Running,
  run,
  rxrecur,
  stateOf,
} from './command.js';

const rows = pairs(6000);
const answers = expected(rows);

/** Answers in CSV, header or not. */
function read(stdout: string): number[][] {
  return fromCsv(linesOf(stdout).filter(line => !line.startsWith('y')));
}

/** Runs on from row `from`, with the state in `path`, to the end. */
function rest(path: string, from: number, all: readonly Pair[] = rows) {
  return run(['--state', path], csv('x,dx', all.slice(from)));
}

test.concurrent('a stopped run goes on where it stopped', async () => {
  const path = file('state.json');
  const outputs: number[][] = [];
  for (const [from, to] of [
    [0, 1],
    [1, 50],
    [50, 50],
    [50, 200],
  ]) {
    const { code, stdout } = await run(['--state', path], csv('x,dx', rows.slice(from, to)));
    expect(code).toBe(0);
    outputs.push(...read(stdout));
    expect(stateOf(path).rows).toBe(to);
  }
  expect(outputs).toEqual(answers.slice(0, 200));
});

test.concurrent("the state file is the JSON of a snapshot, and a snapshot's JSON is a state file", async () => {
  const path = file('snapshot.json');
  await run(['--state', path], csv('x,dx', rows.slice(0, 20)));
  const m = stateful(model, { restore: JSON.parse(readFileSync(path, 'utf8')) });
  expect(expected(rows.slice(20, 40), m)).toEqual(answers.slice(20, 40));
  writeFileSync(path, JSON.stringify(m.snapshot()));
  expect(read((await rest(path, 40, rows.slice(0, 60))).stdout)).toEqual(answers.slice(40, 60));
});

test.concurrent.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('after %s mid-stream the next run goes on: code %i', async (signal, code) => {
  const path = file(`${signal}.json`);
  const running = new Running(['run', modelFile, '--state', path]).read();
  // Input that has no end.
  running.write(csv('x,dx', rows.slice(0, 5000)));
  await running.lines(500);
  running.child.kill(signal);
  const ended = await running.end();
  expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code, stderr: '' });
  const before = read(ended.stdout);
  expect(before.length).toBe(stateOf(path).rows);
  const after = await rest(path, before.length);
  expect([...before, ...read(after.stdout)]).toEqual(answers);
});

test.concurrent('a signal ends a run that waits for its input, and saves what was answered', async () => {
  const path = file('idle.json');
  const running = new Running(['run', modelFile, '--state', path]).read();
  running.write(csv('x,dx', rows.slice(0, 3)));
  await running.lines(4);
  running.child.kill('SIGINT');
  expect((await running.end()).code).toBe(130);
  expect(stateOf(path).rows).toBe(3);
});

test.concurrent('the state is saved every so often, and is whole at every moment', async () => {
  const path = file('often.json');
  const running = new Running(['run', modelFile, '--state', path, '--state-every', '0.003']).read();
  running.write('x,dx\n');
  const seen = new Set<number>();
  for (let i = 0; seen.size < 10; i += 10) {
    running.write(csv('', rows.slice(i, i + 10)).slice(1));
    // The answers to all rows so far: the command is never behind, however slow the machine.
    await running.lines(1 + i + 10);
    await delay(1);
    try {
      seen.add(stateOf(path).rows);
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe('ENOENT');
    }
  }
  running.child.kill('SIGKILL');
  const before = read((await running.end()).stdout);
  const { rows: saved } = stateOf(path);
  expect(saved).toBeGreaterThan(0);
  expect(saved).toBeLessThanOrEqual(before.length);
  const after = await rest(path, saved);
  expect(read(after.stdout)).toEqual(answers.slice(saved));
});

test.concurrent('a state file is replaced in its own folder, through a link, and nothing is left', async () => {
  const path = file('linked.json');
  const target = file('target.json');
  symlinkSync(target, path);
  writeFileSync(target, JSON.stringify(stateful(model).snapshot()));
  await rest(path, 0, rows.slice(0, 5));
  expect(stateOf(target).rows).toBe(5);
  expect(readdirSync(folder).filter(name => name.startsWith('.target'))).toEqual([]);
});

test.concurrent('a state file that does not fit or is damaged is refused and left alone', async () => {
  const path = file('good.json');
  await rest(path, 0, rows.slice(0, 10));
  const good = readFileSync(path, 'utf8');
  const otherFile = file('other.safetensors', save(gru(2, 7, { seed: 1 })));
  const batch = stateful(model);
  batch({ data: new Float32Array(6), shape: [2, 3], stride: [3, 1], offset: 0 } as never);
  const { data } = JSON.parse(good).state[0];
  const bad: readonly (readonly [name: string, text: string, message: string])[] = [
    ['empty', '', 'damaged'],
    ['cut', good.slice(0, -20), 'damaged'],
    ['flipped', good.replace(data, data.replace(/^./, data[0] === 'A' ? 'B' : 'A')), 'damaged'],
    ['count', good.replace('"rows":10', '"rows":11'), 'damaged'],
    ['other', '[1]', "expected a snapshot, with format 'rxrecur/state'"],
    ['cell', JSON.stringify(stateful(gru(2, 7)).snapshot()), 'expected a snapshot of Chain('],
    ['batch', JSON.stringify(batch.snapshot()), 'the state of a batch of 3'],
  ];
  for (const { text, path, stderr, code } of await Promise.all(
    bad.map(async ([name, text, message]) => {
      const path = file(`${name}.json`, text);
      const ended = await rest(path, 0, rows.slice(0, 5));
      expect(ended.stderr).toContain(message);
      return { ...ended, text, path };
    }),
  )) {
    expect(code).toBe(2);
    expect(stderr).toMatch(/^rxrecur: state file .*; it is left as it is\n$/);
    expect(readFileSync(path, 'utf8')).toBe(text);
  }
  const other = await rxrecur(['run', otherFile, '--state', path], 'x,dx\n1,2\n');
  expect(other.code).toBe(2);
  expect(other.stderr).toContain('the state of another model file');
  expect(readFileSync(path, 'utf8')).toBe(good);
});

test.concurrent('a bad row ends the run with the state of the row before it', async () => {
  const path = file('bad-row.json');
  const table = csv('x,dx', [...rows.slice(0, 30), ['oops', 1], ...rows.slice(30, 40)]);
  const ended = await run(['--state', path], table);
  expect(ended.code).toBe(1);
  expect(read(ended.stdout)).toEqual(answers.slice(0, 30));
  expect(stateOf(path).rows).toBe(30);
  expect(read((await rest(path, 30, rows.slice(0, 50))).stdout)).toEqual(answers.slice(30, 50));
});

test.concurrent('what ends a run before its first row leaves no state file', async () => {
  const path = file('none.json');
  expect((await run(['--state', path, '-c', 'x,nope'], 'x,dx\n1,2\n')).code).toBe(2);
  expect(readdirSync(folder)).not.toContain('none.json');
});
