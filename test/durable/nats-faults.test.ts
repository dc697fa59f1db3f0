import { setTimeout as delay } from 'node:timers/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { natsLog } from '../../src/durable/nats-log.js';
import { FencedError, type PartitionLog, UnknownError } from '../../src/durable.js';
import { all, bytes, chunksOf, event } from './conformance.js';
import { type NatsServer, startNats } from './nats.js';
import { TcpProxy } from './tcp-proxy.js';
import '../slow.js';

let server: NatsServer;
let proxy: TcpProxy;
let count = 0;
const logs: PartitionLog[] = [];

beforeAll(async () => {
  server = await startNats();
  proxy = await TcpProxy.open(server.port);
});
afterEach(async () => {
  proxy.cut();
  for (const log of logs.splice(0)) await log.close();
});
afterAll(async () => {
  await proxy.end();
  await server.end();
});

async function open(name: string, url = server.url): Promise<PartitionLog> {
  const log = await natsLog(url, { name, partitions: 1 });
  logs.push(log);
  return log;
}

/** A log by way of the proxy, and the same one without it. */
async function openBoth() {
  const name = `faults-${count++}`;
  const direct = await open(name);
  return { direct, far: await open(name, `nats://127.0.0.1:${proxy.port}`) };
}

const numbered = (begin: number, length: number) =>
  Array.from({ length }, (_, i) => event(`key ${begin + i}`, 1));
const keysIn = async (log: PartitionLog, after = 0) =>
  (await all(log.read(0, after))).map(({ key }) => key);
const revisionsIn = async (log: PartitionLog, after = 0) =>
  (await all(log.records('job', 0, after))).map(({ bytes }) => bytes[0]);

