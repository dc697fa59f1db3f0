import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type RedisLogOptions, redisLog } from '../../src/durable/redis-log.js';
import { FencedError, type PartitionLog, UnknownError } from '../../src/durable.js';
import { all, bytes, chunksOf, event } from './conformance.js';
import { type RedisServer, startProxy, startRedis } from './redis.js';
import '../slow.js';

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server?.end());

let logs = 0;
const rest: (() => unknown)[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const end of rest.splice(0).reverse()) await end();
});

const newName = () => `log-${logs++}`;

async function open(url = server.url, options: Partial<RedisLogOptions> = {}) {
  const name = newName();
  const setup = { name, partitions: 2, durability: 'always', patience: 10_000 } as const;
  const log = await redisLog(url, { ...setup, ...options });
  rest.push(() => log.close());
  return log;
}

/** A client of its own, to see and change what the log has stored. */
function client(url = server.url): Redis {
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  redis.on('error', () => {});
  rest.push(() => redis.disconnect());
  return redis;
}

async function disturbed(options: Partial<RedisLogOptions> = {}) {
  const proxy = await startProxy(server.port);
  rest.push(() => proxy.end());
  const name = newName();
  const log = await open(proxy.url, { name, ...options });
  return { proxy, log, name };
}

const keysIn = async (log: PartitionLog) => (await all(log.read(0, 0))).map(({ key }) => key);
const recordsIn = async (log: PartitionLog) =>
  (await all(log.records('job', 0, 0))).map(({ bytes }) => bytes[0]);

describe('a Redis server that is killed', () => {
  test('has all that was acknowledged, each once, when it is there again', async () => {
    const log = await open();
    const follower = await open(server.url, { name: `log-${logs - 1}` });
    const abort = new AbortController();
    const followed: string[] = [];
    const following = (async () => {
      for await (const some of follower.read(0, 0, abort.signal)) {
        followed.push(...some.map(({ key }) => key));
      }
    })();
    let isOn = true;
    const appended: string[] = [];
    const append = async (partition: number, keys: string[], producer: string) => {
      for (let i = 0; isOn; i++) {
        const key = `${producer}-${i}`;
        await log.append(partition, [event(key, 1), event(key, 2)]);
        keys.push(key, key);
      }
    };
    let revision = 0;
    const commit = async () => {
      while (isOn) revision = await log.commit('job', 0, revision, bytes(revision % 256));
    };
    const work = [append(0, appended, 'a'), append(0, appended, 'b'), commit()];
    for (let kills = 0; kills < 6; kills++) {
      await delay(60 + 37 * kills);
      await server.restart('SIGKILL');
    }
    isOn = false;
    await Promise.all(work);
    const keys = await keysIn(log);
    expect(revision).toBeGreaterThan(6);
    expect(appended.length).toBeGreaterThan(12);
    expect([...keys].sort()).toEqual([...appended].sort());
    expect(await recordsIn(log)).toEqual(Array.from({ length: revision }, (_, i) => i % 256));
    for (let i = 0; followed.length < keys.length && i < 500; i++) await delay(10);
    abort.abort();
    await following;
    expect(followed).toEqual(keys);
  });

  test('keeps leases and members', async () => {
    const log = await open();
    const lease = await log.lease('job', 0, 'a', 60_000);
    await log.join('job', 'a', 60_000);
    await server.restart('SIGKILL');
    expect(await log.owner('job', 0)).toBe('a');
    expect(await lease!.renew()).toBe(true);
    expect(await log.members('job')).toEqual(['a']);
  });

  test('does not keep a reader that waits from ending', async () => {
    const mortal = await startRedis();
    rest.push(() => mortal.end());
    const log = await open(mortal.url);
    const abort = new AbortController();
    const reading = all(log.read(0, 0, abort.signal));
    await mortal.stop('SIGKILL');
    await delay(50);
    abort.abort();
    expect(await reading).toEqual([]);
    const closed = all(log.read(0, 0, new AbortController().signal));
    await delay(50);
    await log.close();
    expect(await closed).toEqual([]);
  });

  test('and stays away is an error of each call, after its time', async () => {
    const mortal = await startRedis();
    rest.push(() => mortal.end());
    const log = await open(mortal.url, { patience: 300 });
    await log.append(0, [event('a', 1)]);
    await mortal.stop('SIGKILL');
    await delay(50);
    await expect(log.lastOffset(0)).rejects.toThrow(
      /expected an answer of the server, got .*REFUSED/,
    );
    await expect(log.append(0, [event('a', 1)])).rejects.toThrow(/REFUSED.*; nothing was stored/);
    await expect(all(log.read(0, 0))).rejects.toThrow('expected an answer of the server');
    await expect(log.join('job', 'a', 1000)).rejects.toThrow('expected an answer of the server');
    await expect(open(mortal.url, { patience: 300 })).rejects.toThrow(/redisLog: .*REFUSED/);
  });
});

