import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { fileLog } from '../../src/durable/file.js';
import { stateful } from '../../src/index.js';
import { expected, file, linesOf, model, modelFile, Running, rxrecur } from './command.js';

/** Rows of some keys, and the answers of the sequential model to each. */
function house(count: number) {
  const rows = Array.from({ length: count }, (_, i) => {
    const pair = [Number(Math.sin(i / 3).toFixed(3)), Number(Math.cos(i / 5).toFixed(3))] as const;
    return { key: `s${(i * 7919) % 23}`, pair };
  });
  const text = `room,a,b\n${rows.map(({ key, pair }) => `${key},${pair.join()}`).join('\n')}\n`;
  const models = new Map<string, ReturnType<typeof stateful>>();
  const answers = rows.map(({ key, pair }) => {
    const m = models.get(key) ?? (stateful(model, { backend: 'simd' }) as never);
    models.set(key, m);
    return { key, y: expected([pair], m as never)[0] };
  });
  return { text, answers };
}

const base = (log: string) => ['serve', modelFile, '--state', `file:${log}`, '--job', 'j'];
const keyed = ['--key', 'room', '-c', 'a,b'];
const records = (text: string) =>
  linesOf(text)
    .slice(1)
    .map(line => line.split(','))
    .map(([id, key, ...y]) => ({ id, key, y: y.map(Number).map(Math.fround) }));

describe('rxrecur serve', () => {
  test('answers as the sequential model does, with an id on each line', async () => {
    const { text, answers } = house(500);
    const to = file('plain.csv');
    const args = [...base(file('plain.log')), ...keyed, '--to', to, '--partitions', '1'];
    const { code, stdout, stderr } = await rxrecur(args, text);
    expect([code, stdout, stderr]).toEqual([0, '', '']);
    const lines = readFileSync(to, 'utf8');
    expect(lines.split('\n', 1)[0]).toBe('id,room,y1,y2');
    expect(records(lines)).toEqual(answers.map((a, i) => ({ ...a, id: `j:0:${i}:0` })));
  });

  test('a file is gone on with where it ended, its old rows passed over', async () => {
    const { text, answers } = house(400);
    const from = file('grows.csv', text.split('\n').slice(0, 301).join('\n'));
    const to = file('grown.csv');
    const log = file('grows.log');
    const args = [...base(log), ...keyed, '--from', from, '--to', to, '--lease', '0.2'];
    expect((await rxrecur([...args, '--partitions', '3'])).code).toBe(0);
    file('grows.csv', text);
    expect((await rxrecur(args)).code).toBe(0);
    const found = records(readFileSync(to, 'utf8'));
    expect(found).toHaveLength(400);
    for (const key of new Set(answers.map(a => a.key))) {
      const of = (all: readonly { key: string; y: unknown }[]) =>
        all.filter(a => a.key === key).map(({ y }) => y);
      expect(of(found)).toEqual(of(answers));
    }
    file('grows.csv', text.replaceAll('s', 't'));
    const other = await rxrecur(args);
    expect(other.code).toBe(2);
    expect(other.stderr).toContain('as it is stored');
  });

  test('killed again and again, its output is that of an uninterrupted run, byte for byte', {
    timeout: 60_000,
  }, async () => {
    const from = file('kills.csv', house(30_000).text);
    const [to, whole] = [file('killed.csv'), file('whole.csv')];
    const args = [...keyed, '--from', from, '--partitions', '1', '--lease', '0.3'];
    const log = file('killed.log');
    let kills = 0;
    for (const share of [0.02, 0.15, 0.3, 0.5, 0.7]) {
      const running = new Running([...base(log), ...args, '--to', to]).read();
      const closed = once(running.child, 'close');
      while (running.child.exitCode === null) {
        const size = existsSync(to) ? statSync(to).size : 0;
        if (size > share * 1_000_000) break;
        await delay(1);
      }
      running.child.kill('SIGKILL');
      await closed;
      if (running.child.signalCode === 'SIGKILL') kills++;
    }
    expect(kills).toBeGreaterThan(2);
    expect((await rxrecur([...base(log), ...args, '--to', to])).code).toBe(0);
    expect((await rxrecur([...base(file('whole.log')), ...args, '--to', whole])).code).toBe(0);
    expect(linesOf(readFileSync(whole, 'utf8'))).toHaveLength(30_001);
    expect(readFileSync(to).equals(readFileSync(whole))).toBe(true);
  });

  test('SIGTERM hands over in half a second, with code 0, and loses nothing that was read', async () => {
    const { text, answers } = house(200);
    const [log, to] = [file('term.log'), file('term.csv')];
    const args = [...base(log), ...keyed, '--to', to, '--partitions', '1'];
    const running = new Running(args).read();
    running.write(text);
    while (!existsSync(to) || records(readFileSync(to, 'utf8')).length < 200) await delay(10);
    const begin = performance.now();
    running.child.kill('SIGTERM');
    const { code, stderr } = await running.end();
    expect([code, stderr]).toEqual([0, '']);
    expect(performance.now() - begin).toBeLessThan(500);
    expect(records(readFileSync(to, 'utf8')).map(({ y }) => y)).toEqual(answers.map(({ y }) => y));
    const opened = await fileLog(log);
    expect(await opened.members('j')).toEqual([]);
    expect(await opened.owner('j', 0)).toBeUndefined();
    await opened.close();
  });

  test('worker threads share the partitions, and each output is there once', async () => {
    const { text, answers } = house(300);
    const args = [...base(file('threads.log')), ...keyed, '--workers', '2', '--partitions', '4'];
    const { code, stdout } = await rxrecur([...args, '--output-format', 'csv'], text);
    expect(code).toBe(0);
    const found = stdout
      .split('\n')
      .filter(line => line.startsWith('j:'))
      .map(line => line.split(',').slice(1).join());
    const wanted = answers.map(({ key, y }) => [key, ...y.map(Math.fround)]);
    const numbers = found
      .map(line => line.split(','))
      .map(([k, ...y]) => [k, ...y.map(Number).map(Math.fround)]);
    expect(numbers.map(String).sort()).toEqual(wanted.map(String).sort());
  });

  test('a second job begins at an offset, beside the first one', async () => {
    const { text } = house(60);
    const log = file('jobs.log');
    await rxrecur([...base(log), ...keyed, '--partitions', '1'], text);
    const again = ['serve', modelFile, '--state', `file:${log}`, '--job', 'late'];
    const { stdout } = await rxrecur([...again, '--from-offset', '51'], '');
    expect(linesOf(stdout)).toHaveLength(10);
    expect(JSON.parse(linesOf(stdout)[0]).id).toBe('late:0:0:0');
  });

  test('--metrics serves Prometheus text and a health check on this machine', async () => {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as { port: number };
    probe.close();
    const args = [...base(file('metrics.log')), '--metrics', String(port), '--partitions', '1'];
    const running = new Running([...args, '--from', 'none']).read();
    const get = (path: string) => fetch(`http://127.0.0.1:${port}/${path}`);
    const up = async () => (await get('healthz').catch(() => undefined))?.status === 200;
    while (!(await up())) await delay(20);
    const text = async () => (await get('metrics')).text();
    while (!(await text()).includes('rxrecur_lag{')) await delay(50);
    expect(await text()).toMatch(/rxrecur_lag\{job="j",member="[^"]+",partition="0"\} 0\n/);
    expect((await get('other')).status).toBe(404);
    running.child.kill('SIGTERM');
    expect((await running.end()).code).toBe(0);
  });

  test.for([
    [
      ['--state', 'redis:x', '--job', 'j'],
      'expected lmdb:DIR, file:DIR, nats://HOST/NAME or redis:',
    ],
    [['--job', 'j'], "required option '--state <log>' not specified"],
    [['--state', 'file:x'], "required option '--job <name>' not specified"],
    [['--state', 'file:x', '--job', 'j', '--append'], "unknown option '--append'"],
    [['--state', 'file:x', '--job', 'a,b'], 'without commas'],
    [['--state', 'file:x', '--job', 'j', '--workers', '0'], 'whole number from 1 to 256'],
  ] as const)('%s is refused by name', async ([args, words]) => {
    const { code, stderr } = await rxrecur(['serve', modelFile, ...args]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(words)]);
    expect(existsSync('x')).toBe(false);
  });

  test('a bad row ends it with code 1, after those before it have their outputs', async () => {
    const args = [...base(file('bad.log')), '-c', 'a,b'];
    const { code, stdout, stderr } = await rxrecur(args, 'a,b\n1,2\n3,four\n5,6\n');
    expect([code, linesOf(stdout).length]).toEqual([1, 1]);
    expect(stderr).toContain('row 2, line 3: column b: expected a finite number');
  });
});

