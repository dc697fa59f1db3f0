import { expect, test } from 'vitest';
import { isTruthy } from '../../src/cli/columns.js';
import { stateful } from '../../src/index.js';
import { csv, expected, file, fromJson, model, pairs, run } from './command.js';

const rows = pairs(60);
const begins = new Set([0, 7, 8, 30]);

/** The oracle: a reset before each of these rows. */
function withResets(): number[][] {
  const m = stateful(model);
  return rows.map((row, i) => {
    if (begins.has(i)) m.reset();
    return [...m(row as [number, number])];
  });
}

const options = ['-c', 'x,dx', '--reset-on', 'begin', '--output-format', 'ndjson'];

test.concurrent('--reset-on restores the initial state before a row in which the column is true', async () => {
  const table = csv(
    'x,dx,begin',
    rows.map((row, i) => [...row, begins.has(i) ? 'yes' : '']),
  );
  const lines = rows.map(([x, dx], i) => `${JSON.stringify({ x, dx, begin: begins.has(i) })}\n`);
  const outputs = await Promise.all([run(options, table), run(options, lines.join(''))]);
  for (const { stdout } of outputs) expect(fromJson(stdout)).toEqual(withResets());
});

test('empty, 0, false and null are not true, as text neither', () => {
  const no = ['', ' ', '0', '0.0', '-0', 'false', 'False', ' FALSE ', 'null', 0, false, null];
  const yes = ['1', 'true', 'x', 'no', '-1', '0x', 1, true, {}, []];
  expect(no.filter(isTruthy)).toEqual([]);
  expect(yes.filter(value => !isTruthy(value))).toEqual([]);
});

test.concurrent('a reset after a resumed state goes to the beginning', async () => {
  const state = file('reset-state.json');
  const all = [...options, '--state', state];
  const header = 'x,dx,begin';
  const table = (from: number, to: number, at?: number) =>
    csv(
      header,
      rows.slice(from, to).map((row, i) => [...row, from + i === at ? 1 : 0]),
    );
  const first = await run(all, table(0, 20));
  const second = await run(all, table(20, 60, 30));
  const whole = [...expected(rows.slice(0, 30)), ...expected(rows.slice(30))];
  expect([...fromJson(first.stdout), ...fromJson(second.stdout)]).toEqual(whole);
});
