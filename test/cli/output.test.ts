import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stateful } from '../../src/index.js';
import {
  csv,
  expected,
  file,
  fromCsv,
  linesOf,
  model,
  modelFile,
  newFolder,
  pairs,
  Running,
  run,
  stateOf,
} from './command.js';

const rows = pairs(300);
const answers = expected(rows);

/** Answers in a file with one header. */
function answersIn(path: string): number[][] {
  const [header, ...lines] = linesOf(readFileSync(path, 'utf8'));
  expect(header).toBe('y1,y2');
  return fromCsv(lines);
}

/** Runs on from row `from` to row `to`. */
function go(state: string, output: string, from: number, to: number, more: readonly string[] = []) {
  return run(['--state', state, '-o', output, ...more], csv('x,dx', rows.slice(from, to)));
}

/** A run that is killed after it has answered the first `count` rows, which it saved at `saved`. */
async function killed(state: string, output: string, saved: number, count: number) {
  const args = ['run', modelFile, '--state', state, '-o', output, '--append'];
  const running = new Running([...args, '--state-every', '0.02']).read();
  running.write(csv('x,dx', rows.slice(0, saved)));
  await until(() => existsSync(state) && stateOf(state).rows === saved);
  const { bytes } = stateOf(state).output as { bytes: number };
  const held = readFileSync(state);
  running.write(csv('', rows.slice(saved, count)).slice(1));
  await until(() => lineCount(output) === count + 1);
  running.child.kill('SIGKILL');
  await running.end();
  // The next save may have come before the kill; here it has not.
  writeFileSync(state, held);
  expect(statSync(output).size).toBeGreaterThan(bytes);
}

/** Of a file that may not be there yet. */
function lineCount(path: string): number {
  return existsSync(path) ? linesOf(readFileSync(path, 'utf8')).length : 0;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(resolve => setTimeout(resolve, 5));
}

test.concurrent.each([['--append'], []])(
  'after a kill the output is cut to the place in the state and goes on there: %s',
  async (...more) => {
    const folder = newFolder(`killed${more.length}`);
    const [state, output] = [join(folder, 'place.json'), join(folder, 'answers.csv')];
    await killed(state, output, 100, 150);
    const { code, stderr } = await go(state, output, 100, 300, more);
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /answers\.csv: \d+ bytes after the place in .*place\.json are cut off\n$/,
    );
    expect(answersIn(output)).toEqual(answers);
    expect(readdirSync(folder).sort()).toEqual(['answers.csv', 'place.json']);
  },
);

test.concurrent('a torn line is cut off with what follows the place', async () => {
  const [state, output] = [file('torn.json'), file('torn.csv')];
  await killed(state, output, 50, 80);
  writeFileSync(output, '0.116426512681,0.16', { flag: 'a' });
  await go(state, output, 50, 300, ['--append']);
  expect(answersIn(output)).toEqual(answers);
});

test.concurrent('a run that is killed before its first save leaves a place to go on from', async () => {
  const [state, output] = [file('early.json'), file('early.csv', 'y1,y2\n1,2\n')];
  const args = ['run', modelFile, '--state', state, '-o', output, '--append'];
  const running = new Running([...args, '--state-every', '900']);
  running.write(csv('x,dx', rows.slice(0, 40)));
  await until(() => lineCount(output) === 42);
  running.child.kill('SIGKILL');
  await running.end();
  expect(stateOf(state)).toMatchObject({ rows: 0, finished: false, output: { bytes: 10 } });
  expect((await go(state, output, 0, 300, ['--append'])).code).toBe(0);
  expect(answersIn(output)).toEqual([[1, 2], ...answers]);
});

test.concurrent('after a run that came to its end --append adds, and without it the file is replaced', async () => {
  const [state, output] = [file('ended.json'), file('ended.csv')];
  await go(state, output, 0, 10);
  expect(stateOf(state).finished).toBe(true);
  writeFileSync(output, '7,8\n', { flag: 'a' });
  expect((await go(state, output, 10, 20, ['--append'])).stderr).toBe('');
  expect(answersIn(output)).toEqual([...answers.slice(0, 10), [7, 8], ...answers.slice(10, 20)]);
  await go(state, output, 20, 30);
  expect(answersIn(output)).toEqual(answers.slice(20, 30));
});

test.concurrent('a run that a bad row or a signal ended goes on in its output', async () => {
  const [state, output] = [file('ended-by.json'), file('ended-by.csv')];
  const bad = csv('x,dx', [...rows.slice(0, 10), ['oops', 1]]);
  expect((await run(['--state', state, '-o', output], bad)).code).toBe(1);
  expect(stateOf(state)).toMatchObject({ rows: 10, finished: false });
  const running = new Running(['run', modelFile, '--state', state, '-o', output]);
  running.write(csv('x,dx', rows.slice(10, 20)));
  await until(() => lineCount(output) === 21);
  running.child.kill('SIGTERM');
  expect((await running.end()).code).toBe(143);
  expect(stateOf(state).rows).toBe(20);
  expect((await go(state, output, 20, 300)).stderr).toBe('');
  expect(answersIn(output)).toEqual(answers);
});

