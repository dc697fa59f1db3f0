import { readFileSync, writeFileSync } from 'node:fs';
import { from, toArray } from 'rxjs';
import { expect, test } from 'vitest';
import { recurBy, stateful } from '../../src/index.js';
import { csv, file, fromCsv, fromJson, linesOf, model, pairs, run, stateOf } from './command.js';
import { answersOf, refusals, runSum } from './sum.js';

// Oracles: sums worked by hand, and stateful, one for each key, beside the command.

const names = ['north', 'south', 'east', '7'];
const rows = pairs(300).map((pair, i) => ({ key: names[(i * i + (i >> 3)) % 4], pair }));
const header = 'sensor,x,dx,begin';
const args = ['-c', 'x,dx', '--key', 'sensor'];

/** CSV of some of the rows; `begin` is true in every 37th. */
function table(from = 0, to = rows.length): string {
  const lines = rows.slice(from, to).map(({ key, pair }, i) => {
    return [key, ...pair, (from + i) % 37 === 36 ? 1 : 0];
  });
  return csv(header, lines);
}

function expected(withResets = false): number[][] {
  const streams = new Map(names.map(name => [name, stateful(model)]));
  return rows.map(({ key, pair: [x, dx] }, i) => {
    const stream = streams.get(key)!;
    if (withResets && i % 37 === 36) stream.reset();
    return [...stream([x, dx])];
  });
}

test.concurrent('each key has a state of its own', async () => {
  const input = 'id,x\na,1\nb,10\na,2\nb,20\na,3\n';
  const byHand = ['id,y1', 'a,1', 'b,10', 'a,3', 'b,30', 'a,6'];
  expect(await answersOf(['--key', 'id', '-k', 'id'], input)).toEqual(byHand);
  const { code, stdout, stderr } = await run(args, table());
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(fromCsv(linesOf(stdout).slice(1))).toEqual(expected());
});

test.concurrent('JSON names keys by text and by number, nested too; 1 and "1" are one', async () => {
  const ids = ['"a"', '1', '"1"', '"a"', '1.0'];
  const input = ids.map((id, i) => `{"d":{"id":${id}},"x":${10 ** i}}\n`).join('');
  expect(await answersOf(['--key', 'd.id', '-c', 'x'], input)).toEqual(
    [1, 10, 110, 1001, 10_000].map(y => `{"y1":${y}}`),
  );
});

test.concurrent('--reset-on begins the key of its row anew, and no other', async () => {
  const input = 'id,x,go\na,1,0\nb,10,0\na,2,1\nb,20,0\na,3,0\nc,5,1\n';
  const byHand = ['y1', '1', '10', '2', '30', '5', '5'];
  expect(await answersOf(['-c', 'x', '--key', 'id', '--reset-on', 'go'], input)).toEqual(byHand);
  const { stdout } = await run([...args, '--reset-on', 'begin'], table());
  expect(fromCsv(linesOf(stdout).slice(1))).toEqual(expected(true));
});

test.concurrent('a bad row leaves the states of all keys as they were', async () => {
  const input = 'id,x,go\na,1,0\na,bad,1\n,5,0\nnew,bad,0\na,2,0\nnew,3,0\n';
  const options = ['-c', 'x', '--key', 'id', '--reset-on', 'go', '--on-error', 'skip'];
  const { code, stdout, stderr } = await runSum(options, input);
  expect([code, stdout]).toEqual([0, 'y1\n1\n3\n3\n']);
  const message =
    "row 3, line 4: column id: expected a name or a number that tells the stream, got ''";
  expect(stderr).toContain(message);
  const nested = await runSum(['-c', 'x', '--key', 'id'], '{"id":{"a":1},"x":1}\n');
  expect(nested.code).toBe(1);
  expect(nested.stderr).toContain('expected a name or a number that tells the stream, got an obj');
  const none = await runSum(['-c', 'x', '--key', 'id'], '{"id":null,"x":1}\n');
  expect(none.stderr).toContain('that tells the stream, got null');
});

test.concurrent('the states of all keys go on from the state file, and its answers come once', async () => {
  const [state, output] = [file('keys.json'), file('keys.csv')];
  const all = [...args, '--reset-on', 'begin', '--state', state, '-o', output, '--append'];
  const go = (from: number, to: number, more = '') => run(all, table(from, to) + more);
  const bad = 'north,bad,1,0\n';
  expect((await go(0, 100)).code).toBe(0);
  expect((await go(100, 150, bad)).code).toBe(1);
  expect(stateOf(state).rows).toBe(150);
  const held = readFileSync(state);
  expect((await go(150, 220, bad)).code).toBe(1);
  expect(stateOf(state).rows).toBe(220);
  // As a kill leaves it: 70 answers are in the file that the last save knows nothing of.
  writeFileSync(state, held);
  const last = await go(150, 300);
  expect(last.code).toBe(0);
  expect(last.stderr).toContain(`bytes after the place in ${state} are cut off`);
  const [first, ...lines] = linesOf(readFileSync(output, 'utf8'));
  expect(first).toBe('y1,y2');
  expect(fromCsv(lines)).toEqual(expected(true));
});

