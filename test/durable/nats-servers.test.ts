import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection, nkeyAuthenticator, nkeys } from '@nats-io/transport-node';
import { lastValueFrom, toArray } from 'rxjs';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type NatsConnectionOptions, natsLog } from '../../src/durable/nats-log.js';
import { tokenOf } from '../../src/durable/places.js';
import {
  type DeadLetter,
  durable,
  fromStream,
  ingest,
  type PartitionLog,
  partitionOf,
  toStream,
} from '../../src/durable.js';
import { gru } from '../../src/index.js';
import { all, bytes, event } from './conformance.js';
import { type NatsServer, startNats } from './nats.js';
import '../slow.js';

let server: NatsServer;
let client: NatsConnection;
let count = 0;
const logs: PartitionLog[] = [];
const own: NatsServer[] = [];

beforeAll(async () => {
  server = await startNats({
    config: 'mappings = { "sensors.*": "mapped.in.{{partition(4,1)}}.{{wildcard(1)}}" }',
  });
  client = await connect({ servers: server.url });
});
afterEach(async () => {
  vi.restoreAllMocks();
  for (const log of logs.splice(0)) await log.close();
  for (const one of own.splice(0)) await one.end();
});
afterAll(async () => {
  await client.close();
  await server.end();
});

type Given = Parameters<typeof natsLog>[1];

async function open(options: Given, servers: string | NatsConnectionOptions = server.url) {
  const log = await natsLog(servers, options);
  logs.push(log);
  return log;
}

async function started(options: Parameters<typeof startNats>[0]): Promise<NatsServer> {
  const one = await startNats(options);
  own.push(one);
  return one;
}

const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

describe('events of other programs', () => {
  test('a message with a key in base64url as its last token is an event', async () => {
    const name = `other-${count++}`;
    const log = await open({ name, partitions: 1 });
    const js = jetstream(client);
    await js.publish(`${name}.in.0.${Buffer.from('датчик 7').toString('base64url')}`, text([1]));
    const [found] = await all(log.read(0, 0));
    expect([found.key, [...found.value], found.offset]).toEqual(['датчик 7', [...text([1])], 1]);
    expect(found.invalid).toBeUndefined();
  });

  test('the server’s own partition function puts them where the library does', async () => {
    const log = await open({ name: 'mapped', partitions: 4 });
    const keys = Array.from({ length: 200 }, (_, i) => `sensor ${i}`);
    const js = jetstream(client);
    for (const key of keys) await js.publish(`sensors.${tokenOf(key)}`, text([1]));
    const found = await Promise.all([0, 1, 2, 3].map(p => all(log.read(p, 0))));
    const placed = found.flatMap((events, p) => events.map(({ key }) => [key, p]));
    expect(placed.sort()).toEqual(keys.map(key => [key, partitionOf(key, 4)]).sort());
  });

  test('a token that is no key, and a message without bytes, are dead letters', async () => {
    const name = `other-${count++}`;
    const log = await open({ name, partitions: 1 });
    await log.append(0, [{ key: 'a', value: text([1]) }]);
    const js = jetstream(client);
    await js.publish(`${name}.in.0.sensor!7`, text([1]));
    // Four characters of base64url, and no UTF-8.
    await js.publish(`${name}.in.0.temp`, text([1]));
    await js.publish(`${name}.in.0.${tokenOf('a')}`, '');
    await log.append(0, [{ key: 'a', value: text([2]) }]);
    const letters: DeadLetter[] = [];
    const job = {
      ...{ job: 'j', model: gru(1, 2, { seed: 1 }) },
      deadLetters: { next: (letter: DeadLetter) => void letters.push(letter) },
    };
    const outputs = await lastValueFrom(
      fromStream<number[]>(log, { follow: false }).pipe(durable(log, job as never), toArray()),
    );
    expect(outputs.map(({ key, offset }) => [key, offset])).toEqual([
      ['a', 1],
      ['a', 5],
    ]);
    expect(letters.map(({ kind, key, offset }) => [kind, key, offset])).toEqual([
      ['poison', 'sensor!7', 2],
      ['poison', 'temp', 3],
      ['poison', 'a', 4],
    ]);
    expect(letters[0].reason).toContain("as the last token, got 'sensor!7'");
    expect(letters[2].reason).toBe('payload: expected 1 byte, got 0 bytes');
  });

  test('a stream that reads events without a job ends with an error at one that is none', async () => {
    const name = `other-${count++}`;
    const log = await open({ name, partitions: 1 });
    await jetstream(client).publish(`${name}.in.0.sensor!7`, text([1]));
    const read = lastValueFrom(fromStream(log, { follow: false }));
    await expect(read).rejects.toThrow("got 'sensor!7'; another program has published it");
  });

  test('events that come between those of an append have offsets of their own', async () => {
    const name = `other-${count++}`;
    const log = await open({ name, partitions: 1 });
    let isOver = false;
    const others = (async () => {
      while (!isOver) {
        for (let i = 0; i < 50; i++) client.publish(`${name}.in.0.${tokenOf('x')}`, text([1]));
        await client.flush();
      }
    })();
    const { from } = await import('rxjs');
    const rows = Array.from({ length: 5000 }, (_, i) => ({ id: `k${i}` }));
    const stored = await lastValueFrom(
      from(rows).pipe(ingest(log, { key: ({ id }) => id }), toArray()),
    );
    isOver = true;
    await others;
    const keys = (await all(log.read(0, 0))).map(({ key }) => key);
    expect(stored.map(({ offset }) => keys[offset - 1])).toEqual(rows.map(({ id }) => id));
    expect(keys.length).toBeGreaterThan(5000);
    expect(keys.filter(key => key !== 'x')).toEqual(rows.map(({ id }) => id));
  });
});