describe('a Redis server that hangs', () => {
  test('leaves a commit unknown, and the log tells later', async () => {
    const slow = await startRedis();
    rest.push(() => slow.end());
    const log = await open(slow.url, { patience: 500 });
    await log.commit('job', 0, 0, bytes(1));
    slow.signal('SIGSTOP');
    const commit = log.commit('job', 0, 1, bytes(2));
    const append = log.append(0, [event('a', 1)]);
    const results = await Promise.allSettled([commit, append]);
    for (const result of results) {
      expect(result).toMatchObject({ status: 'rejected', reason: expect.any(UnknownError) });
    }
    slow.signal('SIGCONT');
    await delay(300);
    const stored = await recordsIn(log);
    expect([[1], [1, 2]]).toContainEqual(stored);
    expect(await log.commit('job', 0, stored.length, bytes(3))).toBe(stored.length + 1);
  });
});

describe('a connection that is lost', () => {
  test('with the answer to an append costs nothing, and the events are there once', async () => {
    const { proxy, log } = await disturbed();
    await log.append(0, [event('a', 1)]);
    proxy.lose('lost');
    expect(await log.append(0, [event('lost', 1)])).toBe(2);
    expect(await log.append(0, [event('c', 1)])).toBe(3);
    expect(await keysIn(log)).toEqual(['a', 'lost', 'c']);
  });

  test('with the answer to a commit leaves one record, even after those of others', async () => {
    const { proxy, log, name } = await disturbed();
    const other = await open(server.url, { name });
    await log.commit('job', 0, 0, bytes(1));
    proxy.lose('lost');
    const mine = log.commit('job', 0, 1, new TextEncoder().encode('lost'));
    await vi.waitFor(async () => {
      await other.commit('job', 0, 2, bytes(3));
    });
    expect(await mine).toBe(2);
    expect(await recordsIn(log)).toEqual([1, 'l'.charCodeAt(0), 3]);
    await expect(log.commit('job', 0, 2, bytes(9))).rejects.toThrow(FencedError);
  });

  test('before a command arrives: it is sent again, and does nothing when it arrives late', async () => {
    const { proxy, log } = await disturbed();
    await log.append(0, [event('a', 1)]);
    const holding = proxy.hold('late');
    const append = log.append(0, [event('late', 1)]);
    const arrive = await holding;
    expect(await append).toBe(2);
    await log.append(0, [event('c', 1)]);
    await arrive();
    await delay(50);
    expect(await keysIn(log)).toEqual(['a', 'late', 'c']);
    const held = proxy.hold('record');
    const commit = log.commit('job', 0, 0, new TextEncoder().encode('record'));
    const goOn = await held;
    expect(await commit).toBe(1);
    await goOn();
    await delay(50);
    expect(await recordsIn(log)).toHaveLength(1);
  });

  test('in the midst of a snapshot costs nothing', async () => {
    const { proxy, log } = await disturbed();
    await log.commit('job', 0, 0, bytes(1));
    const chunks = async function* () {
      for (let i = 0; i < 5; i++) {
        if (i === 2) proxy.lose('chunk 2');
        yield new TextEncoder().encode(`chunk ${i}`);
      }
    };
    await log.snapshot('job', 0, 1, chunks(), 1);
    const snapshot = await log.restore('job', 0);
    const found: string[] = [];
    for await (const chunk of snapshot!.chunks()) found.push(new TextDecoder().decode(chunk));
    expect(found).toEqual([0, 1, 2, 3, 4].map(i => `chunk ${i}`));
  });
});

