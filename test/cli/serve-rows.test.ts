import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { fileLog } from '../../src/durable/file.js';
import { jsonBytes, partitionOf } from '../../src/durable.js';
import { dense, rnn } from '../../src/index.js';
import { save } from '../../src/io/index.js';
import { csv, file, linesOf, modelFile, pairs, Running, rxrecur } from './command.js';

// A running sum of one column: it has the same bits on every backend, so `run` is the oracle.
const params = { weightIh: [1], weightHh: [1], biasIh: [0], biasHh: [0] };
const sumOf = () => file('sum.safetensors', save(rnn(1, 1, { activation: 'identity', params })));

let logs = 0;
const served = (log = file(`rows-${logs++}.log`)) => {
  const args = ['--state', `file:${log}`, '--job', 'j', '--partitions', '1'];
  return (more: readonly string[], input: string) =>
    rxrecur(['serve', sumOf(), ...args, ...more], input);
};

/** Lines without their id, CSV or NDJSON. */
const withoutIds = (text: string) =>
  linesOf(text).map(line => line.replace(/^\{"id":"[^"]*",?/, '{').replace(/^(id|j:0:\d+:0),/, ''));

/** What both commands make of the same rows. */
async function both(args: readonly string[], input: string) {
  const [one, other] = await Promise.all([
    rxrecur(['run', sumOf(), ...args], input),
    served()(args, input),
  ]);
  expect([other.code, other.stderr]).toEqual([one.code, one.stderr]);
  return { run: linesOf(one.stdout), serve: withoutIds(other.stdout) };
}

const scale = () => file('scales.csv', 'name,mean,scale\nx,10,0.3\ny1,5,0.7\n');
const csvOf = ['--input-format', 'csv', '--output-format', 'csv'];
const table = `at,x,lap,who\n${Array.from({ length: 40 }, (_, i) => {
  return [`10:${i}`, Math.round(1000 * Math.sin(i)) / 100, i % 7 ? '' : 'yes', i].join();
}).join('\n')}\n`;
const json = Array.from({ length: 12 }, (_, i) => {
  return `{"at": ${'9007199254740993'.slice(0, 16 - (i % 3))}.${i}0, "x": ${i / 4}, "d": {"t": [${i}, 1e400]}, "lap": ${i % 5 === 4}}\n`;
}).join('');

describe('serve makes of rows what run makes of them:', () => {
  test.concurrent.for([
    ['--keep, of CSV', [...csvOf, '-c', 'x', '-k', 'at,who,lap'], table],
    [
      '--keep, of JSON, digit for digit',
      ['-c', 'x', '-k', 'at,d,d.t.1', '--output-format', 'ndjson'],
      json,
    ],
    ['--keep, JSON in and CSV out', ['-c', 'x', '-k', 'at,d', '--output-format', 'csv'], json],
    [
      '--keep, CSV in and JSON out',
      [...csvOf.slice(0, 2), '--output-format', 'ndjson', '-c', 'x', '-k', 'at,lap,x'],
      table,
    ],
    ['--reset-on', [...csvOf, '-c', 'x', '--reset-on', 'lap'], table],
    ['--reset-on, of JSON', ['-c', 'x', '--reset-on', 'lap', '--output-format', 'ndjson'], json],
    ['--scale', [...csvOf, '-c', 'x', '--scale', 'SCALE', '--names', 'y1'], table],
    ['--forecast', [...csvOf, '-c', 'x', '--forecast', '4'], table],
    [
      '--forecast with --scale',
      [...csvOf, '-c', 'x', '--scale', 'SCALE', '--forecast', '2'],
      table,
    ],
    [
      'all at once',
      [
        ...csvOf,
        '-c',
        'x',
        '-k',
        'who,at',
        '--reset-on',
        'lap',
        '--scale',
        'SCALE',
        '--forecast',
        '3',
        '--names',
        's',
      ],
      table,
    ],
  ] as const)('%s', async ([, args, input]) => {
    const { run, serve } = await both(
      args.map(arg => (arg === 'SCALE' ? scale() : arg)),
      input,
    );
    expect(run.length).toBeGreaterThan(10);
    expect(serve).toEqual(run);
  });

  test.concurrent('each key by itself, its column kept where it is named', async () => {
    const keyed = [
      '-c',
      'x',
      '--key',
      'who',
      '-k',
      'who,at',
      '--reset-on',
      'go',
      '--forecast',
      '1',
    ];
    const rows = 'who,x,go,at\na,1,0,t1\nb,10,0,t2\na,2,0,t3\nb,5,1,t4\na,4,no,t5\n';
    const { run, serve } = await both([...csvOf, ...keyed], rows);
    expect(run[3]).toBe('a,t3,3,6');
    expect(serve).toEqual(run);
  });
});

test.concurrent('numbers that --scale is given are those of the rows, not rounded before', async () => {
  // 16777217 is no float32; less its mean it is 1.
  const big = file('big.csv', 'name,mean,scale\nx,16777216,1\n');
  const args = [...csvOf, '-c', 'x', '--scale', big];
  const { run, serve } = await both(args, 'x\n16777217\n16777218\n');
  expect(run).toEqual(['y1', '1', '3']);
  expect(serve).toEqual(run);
});

test.concurrent('an output that is not finite is a dead letter, and the state is as before it', async () => {
  const args = [...csvOf, '-c', 'x', '--forecast', '2'];
  const { code, stdout, stderr } = await served()(args, 'x\n1\n1e38\n2\n');
  expect(code).toBe(0);
  expect(stderr).toContain('poison event j:0:1:0 of rows');
  expect(stderr).toContain('answer [0]: expected a finite number, got Infinity');
  expect(withoutIds(stdout)).toEqual(['y1,y1+1,y1+2', '1,2,4', '3,6,12']);
});

test.concurrent('a second job scales, resets and forecasts as it is told, over the same events', async () => {
  const log = file('two-jobs.log');
  const first = served(log);
  await first([...csvOf, '-c', 'x', '-k', 'at', '--reset-on', 'lap', '--scale', scale()], table);
  const other = [
    'serve',
    sumOf(),
    '--state',
    `file:${log}`,
    '--job',
    'other',
    '--from-offset',
    '1',
  ];
  const { stdout } = await rxrecur([...other, '--forecast', '1', '--output-format', 'csv'], '');
  const { stdout: plain } = await rxrecur(
    ['run', sumOf(), ...csvOf, '-c', 'x', '--forecast', '1'],
    table,
  );
  expect(linesOf(stdout).map(line => line.replace(/^(id|other:0:\d+:0),/, ''))).toEqual(
    linesOf(plain),
  );
});

test.concurrent('an event that was stored without a kept column is a dead letter that says so', async () => {
  const log = file('not-kept.log');
  await served(log)([...csvOf, '-c', 'x'], 'x,at\n1,noon\n');
  const other = ['serve', sumOf(), '--state', `file:${log}`, '--job', 'other', '-k', 'at'];
  const { code, stdout, stderr } = await rxrecur(other, '');
  expect([code, stdout]).toEqual([0, '']);
  expect(stderr).toContain(
    'event: expected a column at, got none; it was stored without --keep at',
  );
  const rows = file('kept-rows.csv', 'x,at\n1,noon\n');
  const fromFile = served(file('kept-rows.log'));
  expect((await fromFile(['--from', rows, '-c', 'x'], '')).code).toBe(0);
  const again = await fromFile(['--from', rows, '-c', 'x', '-k', 'at'], '');
  expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('without --keep at')]);
});

