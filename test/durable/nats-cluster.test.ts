import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { natsLog } from '../../src/durable/nats-log.js';
import type { PartitionLog } from '../../src/durable.js';
import { all, bytes } from './conformance.js';
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