describe('limits', () => {
  test('what is more than max_payload is refused, and the message names it', async () => {
    const small = await started({ config: 'max_payload: 4096' });
    const log = await open({ partitions: 1 }, small.url);
    expect(log.maxBytes).toBe(4096 - 512);
    const key = 'k'.repeat(1024);
    expect(await log.append(0, [{ key, value: new Uint8Array(log.maxBytes) }])).toBe(1);
    expect(await log.commit('j'.repeat(64), 0, 0, new Uint8Array(log.maxBytes))).toBe(1);
    const value = new Uint8Array(log.maxBytes + 1);
    await expect(log.append(0, [{ key, value }])).rejects.toThrow('max_payload');
    await expect(log.commit('job', 0, 0, value)).rejects.toThrow('max_payload');
    const [found] = await all(log.read(0, 0));
    expect([found.key, found.value.length]).toEqual([key, log.maxBytes]);
  });

  test('a full stream refuses events, drops none, and names the reason', async () => {
    const name = `full-${count++}`;
    const log = await open({ name, partitions: 1 });
    const { streams } = await jetstreamManager(client);
    await streams.update(`${name}-in-0`, { max_msgs: 10 });
    await log.append(
      0,
      Array.from({ length: 10 }, (_, i) => event(`a${i}`, 1)),
    );
    await expect(log.append(0, [event('b', 1)])).rejects.toThrow('maximum messages exceeded');
    expect(await log.lastOffset(0)).toBe(10);
    await log.forget(0, 3);
    const half = log.append(
      0,
      Array.from({ length: 5 }, (_, i) => event(`c${i}`, 1)),
    );
    await expect(half).rejects.toThrow('3 of 5 are stored');
    expect((await all(log.read(0, 10))).map(({ key }) => key)).toEqual(['c0', 'c1', 'c2']);
  });

  test('a reader of events that a limit has dropped is told so', async () => {
    const name = `dropped-${count++}`;
    const log = await open({ name, partitions: 1 });
    await log.append(
      0,
      Array.from({ length: 20_000 }, (_, i) => event('a', i)),
    );
    const reading = log.read(0, 0)[Symbol.asyncIterator]();
    await reading.next();
    const { streams } = await jetstreamManager(client);
    await streams.update(`${name}-in-0`, { max_msgs: 5, discard: 'old' as never });
    const rest = async () => {
      while (!(await reading.next()).done);
    };
    await expect(rest()).rejects.toThrow(/events of partition 0: expected number \d+ to be kept/);
    await expect(all(log.read(0, 0))).rejects.toThrow('expected number 1 to be kept, got 19996');
  });

  test('a snapshot that goes while it is read is an error that says what to do', async () => {
    const log = await open({ name: `snapshot-${count++}`, partitions: 1 });
    async function* large() {
      for (let i = 0; i < 60; i++) yield new Uint8Array(900_000);
    }
    await log.commit('job', 0, 0, bytes(1));
    await log.snapshot('job', 0, 1, large(), 0);
    const reading = (await log.restore('job', 0))!.chunks()[Symbol.asyncIterator]();
    await reading.next();
    await log.commit('job', 0, 1, bytes(1));
    await log.snapshot('job', 0, 2, large(), 0);
    const rest = async () => {
      while (!(await reading.next()).done);
    };
    await expect(rest()).rejects.toThrow('a newer one came: restore again');
  });
});