test('events that other programs append are rows, vectors, or outputs of another job', async () => {
  const path = file('foreign.log');
  const log = await fileLog(path, { partitions: 2 });
  const p = partitionOf('a', 2);
  const values = [
    '{"t":"noon","x":0.5,"lap":0}',
    '{"x":2,"t":1.50,"lap":"yes"}',
    '{"lap":0,"x":1}',
  ];
  const bytes = values.map(text => new TextEncoder().encode(text));
  await log.append(
    p,
    bytes.map(value => ({ key: 'a', value })),
  );
  const args = ['serve', sumOf(), '--from', `file:${path}`, '--job', 'rows', '--key', 'k'];
  const to = file('foreign.csv');
  const state = ['--state', `file:${file('elsewhere.log')}`, '--to', to];
  const columns = ['-c', 'x', '-k', 't', '--reset-on', 'lap'];
  const running = new Running([...args, ...state, ...columns]).read();
  const lines = () => {
    try {
      return linesOf(readFileSync(to, 'utf8'));
    } catch {
      return [];
    }
  };
  await expect.poll(() => lines().length, { timeout: 8000 }).toBe(3);
  await log.append(p, [{ key: 'a', value: jsonBytes([4]) }]);
  const vector = { id: 'j:0:0:0', offset: 1, y: Float32Array.of(8) };
  await log.append(p, [{ key: 'a', value: jsonBytes(vector) }]);
  await expect.poll(() => running.stderr.split('\n').length, { timeout: 8000 }).toBe(4);
  running.child.kill('SIGTERM');
  const { code, stderr } = await running.end();
  expect(lines()).toEqual(['id,k,t,y1', `rows:${p}:0:0,a,noon,0.5`, `rows:${p}:1:0,a,1.50,2`]);
  expect(code).toBe(0);
  // The third row has no column t.
  expect(stderr).toContain('row: expected a column t');
  // As vectors, without columns.
  const plain = ['serve', sumOf(), '--state', `file:${path}`, '--job', 'vectors'];
  const { stdout, stderr: refused } = await rxrecur(plain, '');
  expect(linesOf(stdout).map(line => JSON.parse(line).y1)).toEqual([4, 12]);
  expect(refused).toContain('--columns names the inputs of a row');
  await log.close();
});