describe('rxrecur state', () => {
  test('lists, prints, exports, resets and imports what serve has kept', async () => {
    const { text, answers } = house(100);
    const log = file('state.log');
    await rxrecur([...base(log), ...keyed, '--partitions', '2'], text);
    const of = ['--state', `file:${log}`, '--job', 'j'];
    const { stdout: listed } = await rxrecur(['state', 'ls', ...of]);
    const keys = new Set(answers.map(({ key }) => key));
    expect(new Set(linesOf(listed).map(line => JSON.parse(line).key))).toEqual(keys);
    const { stdout: before } = await rxrecur(['state', 'get', 's3', ...of]);
    const { stdout: exported } = await rxrecur(['state', 'export', ...of]);
    expect(linesOf(exported)).toHaveLength(keys.size);
    expect((await rxrecur(['state', 'reset', 's3', ...of])).code).toBe(0);
    const gone = await rxrecur(['state', 'get', 's3', ...of]);
    expect([gone.code, gone.stderr]).toEqual([
      2,
      expect.stringContaining('the key s3 has no state'),
    ]);
    expect((await rxrecur(['state', 'import', 's3', ...of], exported)).stderr).toContain(
      '1 imported',
    );
    expect((await rxrecur(['state', 'get', 's3', ...of])).stdout).toBe(before);
    const row = 'room,a,b\ns3,0.5,0.25\n';
    const { stdout } = await rxrecur([...base(log), ...keyed], row);
    const m = stateful(model, { backend: 'simd', restore: JSON.parse(before) });
    const { y1, y2 } = JSON.parse(linesOf(stdout)[0]);
    expect([y1, y2].map(Math.fround)).toEqual([...m([0.5, 0.25])]);
  });

  test('a log that is not there is refused, and none is made', async () => {
    const log = file('nowhere');
    const { code, stderr } = await rxrecur(['state', 'ls', '--state', `file:${log}`, '--job', 'j']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('there is no such log')]);
    expect(existsSync(log)).toBe(false);
  });
});