describe('clocks of other machines', () => {
  test.each([3_600_000, -3_600_000])('a clock that is %i ms off changes no lease', async skew => {
    const name = `clock-${count++}`;
    const [here, there] = [await open({ name, partitions: 1 }), await open({ name })];
    const now = Date.now.bind(Date);
    const clock = vi.spyOn(Date, 'now');
    const at = async <T>(offset: number, call: () => Promise<T>) => {
      clock.mockImplementation(() => now() + offset);
      return call();
    };
    const lease = await at(0, () => here.lease('job', 0, 'here', 400));
    await at(0, () => here.join('job', 'here', 400));
    expect(await at(skew, () => there.lease('job', 0, 'there', 400))).toBeUndefined();
    expect(await at(skew, () => there.owner('job', 0))).toBe('here');
    expect(await at(skew, () => there.members('job'))).toEqual(['here']);
    const wait = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));
    await wait(250);
    expect(await at(0, () => lease!.renew())).toBe(true);
    await wait(250);
    // The member has not renewed in time, the lease has.
    expect(await at(skew, () => there.members('job'))).toEqual([]);
    expect(await at(skew, () => there.owner('job', 0))).toBe('here');
    await wait(250);
    // Nobody has asked for it meanwhile, and it is over all the same.
    expect(await at(skew, () => there.owner('job', 0))).toBeUndefined();
    expect(await at(skew, () => there.lease('job', 0, 'there', 400))).toBeDefined();
    expect(await at(0, () => lease!.renew())).toBe(false);
  });

  test('a lease that is released is another’s at once', async () => {
    const name = `clock-${count++}`;
    const [here, there] = [await open({ name, partitions: 1 }), await open({ name })];
    const lease = await here.lease('job', 0, 'here', 60_000);
    expect(await there.lease('job', 0, 'there', 60_000)).toBeUndefined();
    await lease!.release();
    expect(await there.lease('job', 0, 'there', 60_000)).toBeDefined();
  });
});