test.concurrent.for([
  [['--scale', 'SCALE'], '--columns with it, got none; an event holds numbers without names'],
  [['--forecast', '0'], 'Expected a whole number from 1 to 10000'],
  [['--forecast', '1', '-k', 'y1+1'], 'the answers would have two columns y1+1'],
  [['-k', 'id', '-c', 'x'], 'the answers would have two columns id'],
  [['--to', 'file:out', '-k', 'at'], '--keep: expected none with a log as --to'],
  [['--to', 'file:out', '--names', 'a'], '--names: expected none with a log as --to'],
  [['--to', 'file:out', '--output-format', 'csv'], '--output-format: expected none with a log'],
  [['--from', 'none', '--no-header'], '--no-header: expected none with --from none'],
  [['--from', 'file:in', '--on-error', 'skip'], '--on-error: expected none with a log as --from'],
  [['--from', 'mqtt://host/t', '--input-format', 'csv'], '--input-format: expected none with'],
  [['--from', 'kafka://host/t'], '--from kafka://host/t: expected a file, '],
  [['--to', 'kafka://host/t'], '--to kafka://host/t: expected a file, nats://HOST/SUBJECT'],
  [['--to', 'nats://me:secret@host/a.>'], '--to nats://host/a.>: expected nats://HOST/SUBJECT, a'],
  [['--creds', 'me.creds'], '--creds me.creds: expected nats://HOST/… to which it belongs'],
] as const)('%s is refused by name', async ([args, words]) => {
  const given = args.map(arg => (arg === 'SCALE' ? scale() : arg));
  const { code, stderr } = await served(file('refused.log'))(given, 'x,at\n1,2\n');
  expect([code, stderr]).toEqual([2, expect.stringContaining(words)]);
});

test.concurrent('a forecast of a model whose outputs are no inputs is refused by name', async () => {
  const wide = file('wide.safetensors', save(dense(2, 1)));
  const args = ['serve', wide, '--state', `file:${file('wide.log')}`, '--job', 'j'];
  const { code, stderr } = await rxrecur([...args, '--forecast', '2'], 'a,b\n1,2\n');
  const why =
    "--forecast: expected outputs of the inputs' sizes and names, got a model from 2 to 1";
  expect([code, stderr]).toEqual([2, `rxrecur: ${why}\n`]);
});

test.concurrent('--state nats alone is the log of --from, and without one is refused', async () => {
  const args = ['serve', modelFile, '--job', 'j', '--state', 'nats'];
  const { code, stderr } = await rxrecur([...args, '--from', '-'], csv('x,dx', pairs(2)));
  const why = '--state nats: expected --from nats://HOST/NAME with it, got --from -';
  expect([code, stderr]).toEqual([2, `rxrecur: ${why}\n`]);
});