describe('a NATS log whose connection loses answers', () => {
  test('an append that was stored and not acknowledged is stored once', async () => {
    const { direct, far } = await openBoth();
    await far.append(0, numbered(0, 10));
    proxy.isMute = true;
    const appended = far.append(0, numbered(10, 3000));
    // It sends some groups of messages before it wants to be answered.
    await expect.poll(() => direct.lastOffset(0)).toBeGreaterThan(2000);
    proxy.cut();
    expect(await appended).toBe(3010);
    expect(await keysIn(direct)).toEqual(numbered(0, 3010).map(({ key }) => key));
  });

  test('an append of which the server heard nothing is stored once', async () => {
    const { direct, far } = await openBoth();
    proxy.isDeaf = true;
    const appended = far.append(0, numbered(0, 3000), 0);
    await delay(200);
    expect(await direct.lastOffset(0)).toBe(0);
    proxy.cut();
    expect(await appended).toBe(3000);
    expect(await keysIn(direct)).toEqual(numbered(0, 3000).map(({ key }) => key));
  });

  test('others may append meanwhile: each event is there once, those of an append in order', async () => {
    const { direct, far } = await openBoth();
    for (let round = 0; round < 10; round++) {
      proxy.isMute = round % 2 === 0;
      proxy.isDeaf = round % 2 === 1;
      const appended = far.appendEach!(0, numbered(2000 * round, 2000));
      const others = Array.from({ length: 20 }, (_, i) => direct.append(0, [event(`x${i}`, 1)]));
      await Promise.all(others);
      proxy.cut();
      const offsets = await appended;
      const keys = await keysIn(direct);
      expect(offsets.map(offset => keys[offset - 1])).toEqual(
        numbered(2000 * round, 2000).map(({ key }) => key),
      );
    }
    const keys = await keysIn(direct);
    const own = keys.filter(key => key.startsWith('key'));
    expect(own).toEqual(numbered(0, 20_000).map(({ key }) => key));
    expect(keys).toHaveLength(20_200);
  });

  test('an append after an offset that another one took meanwhile is fenced', async () => {
    const { direct, far } = await openBoth();
    proxy.isDeaf = true;
    const appended = far.append(0, numbered(0, 2), 0).catch(error => error);
    await direct.append(0, [event('other', 1)]);
    proxy.cut();
    expect(await appended).toBeInstanceOf(FencedError);
    expect(await keysIn(direct)).toEqual(['other']);
  });

  test('a commit that was stored and not acknowledged has its revision', async () => {
    const { direct, far } = await openBoth();
    await far.commit('job', 0, 0, bytes(1));
    proxy.isMute = true;
    const committed = far.commit('job', 0, 1, bytes(2));
    await expect.poll(() => revisionsIn(direct)).toEqual([1, 2]);
    expect(await direct.commit('job', 0, 2, bytes(3))).toBe(3);
    proxy.cut();
    expect(await committed).toBe(2);
    expect(await revisionsIn(direct)).toEqual([1, 2, 3]);
  });

  test('a commit of which the server heard nothing is fenced where another one came', async () => {
    const { direct, far } = await openBoth();
    await far.commit('job', 0, 0, bytes(1));
    proxy.isDeaf = true;
    const committed = far.commit('job', 0, 1, bytes(2)).catch(error => error);
    await direct.commit('job', 0, 1, bytes(9));
    proxy.cut();
    expect(await committed).toBeInstanceOf(FencedError);
    expect(await revisionsIn(direct)).toEqual([1, 9]);
  });

  test('a snapshot on its way leaves the last one, or takes its place', async () => {
    const { direct, far } = await openBoth();
    await far.commit('job', 0, 0, bytes(1));
    await far.snapshot('job', 0, 1, chunksOf(bytes(1)), 0);
    await far.commit('job', 0, 1, bytes(2));
    proxy.isMute = true;
    const kept = far.snapshot('job', 0, 2, chunksOf(bytes(2), bytes(3)), 0).catch(error => error);
    await delay(200);
    proxy.cut();
    const failure = await kept;
    const restored = await direct.restore('job', 0);
    const chunks: number[] = [];
    for await (const [first] of restored!.chunks()) chunks.push(first);
    if (failure) expect(failure).toBeInstanceOf(UnknownError);
    expect([restored!.revision, chunks]).toEqual(failure ? [1, [1]] : [2, [2, 3]]);
  });

  test('a reader goes on after each new connection, without a gap', async () => {
    const { direct, far } = await openBoth();
    const abort = new AbortController();
    const offsets: number[] = [];
    const reading = (async () => {
      for await (const some of far.read(0, 0, abort.signal)) {
        offsets.push(...some.map(({ offset }) => offset));
        if (offsets.length >= 20_000) return;
      }
    })();
    for (let round = 0; round < 10; round++) {
      proxy.isMute = round % 2 === 0;
      await direct.append(0, numbered(0, 2000));
      await delay(20);
      proxy.cut();
      await delay(round * 20);
    }
    await reading;
    expect(offsets).toEqual(Array.from({ length: 20_000 }, (_, i) => i + 1));
  });

  test('a lease that cannot be renewed within its term is over', async () => {
    const { direct, far } = await openBoth();
    const lease = await far.lease('job', 0, 'far', 400);
    expect(await direct.lease('job', 0, 'near', 400)).toBeUndefined();
    proxy.isDeaf = true;
    const begin = performance.now();
    expect(await lease!.renew()).toBe(false);
    expect(performance.now() - begin).toBeLessThan(1000);
    expect(await direct.lease('job', 0, 'near', 400)).toBeDefined();
    proxy.cut();
  });
});