describe('connections', () => {
  test('a user and a password may stand in the URL, or in the options', async () => {
    const { port } = await started({ config: 'authorization { user: "ann", password: "p@ss:1" }' });
    const text = `nats://ann:${encodeURIComponent('p@ss:1')}@127.0.0.1:${port}`;
    const log = await open({ partitions: 1 }, text);
    expect(await log.append(0, [event('a', 1)])).toBe(1);
    expect(log.name).not.toContain('p@ss');
    const servers = `nats://127.0.0.1:${port}`;
    const second = await open({}, { servers, user: 'ann', pass: 'p@ss:1' });
    expect(await second.lastOffset(0)).toBe(1);
    const wrong = natsLog({ servers, user: 'ann', pass: 'no' });
    await expect(wrong).rejects.toThrow(/expected a connection, got '?Authorization Violation/i);
  });

  test('a token, and an nkey by an authenticator, open a log', async () => {
    const token = await started({ config: 'authorization { token: "s3cret" }' });
    const log = await open({ partitions: 1 }, `nats://s3cret@127.0.0.1:${token.port}`);
    expect(await log.append(0, [event('a', 1)])).toBe(1);
    const pair = nkeys.createUser();
    const config = `authorization { users: [ { nkey: "${pair.getPublicKey()}" } ] }`;
    const { url } = await started({ config });
    const authenticator = nkeyAuthenticator(pair.getSeed());
    const second = await open({ partitions: 1 }, { servers: url, authenticator });
    expect(await second.append(0, [event('a', 1)])).toBe(1);
    await expect(natsLog(url)).rejects.toThrow('expected a connection');
  });

  test('a server with TLS is asked for its certificate', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rxrecur-tls-'));
    try {
      const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
      const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
      const files = ['-keyout', key, '-out', certificate, '-days', '2', '-nodes'];
      execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', ...files, ...subject], {
        stdio: 'pipe',
      });
      const { port } = await started({
        config: `tls { cert_file: "${certificate}", key_file: "${key}" }`,
      });
      const servers = `tls://localhost:${port}`;
      const tls = { ca: readFileSync(certificate, 'utf8') };
      const log = await open({ partitions: 1 }, { servers, tls });
      expect(await log.append(0, [event('a', 1)])).toBe(1);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('a server without JetStream is refused, with what to do', async () => {
    const { url } = await started({ jetstream: false });
    await expect(natsLog(url)).rejects.toThrow(
      /expected servers with JetStream, got one without; start nats-server with -js/,
    );
  });

  test('options that do not fit are refused by name', async () => {
    const refused = (options: unknown, text: string) =>
      expect(natsLog(server.url, options as Given)).rejects.toThrow(text);
    await refused({ name: 'a.b' }, 'natsLog.name: expected 1 to 32 letters, digits, - and _, got');
    await refused({ name: '' }, 'natsLog.name');
    await refused({ partitions: 0 }, 'natsLog.partitions: expected 1 to 4096, got 0');
    await refused({ replicas: 9 }, 'natsLog.replicas: expected 1 to 5, got 9');
    await refused({ storage: 'disk' }, "natsLog.storage: expected 'file' or 'memory', got 'disk'");
    await refused({ bucket: 'x' }, 'natsLog: expected options named name, partitions');
    await expect(natsLog('http://a:1')).rejects.toThrow('expected a URL such as nats://');
    await expect(natsLog(7 as never)).rejects.toThrow('natsLog.servers: expected a URL, URLs, or');
  });

  test('a log keeps its storage, and a version that is newer is refused', async () => {
    const name = `kept-${count++}`;
    await open({ name, partitions: 2, storage: 'memory' });
    const { streams } = await jetstreamManager(client);
    expect((await streams.info(`${name}-in-1`)).config.storage).toBe('memory');
    const file = natsLog(server.url, { name, storage: 'file' });
    await expect(file).rejects.toThrow('natsLog.storage: expected memory, as in');
    expect((await open({ name })).partitions).toBe(2);
    const note = { format: 'rxrecur/log', version: 2, partitions: 2 };
    await jetstream(client).publish(`${name}.log.config`, text(note));
    await expect(natsLog(server.url, { name })).rejects.toThrow(
      /expected rxrecur\/log, version 1, got rxrecur\/log, version 2/,
    );
  });

  test('a stream of that name that is somebody else’s is refused', async () => {
    const { streams } = await jetstreamManager(client);
    await streams.add({ name: 'taken-in-0', subjects: ['orders.*'] });
    await expect(natsLog(server.url, { name: 'taken', partitions: 1 })).rejects.toThrow(
      'the stream taken-in-0: expected the subjects taken.in.0.*, got',
    );
  });

  test('a sink on the same server has each output once', async () => {
    const [log, alarms] = [
      await open({ name: `sink-${count++}`, partitions: 2 }),
      await open({ name: `sink-${count++}`, partitions: 2 }),
    ];
    const keys = Array.from({ length: 50 }, (_, i) => `k${i}`);
    for (const key of keys) {
      await log.append(partitionOf(key, 2), [{ key, value: text([1]) }]);
    }
    const job = { job: 'j', model: gru(1, 2, { seed: 1 }), sinks: [toStream(alarms)] };
    for (let run = 0; run < 2; run++) {
      await lastValueFrom(fromStream<number[]>(log, { follow: false }).pipe(durable(log, job)), {
        defaultValue: undefined,
      });
    }
    const found = [...(await all(alarms.read(0, 0))), ...(await all(alarms.read(1, 0)))];
    expect(found.map(({ key }) => key).sort()).toEqual([...keys].sort());
  });
});