test.concurrent('recurBy goes on from the keys of a state file', async () => {
  const state = file('recur-by.json');
  await run([...args, '--state', state], table(0, 200));
  const { column, keys, ...header } = stateOf(state) as unknown as {
    column: string;
    keys: [string, number, unknown][];
  };
  expect(column).toBe('sensor');
  expect(keys.map(([key]) => key).sort()).toEqual([...names].sort());
  const snapshots = new Map(
    keys.map(([key, batch, snapshot]) => {
      return [key, { ...header, format: 'rxrecur/state', batch, state: snapshot }];
    }),
  );
  const answers: Float32Array[][] = [];
  from(rows.slice(200))
    .pipe(
      recurBy(model, {
        key: ({ key }: (typeof rows)[number]) => key,
        select: ({ pair }) => [...pair],
        restore: snapshots,
      }),
      toArray(),
    )
    .subscribe(all => answers.push(all as Float32Array[]));
  expect(answers[0].map(y => [...y])).toEqual(expected().slice(200));
});

test.concurrent('a state file of other keys, or of none, is refused by name and kept', async () => {
  const [keyed, single] = [file('keyed.json'), file('single.json')];
  await answersOf(['-c', 'x', '--key', 'id', '--state', keyed], 'id,at,x\na,b,1\n');
  await answersOf(['-c', 'x', '--state', single], 'id,at,x\na,b,1\n');
  const before = [keyed, single].map(path => readFileSync(path, 'utf8'));
  const broken = file('broken.json', before[0].replace('"a"', '"b"'));
  const input = 'id,at,x\na,b,2\n';
  // A file of their own for each, since two runs never share one.
  const copyOf = (path: string) => file(`copy-${copies++}.json`, readFileSync(path));
  let copies = 0;
  const of = (path: string, ...more: string[]) => ['-c', 'x', '--state', copyOf(path), ...more];
  const ended = await refusals([
    [of(keyed), input, 'the states of the keys of the column id, and the run has no --key'],
    [of(keyed, '--key', 'at'), input, 'the states of the keys of the column id, and --key is at'],
    [of(single, '--key', 'id'), input, 'the state of a run without --key'],
    [of(broken, '--key', 'id'), input, 'damaged'],
    [['-c', 'x', '--key', 'nope'], input, 'no column nope; the columns are id, at, x'],
    [['--key', 'nope'], 'x\n', 'no column nope'],
    [['--state-every', '5'], input, '--state-every needs --state'],
  ]);
  for (const { got, message } of ended) {
    expect([got.code, got.stdout]).toEqual([2, '']);
    expect(got.stderr).toContain(message);
  }
  const after = Array.from({ length: copies }, (_, i) =>
    readFileSync(file(`copy-${i}.json`), 'utf8'),
  );
  expect(after).toEqual([before[0], before[0], before[1], readFileSync(broken, 'utf8')]);
});

test.concurrent('100,000 keys cost a state each, and are read back', async () => {
  const [path, state] = [file('many.csv'), file('many.json')];
  const ids = Array.from({ length: 100_000 }, (_, i) => `s${i}`);
  writeFileSync(
    path,
    csv(
      'id,x',
      [...ids, ...ids].map((id, i) => [id, i % 7]),
    ),
  );
  const first = await answersOf([path, '-c', 'x', '--key', 'id', '--state', state], '');
  // The second value of each key is added to its first.
  const byHand = ids.map((_, i) => (i % 7) + ((i + ids.length) % 7));
  expect(first.slice(1 + ids.length).map(Number)).toEqual(byHand);
  const again = await answersOf(['-c', 'x', '--key', 'id', '--state', state], 'id,x\ns99999,1\n');
  expect(again).toEqual(['y1', String(byHand[99_999] + 1)]);
});

test.concurrent('NDJSON and one array give the same answers by key', async () => {
  const objects = rows.map(({ key, pair: [x, dx] }) => JSON.stringify({ sensor: key, x, dx }));
  const [lines, array] = await Promise.all([
    run(args, objects.join('\n')),
    run(args, `[${objects.join(',\n')}]`),
  ]);
  expect(fromJson(lines.stdout)).toEqual(expected());
  expect(array.stdout).toBe(lines.stdout);
});