describe('a NATS log whose server is killed and started again', () => {
  test('appends end well or with an UnknownError, and nothing is lost or doubled', async () => {
    const { direct, far } = await openBoth();
    const stored = new Map<number, string>();
    const unknown: string[] = [];
    let isOver = false;
    const appending = (async () => {
      for (let i = 0; !isOver; i++) {
        const events = numbered(500 * i, 500);
        try {
          const offsets = await far.appendEach!(0, events);
          for (const [k, offset] of offsets.entries()) stored.set(offset, events[k].key);
        } catch (error) {
          expect(error).toBeInstanceOf(UnknownError);
          unknown.push(...events.map(({ key }) => key));
        }
      }
    })();
    for (let kill = 0; kill < 4; kill++) {
      await delay(300);
      await server.restart('SIGKILL');
    }
    await delay(500);
    isOver = true;
    await appending;
    const keys = await keysIn(direct);
    expect(new Set(keys).size).toBe(keys.length);
    for (const [offset, key] of stored) expect(keys[offset - 1]).toBe(key);
    expect(keys.length - stored.size).toBeLessThanOrEqual(unknown.length);
    expect(stored.size).toBeGreaterThan(5000);
  });

  test('a server that is killed after all may go has the last numbers still', async () => {
    const log = await open(`purged-${count++}`);
    let [revision, offset] = [0, 0];
    for (let round = 0; round < 4; round++) {
      for (let i = 0; i < 20; i++) {
        revision = await log.commit('job', 0, revision, bytes(i));
        offset = await log.append(0, [event(`key ${i}`, i)]);
      }
      await log.snapshot('job', 0, revision, chunksOf(bytes(1)), revision);
      await log.forget(0, offset);
      // The newest one of each stays, whatever may go.
      expect(await revisionsIn(log, revision - 1)).toEqual([19]);
      expect(await keysIn(log, offset - 1)).toEqual(['key 19']);
      await server.restart('SIGKILL');
      expect(await log.lastOffset(0)).toBe(offset);
      await expect(log.commit('job', 0, revision - 1, bytes(1))).rejects.toThrow(FencedError);
    }
    expect(await log.commit('job', 0, revision, bytes(1))).toBe(revision + 1);
  });

  test('a server that has lost records which a snapshot stands for is an error', async () => {
    const name = `lost-${count++}`;
    const log = await open(name);
    for (let i = 0; i < 3; i++) await log.commit('job', 0, i, bytes(i));
    await log.snapshot('job', 0, 3, chunksOf(bytes(1)), 1);
    expect((await log.restore('job', 0))?.revision).toBe(3);
    const client = await connect({ servers: server.url });
    const { streams } = await jetstreamManager(client);
    const [records] = (await streams.list(`${name}.rec.>`).next()).map(({ config }) => config);
    await streams.delete(records.name);
    await streams.add(records);
    await client.close();
    const error = await log.restore('job', 0).catch((cause: unknown) => cause);
    expect(String(error)).toMatch(
      /job\.0: expected record 3, as in its snapshot, got 0 as the last/,
    );
  });

  test('readers go on, and commits follow one another', async () => {
    const log = await open(`faults-${count++}`);
    const abort = new AbortController();
    const revisions: number[] = [];
    const reading = (async () => {
      for await (const some of log.records('job', 0, 0, abort.signal)) {
        revisions.push(...some.map(({ revision }) => revision));
      }
    })();
    let isOver = false;
    let newest = 0;
    const committing = (async () => {
      while (!isOver) newest = await log.commit('job', 0, newest, bytes(1));
    })();
    for (let kill = 0; kill < 3; kill++) {
      await delay(300);
      await server.restart('SIGKILL');
    }
    await delay(700);
    isOver = true;
    await committing;
    await expect.poll(() => revisions.length, { timeout: 20_000 }).toBe(newest);
    abort.abort();
    await reading;
    expect(revisions).toEqual(Array.from({ length: newest }, (_, i) => i + 1));
  });

  test('a server that sleeps for six seconds stores what waited once', async () => {
    const log = await open(`faults-${count++}`);
    await log.append(0, numbered(0, 10));
    await log.commit('job', 0, 0, bytes(1));
    server.signal('SIGSTOP');
    const [appended, committed] = [
      log.append(0, numbered(10, 2000)),
      log.commit('job', 0, 1, bytes(2)),
    ];
    await delay(6000);
    server.signal('SIGCONT');
    expect(await appended).toBe(2010);
    expect(await committed).toBe(2);
    expect(await keysIn(log)).toEqual(numbered(0, 2010).map(({ key }) => key));
    expect(await revisionsIn(log)).toEqual([1, 2]);
  });

  test('a log that is opened before its server waits for it', async () => {
    await server.stop();
    const opening = open(`faults-${count++}`);
    await delay(300);
    await server.start();
    expect(await (await opening).lastOffset(0)).toBe(0);
  });
});
