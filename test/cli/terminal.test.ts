import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { main } from './build.js';
import { csv, expected, file, fromCsv, linesOf, modelFile, pairs, run } from './command.js';

const rows = pairs(40_000);

/** Runs a command with these of its streams (1, 2) on a terminal; prints what the terminal got. */
const python = `
import os, pty, subprocess, sys
leader, terminal = pty.openpty()
streams = sys.argv[1].split(',')
process = subprocess.Popen(sys.argv[2:], stdin=subprocess.DEVNULL,
    stdout=terminal if '1' in streams else subprocess.DEVNULL,
    stderr=terminal if '2' in streams else subprocess.DEVNULL)
os.close(terminal)
while True:
    try: data = os.read(leader, 65536)
    except OSError: break
    if not data: break
    sys.stdout.buffer.write(data)
sys.exit(process.wait())
`;

async function onTerminal(streams: string, args: readonly string[]): Promise<string> {
  const command = [process.execPath, main, 'run', modelFile, ...args];
  const options = { maxBuffer: 2 ** 26 };
  const { stdout } = await promisify(execFile)(
    'python3',
    ['-c', python, streams, ...command],
    options,
  );
  return stdout.replaceAll('\r\n', '\n');
}

const erase = '\r\u001b[K';

test('a terminal on stderr shows how many rows there were, and how fast', async () => {
  // Half a million rows take longer than it is between two drawings.
  const many = file('rows.csv', `x,dx\n${'0.25,0.5\n'.repeat(500_000)}`);
  const screen = await onTerminal('2', [many]);
  const drawn = screen.split(erase).slice(1);
  expect(drawn.length).toBeGreaterThan(1);
  for (const line of drawn) expect(line.trimEnd()).toMatch(/^[\d,]+ rows, [\d,]+ rows\/s$/);
  expect(drawn.at(-1)).toMatch(/^500,000 rows, .*\n$/);
});

test('answers on the same terminal are whole lines', async () => {
  const input = csv('x,dx', [...rows.slice(0, 20_000), ['oops', 0], ...rows.slice(20_000)]);
  const args = [file('oops.csv', input), '--on-error', 'skip'];
  const lines = linesOf(await onTerminal('1,2', args)).map(line => line.split(erase).at(-1) ?? '');
  const isAnswer = (line: string) => /^[-\d.e]+,[-\d.e]+$/.test(line);
  expect(fromCsv(lines.filter(isAnswer))).toEqual(expected(rows));
  const others = lines.filter(line => !isAnswer(line));
  expect(others.slice(0, 3)).toEqual([
    'y1,y2',
    "rxrecur: row 20001, line 20002: column x: expected a finite number, got 'oops'; skipped",
    'rxrecur: 1 of 40001 rows skipped',
  ]);
  expect(others[3]).toMatch(/^40,001 rows, [\d,]+ rows\/s, 1 skipped$/);
  expect(others.length).toBe(4);
});

test('without a terminal on stderr there is no progress', async () => {
  const path = file('quiet.csv', csv('x,dx', rows.slice(0, 1000)));
  expect((await run([path])).stderr).toBe('');
  expect(await onTerminal('1', [path])).not.toContain('rows');
});
