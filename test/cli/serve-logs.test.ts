import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { fileLog } from '../../src/durable/file.js';
import { fromStream } from '../../src/durable.js';
import { stateful } from '../../src/index.js';
import {
  csv,
  expected,
  file,
  linesOf,
  model,
  modelFile,
  pairs,
  Running,
  rxrecur,
} from './command.js';
import { readPrometheus } from './prometheus.js';

const serve = (state: string, ...more: string[]) => {
  return ['serve', modelFile, '--state', state, '--job', 'j', ...more];
};
const rows = pairs(60);
const keys = rows.map((_, i) => `s${i % 7}`);
const table = csv(
  'room,a,b',
  rows.map((pair, i) => [keys[i], ...pair]),
);
const keyed = ['--key', 'room', '-c', 'a,b'];

/** Each key's outputs in order: those of the sequential model. */
function answers(): Map<string, number[][]> {
  return new Map(
    [...new Set(keys)].map(key => {
      const own = rows.filter((_, i) => keys[i] === key);
      return [key, expected(own, stateful(model, { backend: 'simd' }) as never)];
    }),
  );
}

interface Told {
  readonly id: string;
  readonly offset: number;
  readonly y: Float32Array;
}

/** The events of a log, by key. */
async function eventsIn(path: string) {
  const log = await fileLog(path);
  const all: { key: string; partition: number; value: Told }[] = [];
  await fromStream<Told>(log, { follow: false }).forEach(event => void all.push(event));
  await log.close();
  return all;
}

test('--to file:DIR makes the outputs events of another log, each once, killed or not', {
  timeout: 40_000,
}, async () => {
  const [log, to] = [file('to.log'), file('to.outputs')];
  const from = file('to.csv', table);
  const args = serve(`file:${log}`, ...keyed, '--from', from, '--to', `file:${to}`);
  const all = [...args, '--partitions', '3', '--lease', '0.3'];
  const running = new Running(all).read();
  const closed = once(running.child, 'close');
  await new Promise(resolve => setTimeout(resolve, 700));
  running.child.kill('SIGKILL');
  await closed;
  for (let i = 0; i < 2; i++) expect((await rxrecur(all)).code).toBe(0);
  const events = await eventsIn(to);
  expect(events).toHaveLength(rows.length);
  expect(new Set(events.map(({ value }) => value.id)).size).toBe(rows.length);
  for (const [key, ys] of answers()) {
    const own = events.filter(event => event.key === key);
    expect(own.map(({ value }) => [...value.y])).toEqual(ys);
    // In the same partition as its event, and after those before it.
    const places = own.map(({ partition, value }) => `${partition} ${value.id.split(':')[1]}`);
    expect(new Set(places).size).toBe(1);
    const offsets = own.map(({ value }) => value.offset);
    expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
  }
});

test('--to file:DIR with --scale has the numbers scaled back', async () => {
  const scales = file('scales.csv', 'name,mean,scale\na,1,2\nb,0,1\ny2,10,4\n');
  const to = file('scaled.outputs');
  const args = serve(`file:${file('scaled.log')}`, '-c', 'a,b', '--scale', scales);
  const input = csv('a,b', rows);
  expect((await rxrecur([...args, '--partitions', '1', '--to', `file:${to}`], input)).code).toBe(0);
  const m = stateful(model, { backend: 'simd' });
  const events = await eventsIn(to);
  for (const [i, [a, b]] of rows.entries()) {
    const [y1, y2] = m([(a - 1) / 2, b]) as Float32Array;
    const got = events[i].value.y;
    expect(got[0]).toBeCloseTo(y1, 6);
    expect(Math.fround((got[1] - 10) / 4)).toBe(y2);
  }
});

