import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { dense, stateful } from '../../src/index.js';
import { save } from '../../src/io/index.js';
import { csv, expected, file, fromCsv, linesOf, model, pairs, run, rxrecur } from './command.js';
import { answersOf, refusals } from './sum.js';

// By hand: the model of sum.ts answers the sum s, and fed with it 2s, 4s, 8s …

test.concurrent('--forecast goes on from each row on the answers, and the stream does not', async () => {
  expect(await answersOf(['--forecast', '2'], 'x\n1\n2\n')).toEqual([
    'y1,y1+1,y1+2',
    '1,2,4',
    '3,6,12',
  ]);
  const named = await answersOf(
    ['--forecast', '1', '--names', 's', '-k', 'x', '-c', 'x'],
    'x\n5\n',
  );
  expect(named).toEqual(['x,s,s+1', '5,5,10']);
  expect(await answersOf(['--forecast', '1'], '{"x":1}\n')).toEqual(['{"y1":1,"y1+1":2}']);
});

test.concurrent('a forecast is that of stateful on a copy of the state, bit for bit', async () => {
  const rows = pairs(50);
  const live = stateful(model);
  const oracle = rows.map(([x, dx]) => {
    const y = [...live([x, dx])];
    const copy = stateful(model, { restore: live.snapshot() });
    const ahead = [y];
    for (let i = 0; i < 3; i++) ahead.push([...copy(ahead[i])]);
    return ahead.flat();
  });
  const { stdout } = await run(['--forecast', '3'], csv('x,dx', rows));
  const answers = fromCsv(linesOf(stdout).slice(1));
  expect(answers).toEqual(oracle);
  expect(answers.map(y => y.slice(0, 2))).toEqual(expected(rows));
});

test.concurrent('each key has its forecast, with resets and a state file', async () => {
  const state = file('ahead.json');
  const args = ['-c', 'x', '--key', 'id', '--reset-on', 'go', '--forecast', '1', '--state', state];
  expect(await answersOf(args, 'id,x,go\na,1,0\nb,10,0\n')).toEqual(['y1,y1+1', '1,2', '10,20']);
  expect(await answersOf(args, 'id,x,go\na,2,0\nb,5,1\n')).toEqual(['y1,y1+1', '3,6', '5,10']);
});

test.concurrent('a row whose forecast is not finite is a bad row, and the state is as before it', async () => {
  // 1e38 is a sum of a float32, its fourfold is none.
  const output = file('ahead.csv');
  const input = 'x\n1\n1e38\n2\n';
  const args = ['--forecast', '2', '--on-error', 'skip', '-o', output];
  const { code, stderr } = await rxrecur(['run', file('sum.safetensors'), ...args], input);
  expect(code).toBe(0);
  expect(stderr).toContain('row 2, line 3: answer [0]: expected a finite number, got Infinity');
  expect(readFileSync(output, 'utf8')).toBe('y1,y1+1,y1+2\n1,2,4\n3,6,12\n');
});

test.concurrent('--forecast is refused where the outputs are no inputs, and where names are taken', async () => {
  const wide = file('wide.safetensors', save(dense(2, 1)));
  const { code, stderr } = await rxrecur(['run', wide, '--forecast', '2'], 'a,b\n1,2\n');
  expect(code).toBe(2);
  expect(stderr).toBe(
    "rxrecur: --forecast: expected outputs of the inputs' sizes and names, got a model from 2 to 1\n",
  );
  const ended = await refusals([
    [['--forecast', '0'], '', 'Expected a whole number from 1 to 10000'],
    [['--forecast', '1.5'], '', 'Expected a whole number from 1'],
    [['--forecast', '1', '-k', 'y1+1', '-c', 'x'], '', 'the answers would have two columns y1+1'],
  ]);
  for (const { got, message } of ended) {
    expect(got.code).toBe(2);
    expect(got.stderr).toContain(message);
  }
});