describe('a Redis server that has lost what it acknowledged', () => {
  /** The keys of a log as they are now, to be put back later. */
  async function saved(name: string) {
    const redis = client();
    const keys = await redis.keys(`${name}:*`);
    const dumps = await Promise.all(keys.map(key => redis.dumpBuffer(key)));
    return async () => {
      await redis.del(...(await redis.keys(`${name}:*`)));
      for (const [i, key] of keys.entries()) await redis.restore(key, 0, dumps[i]!);
    };
  }

  test('a worker that knows other records is fenced, though their number is the same', async () => {
    const name = newName();
    const [a, b] = [await open(server.url, { name }), await open(server.url, { name })];
    await a.commit('job', 0, 0, bytes(1));
    const back = await saved(name);
    await a.commit('job', 0, 1, bytes(2));
    await back();
    expect(await b.commit('job', 0, 1, bytes(3))).toBe(2);
    const late = a.commit('job', 0, 2, bytes(9));
    await expect(late).rejects.toThrow(FencedError);
    await expect(late).rejects.toThrow(
      'records of job.0: expected number 2 as it was read, got others in their place',
    );
    expect(await recordsIn(a)).toEqual([1, 3]);
    expect(await a.commit('job', 0, 2, bytes(4))).toBe(3);
  });

  test('records of events that are others now are fenced, once for each job', async () => {
    const name = newName();
    const [log, other] = [await open(server.url, { name }), await open(server.url, { name })];
    await log.append(0, [event('a', 1)]);
    await log.commit('idle', 0, 0, bytes(1));
    const back = await saved(name);
    await other.append(0, [event('b', 1), event('c', 1)]);
    expect(await keysIn(log)).toEqual(['a', 'b', 'c']);
    await back();
    await other.append(0, [event('B', 1)]);
    await other.append(0, [event('C', 1)]);
    const text = 'records of job.0: expected the events that were read, got others in their place';
    const commit = log.commit('job', 0, 0, bytes(1));
    await expect(commit).rejects.toThrow(FencedError);
    await expect(commit).rejects.toThrow(text);
    await expect(log.commit('idle', 0, 1, bytes(2))).rejects.toThrow(FencedError);
    expect(await keysIn(log)).toEqual(['a', 'B', 'C']);
    expect(await log.commit('job', 0, 0, bytes(1))).toBe(1);
    expect(await log.commit('idle', 0, 1, bytes(2))).toBe(2);
    await log.forget(0, 3);
    expect(await log.commit('job', 0, 1, bytes(2))).toBe(2);
  });

  test('a reader that has read more is told', async () => {
    const name = newName();
    const log = await open(server.url, { name });
    await log.append(0, [event('a', 1)]);
    const back = await saved(name);
    await log.append(0, [event('b', 1)]);
    const reading = (async () => {
      for await (const some of log.read(0, 0, new AbortController().signal)) {
        if (some.at(-1)?.offset === 2) await back();
      }
    })();
    await expect(reading).rejects.toThrow(UnknownError);
    await expect(reading).rejects.toThrow('number 2 to be kept, got a log that ends at 1');
  });

  test('a log without its keys is refused, not begun anew', async () => {
    const name = newName();
    const log = await open(server.url, { name });
    await log.append(0, [event('a', 1)]);
    const redis = client();
    await redis.del(...(await redis.keys(`${name}:*`)));
    const text = 'expected the log that was opened, got none';
    await expect(log.append(0, [event('b', 1)])).rejects.toThrow(text);
    await expect(log.commit('job', 0, 0, bytes(1))).rejects.toThrow(text);
    const again = await open(server.url, { name });
    expect(await again.append(0, [event('c', 1)])).toBe(1);
    await expect(log.append(0, [event('b', 1)])).rejects.toThrow(text);
  });

  test('bytes that change are an error that names them', async () => {
    const name = newName();
    const log = await open(server.url, { name });
    await log.append(0, [event('a', 1), event('b', 2)]);
    await log.commit('job', 0, 0, bytes(1));
    const redis = client();
    for (const key of [`${name}:{0}:events`, `${name}:{0}:records:job`]) {
      const [[id, fields]] = await redis.xrangeBuffer(key, '-', '+');
      fields[1][0] ^= 1;
      await redis.del(key);
      await redis.xadd(key, id, ...fields);
    }
    await expect(all(log.read(0, 0))).rejects.toThrow(
      'the value of events of partition 0, number 2',
    );
    await expect(all(log.records('job', 0, 0))).rejects.toThrow('records of job.0, number 1');
    await redis.del(`${name}:{0}:events`);
    await expect(all(log.read(0, 0))).rejects.toThrow('expected number 1 to be there, got nothing');
  });
});

