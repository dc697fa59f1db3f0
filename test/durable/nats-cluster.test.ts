import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { natsLog } from '../../src/durable/nats-log.js';
import type { PartitionLog } from '../../src/durable.js';
import { all, bytes, event } from './conformance.js';
import type { NatsServer } from './nats.js';
import '../slow.js';

interface Cluster {
  readonly nodes: readonly NatsServer[];
  isWhole(): Promise<boolean>;
  end(): Promise<void>;
}

const script = new URL('../servers/nats-cluster.mjs', import.meta.url).href;
const { startNatsCluster } = (await import(/* @vite-ignore */ script)) as {
  startNatsCluster(): Promise<Cluster>;
};

let cluster: Cluster;
let log: PartitionLog;

beforeAll(async () => {
  cluster = await startNatsCluster();
  const servers = cluster.nodes.map(({ url }) => url);
  log = await natsLog({ servers, ignoreClusterUpdates: true }, { partitions: 1, replicas: 3 });
}, 60_000);
afterAll(async () => {
  await log?.close();
  await cluster?.end();
});

test('a job’s first record waits for a server of a cluster that is away', async () => {
  await expect.poll(() => cluster.isWhole(), { timeout: 20_000 }).toBe(true);
  const [, , node] = cluster.nodes;
  await node.stop('SIGKILL');
  await delay(500);
  const commit = log.commit('job', 0, 0, bytes(1));
  commit.catch(() => {});
  await delay(3000);
  await node.start();
  expect(await commit).toBe(1);
  expect((await all(log.records('job', 0, 0))).length).toBe(1);
}, 60_000);

test('readers go on when a server of a cluster is killed, whichever had their consumers', async () => {
  const until = { timeout: 20_000 };
  const found: number[] = [];
  const stopping = new AbortController();
  const reading = (async () => {
    for await (const some of log.read(0, 0, stopping.signal)) {
      found.push(...some.map(({ offset }) => offset));
    }
  })();
  let last = 0;
  for (const node of cluster.nodes) {
    await expect.poll(() => cluster.isWhole(), until).toBe(true);
    last = await log.append(0, [event('a', last)]);
    await expect.poll(() => found.length, until).toBe(last);
    await node.stop('SIGKILL');
    last = await log.append(0, [event('a', last)]);
    await expect.poll(() => found.length, until).toBe(last);
    expect((await all(log.read(0, 0))).length).toBe(last);
    await node.start();
  }
  stopping.abort();
  await reading;
  expect(found).toEqual(Array.from({ length: last }, (_, i) => i + 1));
}, 120_000);
