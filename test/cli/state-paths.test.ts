import { once } from 'node:events';
import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  csv,
  expected,
  fromCsv,
  linesOf,
  modelFile,
  newFolder,
  pairs,
  Running,
  run,
  stateOf,
} from './command.js';

const rows = pairs(300);
const answers = expected(rows);

/** Runs the rows up to `to`. */
function go(state: string, output: string, to: number) {
  return run(['--state', state, '-o', output], csv('x,dx', rows.slice(0, to)));
}

test.concurrent('one file for the state and the output is refused, also new and through links', async () => {
  const folder = newFolder('same');
  const at = (name: string) => join(folder, name);
  symlinkSync('new', at('dangling'));
  symlinkSync('dangling', at('twice'));
  symlinkSync('.', at('here'));
  writeFileSync(at('old'), '');
  linkSync(at('old'), at('hard'));
  const cases = [
    ['new', 'new'],
    ['new', './new'],
    ['new', 'here/new'],
    ['dangling', 'new'],
    ['new', 'twice'],
    ['dangling', 'here/twice'],
    ['old', 'hard'],
  ];
  const before = readdirSync(folder);
  for (const [state, output] of cases) {
    const { code, stderr } = await go(`${folder}/${state}`, `${folder}/${output}`, 5);
    expect(code).toBe(2);
    expect(stderr).toContain('the same file as');
  }
  expect(readdirSync(folder)).toEqual(before);
  expect(readFileSync(at('old'), 'utf8')).toBe('');
});

test.concurrent('a dangling link is followed by the state and the output', async () => {
  const folder = newFolder('links');
  const inner = join(folder, 'inner');
  mkdirSync(inner);
  const [state, output] = [join(folder, 'place.json'), join(folder, 'answers.csv')];
  symlinkSync('inner/second.json', state);
  symlinkSync('place.json', join(inner, 'second.json'));
  symlinkSync(join(inner, 'answers.csv'), output);
  expect((await go(state, output, 10)).code).toBe(0);
  expect(readdirSync(inner).sort()).toEqual(['answers.csv', 'place.json', 'second.json']);
  expect(stateOf(join(inner, 'place.json')).rows).toBe(10);
  const [, ...lines] = linesOf(readFileSync(join(inner, 'answers.csv'), 'utf8'));
  expect(fromCsv(lines)).toEqual(answers.slice(0, 10));
  symlinkSync('round.json', join(folder, 'round.json'));
  const round = await go(join(folder, 'round.json'), output, 10);
  expect(round.code).toBe(2);
  expect(round.stderr).toContain('round.json: too many symbolic links');
});

test.concurrent('a second run on one state is refused, and a killed one leaves no lock', async () => {
  const folder = newFolder('locked');
  const state = join(folder, 'place.json');
  const link = join(folder, 'link.json');
  symlinkSync('place.json', link);
  const first = new Running(['run', modelFile, '--state', link, '--state-every', '900']).read();
  first.write(csv('x,dx', rows.slice(0, 5)));
  await first.lines(6);
  for (const path of [state, link, join(folder, '..', 'locked', 'place.json')]) {
    const { code, stdout, stderr } = await run(['--state', path], csv('x,dx', rows));
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`state file ${path}: another run is using it`);
  }
  expect((await run(['--state', join(folder, 'other.json')], csv('x,dx', rows))).code).toBe(0);
  first.child.kill('SIGKILL');
  await once(first.child, 'close');
  expect(readdirSync(folder).sort()).toEqual(['link.json', 'other.json']);
  expect((await run(['--state', state], csv('x,dx', rows))).code).toBe(0);
});

test.concurrent('an unfinished file beside the state, left by a kill, is replaced', async () => {
  const folder = newFolder('beside');
  const state = join(folder, 'place.json');
  writeFileSync(join(folder, '.place.json.rxrecur.tmp'), '{"half":');
  expect((await run(['--state', state], csv('x,dx', rows.slice(0, 5)))).code).toBe(0);
  expect(readdirSync(folder)).toEqual(['place.json']);
});
