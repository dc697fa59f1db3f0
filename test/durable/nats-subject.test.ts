import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { lastValueFrom, toArray } from 'rxjs';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { natsLog, type SubjectSink, toSubject } from '../../src/durable/nats-log.js';
import {
  type DurableOutput,
  durable,
  fromStream,
  jsonBytes,
  partitionOf,
} from '../../src/durable.js';
import { gru, stateful } from '../../src/index.js';
import { type NatsServer, startNats } from './nats.js';
import { TcpProxy } from './tcp-proxy.js';
import '../slow.js';

let server: NatsServer;
let client: NatsConnection;
let count = 0;
const open: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  server = await startNats();
  client = await connect({ servers: server.url, maxReconnectAttempts: -1 });
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});
afterAll(async () => {
  await client.close();
  await server.end();
});

type Options = Parameters<typeof toSubject>[2];

async function sinkOf(subject: string, url = server.url, options?: Options) {
  const sink = await toSubject(url, subject, options);
  open.push(sink);
  return sink;
}

/** A new subject, whose stream knows ids for as short a time as the server allows. */
async function made(): Promise<string> {
  const subject = `out-${count++}.alarms`;
  const { streams } = await jetstreamManager(client);
  const stream = subject.replace('.', '-');
  const options = { name: stream, subjects: [`${subject}.*`], duplicate_window: 100 * 1e6 };
  await streams.add(options);
  return subject;
}

/** What the stream of a subject holds, in order. */
async function messagesOf(subject: string) {
  const { streams } = await jetstreamManager(client);
  const stream = subject.replace('.', '-');
  const { state } = await streams.info(stream);
  const numbers = Array.from({ length: state.messages }, (_, i) => ({ seq: i + 1 }));
  const found = await Promise.all(numbers.map(query => streams.getMessage(stream, query)));
  return found.map(message => {
    const { subject: on, header } = message as NonNullable<typeof message>;
    const partition = Number(on.slice(subject.length + 1));
    const value = message?.json() as { id: string };
    return { partition, id: header?.get('Nats-Msg-Id'), value };
  });
}

const output = (partition: number, sequence: number, y: unknown = [sequence]): DurableOutput => ({
  ...{ id: `j:${partition}:${sequence}:0`, partition, offset: sequence + 1, key: 'a', y },
});
const outputs = (partition: number, from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => output(partition, from + i));
const told = (all: readonly DurableOutput[]) => ({ outputs: all, letters: [] });
const idsIn = (partition: number, to: number) => outputs(partition, 0, to).map(({ id }) => id);

/** The ids of a partition's messages, in order. */
async function idsOf(subject: string, partition: number) {
  const all = await messagesOf(subject);
  return all.filter(message => message.partition === partition).map(({ id }) => id);
}

test('an output is one message of its partition, with its id as Nats-Msg-Id', async () => {
  const subject = await made();
  const sink = await sinkOf(subject);
  expect(await sink.last('j', 3)).toBeUndefined();
  await sink.write('j', 3, told([output(3, 0, Float32Array.of(0.5, -1)), output(3, 4, 'high')]));
  expect(await messagesOf(subject)).toEqual([
    { partition: 3, id: 'j:3:0:0', value: { id: 'j:3:0:0', key: 'a', offset: 1, y: [0.5, -1] } },
    { partition: 3, id: 'j:3:4:0', value: { id: 'j:3:4:0', key: 'a', offset: 5, y: 'high' } },
  ]);
  expect(await sink.last('j', 3)).toBe('j:3:4:0');
  expect(await sink.last('j', 2)).toBeUndefined();
});

test('the payload is what `encode` says, and dead letters are messages if they are wanted', async () => {
  const subject = await made();
  const encode = ({ id, offset }: DurableOutput) => jsonBytes({ id, at: offset });
  const sink = await sinkOf(subject, server.url, { encode, letters: true });
  const letter = { id: 'j:0:0:0', partition: 0, offset: 1, key: 'b', kind: 'poison', reason: 'x' };
  await sink.write('j', 0, { outputs: [output(0, 1)], letters: [letter as never] });
  const { partition: _, ...rest } = letter;
  expect((await messagesOf(subject)).map(({ value }) => value)).toEqual([
    rest,
    { id: 'j:0:1:0', at: 2 },
  ]);
});

test('several writers of the same outputs leave each once and in order, long after its id was forgotten', async () => {
  const subject = await made();
  const sinks = await Promise.all([sinkOf(subject), sinkOf(subject), sinkOf(subject)]);
  const write = async (sink: SubjectSink, partition: number, cut: number) => {
    for (let from = 0; from < 900; from += cut) {
      await sink.write('j', partition, told(outputs(partition, from, Math.min(900, from + cut))));
    }
  };
  const cuts = [37, 300, 900];
  await Promise.all(sinks.flatMap((sink, i) => [0, 1, 2].map(p => write(sink, p, cuts[i]))));
  await new Promise(resolve => setTimeout(resolve, 300));
  await write(await sinkOf(subject), 1, 500);
  for (const p of [0, 1, 2]) expect(await idsOf(subject, p)).toEqual(idsIn(p, 900));
});