describe('a Redis log', () => {
  test('has the server’s time: the clocks of its processes may differ', async () => {
    const name = newName();
    const [a, b] = [await open(server.url, { name }), await open(server.url, { name })];
    const now = Date.now.bind(Date);
    let ahead = 0;
    vi.spyOn(Date, 'now').mockImplementation(() => now() + ahead);
    const begin = now();
    ahead = 3_600_000;
    const lease = await a.lease('job', 0, 'a', 400);
    await a.join('job', 'a', 400);
    await a.append(0, [event('x', 1)]);
    ahead = -3_600_000;
    await b.append(0, [event('y', 1)]);
    expect(await b.lease('job', 0, 'b', 400)).toBeUndefined();
    expect(await b.members('job')).toEqual(['a']);
    ahead = 3_600_000;
    expect(await lease!.renew()).toBe(true);
    ahead = -3_600_000;
    await delay(450);
    expect(await b.owner('job', 0)).toBeUndefined();
    expect(await b.lease('job', 0, 'b', 400)).toBeDefined();
    const times = (await all(a.read(0, 0))).map(({ time }) => time);
    expect(times[0]).toBeGreaterThanOrEqual(begin);
    expect(times[1]).toBeGreaterThanOrEqual(times[0]);
    expect(times[1]).toBeLessThanOrEqual(now());
  });

  test('keeps nothing of snapshots that were replaced or given up', async () => {
    const name = newName();
    const log = await open(server.url, { name });
    const redis = client();
    const chunkKeys = () => redis.keys(`${name}:*:chunks:*`);
    await log.commit('job', 0, 0, bytes(1));
    const failing = (async function* () {
      yield bytes(7);
      await vi.waitFor(async () => expect(await chunkKeys()).toHaveLength(1));
      const [key] = await chunkKeys();
      expect(await redis.pttl(key)).toBeGreaterThan(3_000_000);
      throw new Error('no more');
    })();
    await expect(log.snapshot('job', 0, 1, failing, 0)).rejects.toThrow('no more');
    expect(await chunkKeys()).toEqual([]);
    for (let i = 0; i < 3; i++) await log.snapshot('job', 0, 1, chunksOf(bytes(i)), 0);
    const [key] = await chunkKeys();
    expect(await chunkKeys()).toHaveLength(1);
    expect(await redis.pttl(key)).toBe(-1);
    await log.join('job', 'a', 1000);
    expect(await redis.pttl(`${name}:{terms}:job`)).toBeGreaterThan(86_000_000);
  });

  test('stores a record of 40 MB as one, and values of the last size that is allowed', async () => {
    const log = await open();
    const record = new Uint8Array(40e6).map((_, i) => i % 251);
    await log.commit('job', 0, 0, bytes(1));
    await log.commit('job', 0, 1, record);
    await log.commit('job', 0, 2, bytes(3));
    const found = await all(log.records('job', 0, 0));
    expect(found.map(({ revision }) => revision)).toEqual([1, 2, 3]);
    expect(Buffer.compare(found[1].bytes, record)).toBe(0);
    const value = new Uint8Array(2 ** 26).fill(7);
    await log.append(0, [{ key: 'a', value }]);
    expect(Buffer.compare((await all(log.read(0, 0)))[0].value, value)).toBe(0);
  });

  test('keeps one worker’s appends in order, however many wait', async () => {
    const log = await open();
    const appends = Array.from({ length: 500 }, (_, i) => {
      const after = i % 50 === 49 ? i : undefined;
      return log.append(0, [event(`${i}`, 1)], after);
    });
    expect(await Promise.all(appends)).toEqual(appends.map((_, i) => i + 1));
    expect(await keysIn(log)).toEqual(appends.map((_, i) => `${i}`));
  });

  test('follows where nobody may subscribe, and opens where nobody may read settings', async () => {
    const name = newName();
    const redis = client();
    await redis.acl(
      'SETUSER',
      'few',
      'on',
      '>secret',
      `~${name}:*`,
      '+@all',
      '-config',
      '-publish',
      '-subscribe',
    );
    const url = `redis://few:secret@127.0.0.1:${server.port}`;
    const log = await open(url, { name });
    const abort = new AbortController();
    const reading = (async () => {
      for await (const [first] of log.read(0, 0, abort.signal)) return first.key;
      return undefined;
    })();
    await delay(20);
    await log.append(0, [event('a', 1)]);
    expect(await reading).toBe('a');
    expect(log.name).toBe(`the Redis log ${name} at 127.0.0.1:${server.port}`);
    const wrong = open(`redis://few:wrong@127.0.0.1:${server.port}`, { name });
    await expect(wrong).rejects.toThrow(/^redisLog: expected the server to do it, got WRONGPASS/);
    const other = open(url, { name: 'another' });
    await expect(other).rejects.toThrow(/^another:log: expected the server to do it, got NOPERM/);
  });

  test('says that a full server stored nothing, and goes on when there is room', async () => {
    const small = await startRedis({ config: ['--maxmemory', '8mb'] });
    rest.push(() => small.end());
    const log = await open(small.url);
    const text = /got OOM.*; give the server more memory, or forget events/;
    const large = { key: 'a', value: new Uint8Array(2e6).fill(1) };
    const fill = async () => {
      for (;;) await log.append(0, [large]);
    };
    await expect(fill()).rejects.toThrow(text);
    const last = await log.lastOffset(0);
    expect(last).toBeGreaterThan(0);
    const smaller = client(small.url);
    await smaller.config('SET', 'maxmemory', '2mb');
    await expect(log.append(0, [event('b', 1)])).rejects.toThrow(text);
    await expect(log.commit('job', 0, 0, bytes(1))).rejects.toThrow(text);
    await log.forget(0, last);
    await smaller.config('SET', 'maxmemory', '8mb');
    expect(await log.firstOffset(0)).toBe(last + 1);
    expect(await log.append(0, [event('b', 1)])).toBe(last + 1);
    expect(await log.commit('job', 0, 0, bytes(1))).toBe(1);
  });
});

