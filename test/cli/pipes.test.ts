import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
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
  stateOf,
} from './command.js';

const rows = pairs(20_000);
const answers = expected(rows);
const table = csv('x,dx', rows);

/** A shell command's stdout and stderr. */
async function shell(command: string): Promise<{ stdout: string; stderr: string }> {
  const child = spawn('sh', ['-c', command], { stdio: ['ignore', 'pipe', 'pipe'] });
  const read = { stdout: '', stderr: '' };
  child.stdout.on('data', text => {
    read.stdout += text;
  });
  child.stderr.on('data', text => {
    read.stderr += text;
  });
  await once(child, 'close');
  return read;
}

const command = `"${process.execPath}" "${main}" run "${modelFile}"`;

test('a closed pipe ends the run quietly with code 0', async () => {
  const input = file('head.csv', table);
  const state = file('head.json');
  const { stdout, stderr } = await shell(
    `(${command} "${input}" --state "${state}"; echo $? >&2) | head -1`,
  );
  expect({ stdout, stderr }).toEqual({ stdout: 'y1,y2\n', stderr: '0\n' });
  expect(stateOf(state).rows).toBeLessThan(rows.length);
});

test('a run whose answers are read in part goes on after what went out', async () => {
  const state = file('closed.json');
  const running = new Running(['run', modelFile, '--state', state]).read();
  running.write(csv('x,dx', rows.slice(0, 100)));
  await running.lines(101);
  running.child.stdout?.destroy();
  running.write(csv('', rows.slice(100, 200)).slice(1));
  expect((await running.end()).code).toBe(0);
  expect(stateOf(state).rows).toBe(100);
  const rest = await run(['--state', state], csv('x,dx', rows.slice(100, 150)));
  expect(fromCsv(linesOf(rest.stdout).slice(1))).toEqual(answers.slice(100, 150));
});

test('a signal ends a run whose answers nobody takes: whole rows, and their state', async () => {
  const state = file('stalled.json');
  const running = new Running(['run', modelFile, '--state', state]);
  running.write(table);
  await stalled(running);
  running.child.kill('SIGTERM');
  running.child.once('exit', () => running.read());
  const { code, stdout } = await running.end();
  expect(code).toBe(143);
  expect(stdout.endsWith('\n')).toBe(true);
  const read = fromCsv(linesOf(stdout).slice(1));
  expect(read.length).toBeGreaterThan(1000);
  expect(read).toEqual(answers.slice(0, read.length));
  expect(stateOf(state).rows).toBe(read.length);
});

test('named pipes are read and written, and let go', async () => {
  const [input, output] = [file('in.fifo'), file('out.fifo')];
  execFileSync('mkfifo', [input, output]);
  const reader = spawn('cat', [output]);
  const read = { stdout: '' };
  reader.stdout.on('data', text => {
    read.stdout += text;
  });
  await delay(100);
  const running = new Running(['run', modelFile, input, '-o', output]).read();
  const writer = createWriteStream(input);
  writer.write(csv('x,dx', rows.slice(0, 5)));
  while (linesOf(read.stdout).length < 6) await once(reader.stdout, 'data');
  running.child.kill('SIGINT');
  expect((await running.end()).code).toBe(130);
  expect(fromCsv(linesOf(read.stdout).slice(1))).toEqual(answers.slice(0, 5));
  writer.destroy();
  const unread = await run([file('one.csv', 'x,dx\n1,2\n'), '-o', output]);
  expect(unread.code).toBe(2);
});

test('300 MB through a reader that pauses: the input waits, and memory stays flat', async () => {
  const pad = 'p'.repeat(60_000);
  const total = 5000;
  const running = new Running(['run', modelFile, '-c', 'x,dx', '-k', 'pad']);
  const { stdin, stdout, pid } = running.child;
  let sent = 0;
  const sending = (async () => {
    for (const [x, dx] of pairs(total)) {
      sent++;
      if (!stdin?.write(`${JSON.stringify({ pad, x, dx })}\n`)) await once(stdin!, 'drain');
    }
    stdin?.end();
  })();
  await stalled(running);
  const sentWhileStalled = sent;
  await delay(300);
  expect(sent).toBe(sentWhileStalled);
  expect(sent).toBeLessThan(50);

  const read: string[] = [];
  let last = '';
  let early = 0;
  for await (const chunk of stdout!) {
    const lines = (last + chunk).split('\n');
    last = lines.pop() as string;
    for (const line of lines) {
      read.push(line.replace(pad, ''));
      if (read.length === 500) early = peakMemory(pid);
      if (read.length === total - 10) expect(peakMemory(pid) - early).toBeLessThan(60);
      if (read.length % 1000 === 0) await delay(50);
    }
  }
  await sending;
  expect(fromJson(`${read.join('\n')}\n`)).toEqual(expected(pairs(total)));
  expect(early).toBeLessThan(200);
});

test('a heap of 16 MB is enough for any number of rows', async () => {
  const running = new Running(['run', modelFile], ['--max-old-space-size=16']).read();
  const { stdin } = running.child;
  running.write('x,dx\n');
  const body = csv('', rows).slice(1);
  for (let i = 0; i < 5; i++) {
    if (!stdin?.write(body)) await once(stdin!, 'drain');
  }
  stdin?.end();
  const { code, stdout } = await running.end();
  expect(code).toBe(0);
  expect(linesOf(stdout).length).toBe(1 + 5 * rows.length);
});

/** Waits until the answers that nobody reads fill the pipe and the command uses no more time. */
async function stalled({ child: { pid } }: Running): Promise<void> {
  let [before, now] = [-1, 0];
  while (now < 10 || now !== before) {
    await delay(300);
    [before, now] = [now, processorTime(pid)];
  }
}

/** Of a process, in hundredths of a second. */
function processorTime(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

/** The most that a process has had in memory, in MB. */
function peakMemory(pid: number | undefined): number {
  const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}