test('the states of a job on lmdb: are listed, shown, reset, exported and imported', {
  timeout: 30_000,
}, async () => {
  const state = `lmdb:${file('state.lmdb')}`;
  expect((await rxrecur([...serve(state), ...keyed, '--partitions', '2'], table)).code).toBe(0);
  const of = ['--state', state, '--job', 'j'];
  const listed = linesOf((await rxrecur(['state', 'ls', ...of])).stdout).map(line =>
    JSON.parse(line),
  );
  expect(listed.map(({ key }) => key).sort()).toEqual([...new Set(keys)].sort());
  const { stdout: shown } = await rxrecur(['state', 'get', 's3', ...of]);
  const m = stateful(model, { backend: 'simd' });
  for (const [i, pair] of rows.entries()) if (keys[i] === 's3') m(pair as never);
  expect(JSON.parse(shown).state).toEqual(JSON.parse(JSON.stringify(m.snapshot())).state);
  const { stdout: exported } = await rxrecur(['state', 'export', ...of]);
  expect(linesOf(exported)).toHaveLength(7);
  expect((await rxrecur(['state', 'reset', 's3', ...of])).code).toBe(0);
  expect((await rxrecur(['state', 'get', 's3', ...of])).code).toBe(2);
  expect((await rxrecur(['state', 'import', ...of], exported)).stderr).toContain('7 imported');
  expect((await rxrecur(['state', 'get', 's3', ...of])).stdout).toBe(shown);
  const { stdout } = await rxrecur([...serve(state), ...keyed], 'room,a,b\ns3,0.5,0.25\n');
  const { y1, y2 } = JSON.parse(linesOf(stdout)[0]);
  expect([y1, y2].map(Math.fround)).toEqual([...m([0.5, 0.25])]);
});

test('a log in LMDB that is not there is refused, and none is made', async () => {
  const args = ['state', 'ls', '--state', `lmdb:${file('no.lmdb')}`, '--job', 'j'];
  const { code, stderr } = await rxrecur(args);
  expect([code, stderr]).toEqual([2, expect.stringContaining('no.lmdb: there is no such log')]);
});

test('rows of stdin are stepped as they come, by as many workers as are told', {
  timeout: 30_000,
}, async () => {
  const args = serve(`file:${file('stdin.log')}`, ...keyed, '--partitions', '6', '--workers', '3');
  const running = new Running([...args, '--output-format', 'ndjson']).read();
  const [header, ...lines] = linesOf(table);
  running.write(`${header}\n${lines.slice(0, 20).join('\n')}\n`);
  await running.lines(20);
  running.write(`${lines.slice(20).join('\n')}\n`);
  await running.lines(60);
  running.child.stdin?.end();
  const { code, stdout, stderr } = await running.end();
  expect([code, stderr]).toEqual([0, '']);
  const told = linesOf(stdout).map(line => JSON.parse(line));
  expect(new Set(told.map(({ id }) => id)).size).toBe(60);
  for (const [key, ys] of answers()) {
    const own = told.filter(({ room }) => room === key);
    expect(own.map(({ y1, y2 }) => [y1, y2].map(Math.fround))).toEqual(ys);
  }
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  return port;
}

test('--metrics counts what all workers have done, in text that the specification allows', {
  timeout: 30_000,
}, async () => {
  const port = await freePort();
  const to = file('counted.csv');
  const args = ['serve', modelFile, '--state', `file:${file('counted.log')}`, '--job', 'a\\b'];
  const more = ['--partitions', '4', '--workers', '2', '--metrics', String(port), '--to', to];
  const running = new Running([...args, ...keyed, ...more]).read();
  const get = (path: string) => fetch(`http://127.0.0.1:${port}/${path}`);
  const families = async () => {
    const response = await get('metrics').catch(() => undefined);
    return readPrometheus((await response?.text()) ?? '');
  };
  const total = async (name: string) => {
    const samples = (await families()).get(`rxrecur_${name}`)?.samples ?? [];
    return samples.reduce((sum, { value }) => sum + value, 0);
  };
  const lags = async () => (await families()).get('rxrecur_lag')?.samples ?? [];
  const members = async () => new Set((await lags()).map(({ labels }) => labels.member)).size;
  // A worker counts from when it takes a partition.
  await expect
    .poll(async () => [await members(), (await lags()).length], { timeout: 15_000 })
    .toEqual([2, 4]);
  running.write(table);
  running.write('s0,1,2\n');
  await expect.poll(() => total('outputs_total'), { timeout: 15_000 }).toBe(61);
  await expect.poll(() => total('lag'), { timeout: 5000 }).toBe(0);
  expect(await total('events_total')).toBe(61);
  expect(await total('offset')).toBe(61);
  expect(await total('keys')).toBe(7);
  expect(await total('poison_total')).toBe(0);
  const samples = await lags();
  expect(new Set(samples.map(({ labels }) => labels.job))).toEqual(new Set(['a\\b']));
  expect(samples.map(({ labels }) => labels.partition).sort()).toEqual(['0', '1', '2', '3']);
  const health = await get('healthz');
  expect([health.status, await health.text()]).toEqual([200, 'ok\n']);
  expect((await get('metrics')).headers.get('content-type')).toContain('version=0.0.4');
  running.child.kill('SIGTERM');
  expect((await running.end()).code).toBe(0);
  expect(linesOf(readFileSync(to, 'utf8'))).toHaveLength(62);
});
