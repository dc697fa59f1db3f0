import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { build } from '../cli/build.js';
import '../slow.js';

const main = fileURLToPath(new URL('../../examples/durable/demo.mjs', import.meta.url));
let demo: ChildProcess;
const until = (holds: () => boolean) => expect.poll(holds, { timeout: 20_000 }).toBe(true);

beforeAll(() => build());
afterEach(() => void demo.kill('SIGKILL'));

function start(...args: string[]) {
  demo = spawn(process.execPath, [main, '--nats', ...args]);
  const lines: string[] = [];
  createInterface(demo.stdout!).on('line', line => lines.push(line));
  return lines;
}

interface Process {
  readonly pid: number;
  readonly command: string;
}

/** The processes that a process has started, by /proc of Linux. */
function startedBy(parent: number): Process[] {
  const all: Process[] = [];
  for (const name of readdirSync('/proc').filter(name => /^\d+$/.test(name))) {
    try {
      // pid (name) state parent …; the name may have spaces.
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const [state, own] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
      if (Number(own) === parent && state !== 'Z') all.push({ pid: Number(name), command });
    } catch {
      // It has ended meanwhile.
    }
  }
  return all;
}

const isAlive = ({ pid, command }: Process) => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ') === command;
  } catch {
    return false;
  }
};

const programs = (all: readonly Process[]) =>
  all.map(({ command }) => /(\w+)\.mjs|(mosquitto|nats-server) /.exec(command)?.[0].trim()).sort();

const own = ['ingest.mjs', 'mosquitto', 'nats-server', 'worker.mjs', 'worker.mjs', 'worker.mjs'];
const verdict = 'nothing lost, nothing doubled, all bits equal';

test('a worker is killed between mosquitto and NATS, and nothing is lost or doubled', async () => {
  const lines = start('--quick');
  const [code] = await once(demo, 'exit');
  expect([code, lines.at(-1)]).toEqual([
    0,
    expect.stringMatching(`^\\d+ events, 1 kills: ${verdict}$`),
  ]);
});

test.each(['SIGINT', 'SIGTERM'] as const)(
  'on %s all processes end, and all is checked',
  async signal => {
    const lines = start('--port', '0');
    await until(() => lines.length > 0);
    await until(() => startedBy(demo.pid!).length === own.length);
    const started = startedBy(demo.pid!);
    expect(programs(started)).toEqual(own);
    await new Promise(resolve => setTimeout(resolve, 1500));
    demo.kill(signal);
    const [code] = await once(demo, 'exit');
    expect([code, lines.at(-1)]).toEqual([
      0,
      expect.stringContaining(`events, 0 kills: ${verdict}`),
    ]);
    expect(started.filter(isAlive)).toEqual([]);
  },
);

test('whoever asks twice to end it waits for no check, and leaves no process either', async () => {
  const lines = start('--port', '0');
  await until(() => lines.length > 0);
  const started = startedBy(demo.pid!);
  demo.kill('SIGINT');
  demo.kill('SIGTERM');
  const [code] = await once(demo, 'exit');
  expect(code).toBe(1);
  await until(() => !started.some(isAlive));
});