test('answers that are lost, and connections that end, lose and double nothing', async () => {
  const subject = await made();
  const proxy = await TcpProxy.open(server.port);
  const sink = await sinkOf(subject, `nats://127.0.0.1:${proxy.port}`);
  const timer = setInterval(() => {
    proxy.isMute = true;
    setTimeout(() => proxy.cut(), 60);
  }, 400);
  for (let from = 0; from < 6000; from += 300) {
    await sink.write('j', 0, told(outputs(0, from, from + 300)));
    await new Promise(resolve => setTimeout(resolve, 60));
  }
  clearInterval(timer);
  await new Promise(resolve => setTimeout(resolve, 100));
  expect(await idsOf(subject, 0)).toEqual(idsIn(0, 6000));
  await sink.close();
  await proxy.end();
});

test('a server that is killed and started again has each output once', async () => {
  const subject = await made();
  const sink = await sinkOf(subject);
  const writing = (async () => {
    for (let from = 0; from < 3000; from += 100) {
      await sink.write('j', 0, told(outputs(0, from, from + 100)));
      await new Promise(resolve => setTimeout(resolve, 30));
    }
  })();
  for (let i = 0; i < 2; i++) {
    await new Promise(resolve => setTimeout(resolve, 250));
    await server.restart('SIGKILL');
  }
  await writing;
  const ids = () => idsOf(subject, 0).catch(() => undefined);
  await expect.poll(ids, { timeout: 20_000 }).toEqual(idsIn(0, 3000));
});

test.each(['atomic', 'msgid'] as const)(
  "outputs: '%s' through workers that stop on the way gives those of one sequential run, each once",
  async mode => {
    const subject = await made();
    const model = gru(1, 2, { seed: 1 });
    const log = await natsLog(server.url, { name: `in-${mode}`, partitions: 3 });
    open.push(log);
    const rows = Array.from({ length: 600 }, (_, i) => ({ key: `k${i % 7}`, x: Math.sin(i) }));
    for (const { key, x } of rows) {
      const value = jsonBytes([Math.fround(x)]);
      await log.append(partitionOf(key, 3), [{ key, value }]);
    }
    const work = async (ms?: number) => {
      const sinks = [await sinkOf(subject)];
      const stop = new AbortController();
      if (ms !== undefined) setTimeout(() => stop.abort(), ms);
      const options = { ...{ job: 'j', model, sinks, outputs: mode }, ttl: 300, maxEvents: 16 };
      const events = fromStream<number[]>(log, { follow: false });
      const job = durable(log, { ...options, signal: stop.signal } as never);
      await lastValueFrom(events.pipe(job as never, toArray()));
    };
    for (const ms of [150, 300, undefined]) await work(ms);
    const all = await messagesOf(subject);
    expect(new Set(all.map(({ id }) => id)).size).toBe(600);
    expect(all).toHaveLength(600);
    for (const own of new Set(rows.map(({ key }) => key))) {
      const m = stateful(model, { backend: 'simd' });
      const expected = rows
        .filter(({ key }) => key === own)
        .map(({ x }) => [...m([Math.fround(x)])]);
      const values = all.map(({ value }) => value as unknown as { key: string; y: unknown });
      const read = values.filter(({ key }) => key === own).map(({ y }) => y);
      expect(read.map(y => (y as number[]).map(Math.fround))).toEqual(expected);
    }
  },
);

test('a subject that no stream takes is refused, and so is a stream with other messages', async () => {
  const sink = await sinkOf('nobody.alarms');
  await expect(sink.last('j', 0)).rejects.toThrow(
    'toSubject nobody.alarms.0: expected a stream of JetStream that takes nobody.alarms.*, got ' +
      "none for nobody.alarms.0; make one: nats stream add --subjects 'nobody.alarms.*'",
  );
  const subject = await made();
  const used = await sinkOf(subject);
  await used.write('k', 0, told([{ ...output(0, 0), id: 'k:0:0:0' }]));
  const write = (await sinkOf(subject)).write('j', 0, told([output(0, 0)]));
  await expect(write).rejects.toThrow('expected an output of j, got k:0:0:0; a subject that takes');
  await client.request(`${subject}.1`, 'text');
  await expect(used.last('k', 1)).rejects.toThrow('expected an output of k, got ;');
});

test('an output that no message can hold is refused by its size', async () => {
  const sink = await sinkOf(await made());
  const write = sink.write('j', 0, told([output(0, 0, 'x'.repeat(2 ** 20))]));
  await expect(write).rejects.toThrow('.0: expected an output of at most 1048064 bytes, got 10486');
});

test('a job whose name no header can hold is refused', async () => {
  const sink = await sinkOf(await made());
  const write = sink.write('a\nb', 0, told([{ ...output(0, 0), id: 'a\nb:0:0:0' }]));
  await expect(write).rejects.toThrow('expected a job name that a header can hold');
});

test.each([
  [['out.>'], 'toSubject.subject: expected a subject without wildcards'],
  [['$JS.API'], 'toSubject.subject: expected a subject without wildcards'],
  [['out', { encode: 'json' }], 'toSubject.encode: expected a function'],
  [['out', { letters: 1 }], 'toSubject.letters: expected true or false, got 1'],
  [['out', { stream: 's' }], 'toSubject'],
])('toSubject(url, %j) is refused', async (more, message) => {
  const call = toSubject as (...values: unknown[]) => Promise<unknown>;
  await expect(call('nats://127.0.0.1:1', ...more)).rejects.toThrow(message);
});

test('a URL of another kind is refused', async () => {
  const call = toSubject('http://127.0.0.1:1', 'out');
  await expect(call).rejects.toThrow('toSubject.servers: expected a URL such as nats://');
});