test.concurrent('an output that was changed is refused, one that is gone is begun anew', async () => {
  const [state, output] = [file('changed.json'), file('changed.csv')];
  await killed(state, output, 100, 120);
  const good = readFileSync(output);
  const { bytes } = stateOf(state).output as { bytes: number };
  const changed = Buffer.from(good);
  changed[bytes - 5] ^= 1;
  for (const other of [changed, good.subarray(0, bytes - 1)]) {
    writeFileSync(output, other);
    const { code, stderr } = await go(state, output, 100, 300, ['--append']);
    expect(code).toBe(2);
    expect(stderr).toContain(`expected the ${bytes} bytes of answers that ${state} goes on after`);
    expect(readFileSync(output).equals(other)).toBe(true);
  }
  rmSync(output);
  expect((await go(state, output, 100, 300, ['--append'])).code).toBe(0);
  expect(answersIn(output)).toEqual(answers.slice(100));
});

test.concurrent('an output that was moved or copied is known by its bytes, and another is kept', async () => {
  const folder = newFolder('moved');
  const [state, output] = [join(folder, 'place.json'), join(folder, 'answers.csv')];
  await killed(state, output, 100, 120);
  const held = readFileSync(state);
  const moved = join(folder, 'moved.csv');
  renameSync(output, moved);
  copyFileSync(moved, output);
  await go(state, moved, 100, 300, ['--append']);
  expect(answersIn(moved)).toEqual(answers);
  writeFileSync(state, held);
  const other = join(folder, 'other.csv');
  writeFileSync(other, 'y1,y2\n1,2\n');
  expect((await go(state, other, 100, 300, ['--append'])).code).toBe(0);
  expect(answersIn(other)).toEqual([[1, 2], ...answers.slice(100)]);
});

test.concurrent('a state file that tells no length of the output is gone on from, and that is said', async () => {
  const [state, output] = [file('old.json'), file('old.csv')];
  const m = stateful(model);
  const before = expected(rows.slice(0, 50), m);
  writeFileSync(state, JSON.stringify(m.snapshot()));
  writeFileSync(output, `y1,y2\n${before.map(row => row.join(',')).join('\n')}\n`);
  const { code, stderr } = await go(state, output, 50, 300, ['--append']);
  expect(code).toBe(0);
  expect(stderr).toBe(
    `rxrecur: ${output}: ${state} does not tell where its answers end; they all stay\n`,
  );
  expect(answersIn(output)).toEqual(answers);
  writeFileSync(state, JSON.stringify(m.snapshot()));
  expect((await go(state, output, 50, 60)).stderr).toBe('');
  expect(answersIn(output)).toEqual(answers.slice(50, 60));
});

test.concurrent('a full disk leaves whole answers', async () => {
  const [state, output] = [file('full.json'), file('full.csv')];
  // 8 blocks of 512 or 1024 bytes, as the shell has it; the answers have more.
  const script = `ulimit -f 8; exec "$0" "$@"`;
  const table = file('full-in.csv', csv('x,dx', rows));
  const args = ['run', modelFile, table, '--state', state, '-o', output];
  const limited = new Running(args, [], ['sh', '-c', script]).read();
  const { code, stderr } = await limited.end();
  expect(code).toBe(2);
  expect(stderr).toContain(`${output}: the file would be larger than allowed`);
  const written = answersIn(output);
  expect(readFileSync(output, 'utf8').endsWith('\n')).toBe(true);
  expect(written.length).toBeGreaterThan(50);
  expect(written).toEqual(answers.slice(0, written.length));
  expect(stateOf(state)).toMatchObject({ rows: written.length, finished: false });
  await go(state, output, written.length, 300, ['--append']);
  expect(answersIn(output)).toEqual(answers);
  const without = new Running([...args.slice(0, 3), '-o', output], [], ['sh', '-c', script]).read();
  expect((await without.end()).code).toBe(2);
  expect(readFileSync(output, 'utf8').endsWith('\n')).toBe(true);
  // As much as fitted: how the rows came in pieces decides whether the last few did.
  const fitted = answersIn(output);
  expect(fitted.length).toBeGreaterThan(50);
  expect(fitted).toEqual(answers.slice(0, fitted.length));
});

test.concurrent('another program that writes to the output ends a run with a state', async () => {
  const [state, output] = [file('shared.json'), file('shared.csv')];
  const running = new Running(['run', modelFile, '--state', state, '-o', output]).read();
  running.write(csv('x,dx', rows.slice(0, 5)));
  await until(() => lineCount(output) === 6);
  writeFileSync(output, 'mine\n', { flag: 'a' });
  running.write('1,2\n');
  const { code, stderr } = await running.end();
  expect(code).toBe(2);
  expect(stderr).toContain(`${output}: another program writes to it`);
  expect(readFileSync(output, 'utf8').endsWith('mine\n')).toBe(true);
});