describe('redisLog refuses', () => {
  test('a server whose settings promise less than is asked for', async () => {
    const lax = await startRedis({ config: ['--appendonly', 'no'] });
    rest.push(() => lax.end());
    const redis = client(lax.url);
    await expect(open(lax.url, { durability: 'everysec' })).rejects.toThrow(
      'redisLog.durability: expected a server with appendonly yes, appendfsync everysec or always, got appendonly no',
    );
    expect(await open(lax.url, { durability: 'none' })).toBeDefined();
    await redis.config('SET', 'appendonly', 'yes');
    await redis.config('SET', 'appendfsync', 'everysec');
    await expect(open(lax.url)).rejects.toThrow(/appendfsync always, got appendfsync everysec; /);
    expect(await open(lax.url, { durability: 'everysec' })).toBeDefined();
    await redis.config('SET', 'appendfsync', 'no');
    await expect(open(lax.url, { durability: 'everysec' })).rejects.toThrow('got appendfsync no');
    await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
    await expect(open(lax.url, { durability: 'none' })).rejects.toThrow(
      'redisLog: expected a server that keeps its keys, got maxmemory-policy allkeys-lru',
    );
  });

  test('options that it does not honour, by name', async () => {
    const refused = async (place: unknown, text: string) => {
      await expect(redisLog(place as string, { name: 'a' })).rejects.toThrow(text);
    };
    await refused('', "redisLog: expected 'redis://…' or options of ioredis");
    await refused('http://localhost', "redisLog: expected 'redis://…', 'rediss://…' or");
    await refused(
      { keyPrefix: 'a' },
      "expected options that the log does not set itself, got 'keyPrefix'",
    );
    await refused('redis://localhost/?keyPrefix=a', "got 'keyPrefix'");
    await refused({ maxRetriesPerRequest: 3 }, "got 'maxRetriesPerRequest'");
    await refused({ nodes: [], redisOptions: { readOnly: true } }, "got 'readOnly'");
    const options = async (given: unknown, text: string) => {
      const wrong = redisLog(server.url, { name: 'a', ...Object(given) });
      await expect(wrong).rejects.toThrow(text);
    };
    await options({ name: 'a{b}' }, 'redisLog.name: expected a name without braces');
    await options({ name: '' }, 'redisLog.name: expected 1 to 64 bytes');
    await options({ sync: 'none' }, 'redisLog: expected options named name, partitions');
    await options({ replicas: -1 }, 'redisLog.replicas: expected a whole number from 0, got -1');
    await options({ patience: 0 }, 'redisLog.patience: expected milliseconds above 0, got 0');
    await options({ partitions: 0 }, 'redisLog.partitions: expected 1 to 4096, got 0');
    const cluster = redisLog({ nodes: [{ port: server.port }] }, { name: 'a', replicas: 1 });
    await expect(cluster).rejects.toThrow('redisLog.replicas: expected 0 for a cluster, got 1');
  });

  test('a key that is not a log’s', async () => {
    const name = newName();
    await client().set(`${name}:log`, 'hello');
    await expect(open(server.url, { name })).rejects.toThrow(`${name}:log: expected rxrecur/log`);
  });
});

describe('with `replicas`', () => {
  test('a commit that too few confirm is unknown', async () => {
    const [master, replica] = [await startRedis(), await startRedis()];
    rest.push(() => Promise.all([master.end(), replica.end()]));
    await client(replica.url).replicaof('127.0.0.1', master.port);
    const redis = client(master.url);
    await vi.waitFor(async () => {
      expect(await redis.info('replication')).toMatch(/slave0:.*state=online/);
    }, 10_000);
    const log = await open(master.url, { replicas: 1 });
    expect(await log.commit('job', 0, 0, bytes(1))).toBe(1);
    expect(await log.append(0, [event('a', 1)])).toBe(1);
    await replica.stop('SIGKILL');
    const commit = log.commit('job', 0, 1, bytes(2));
    await expect(commit).rejects.toThrow(UnknownError);
    await expect(commit).rejects.toThrow('expected 1 replicas to confirm it, got 0; it is stored');
    expect(await recordsIn(log)).toEqual([1, 2]);
  });
});
