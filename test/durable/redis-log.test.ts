import { afterAll, beforeAll } from 'vitest';
import { type RedisPlace, redisLog } from '../../src/durable/redis-log.js';
import { conformance } from './conformance.js';
import { type RedisServer, startCluster, startRedis } from './redis.js';
import '../slow.js';

let server: RedisServer;
let nodes: readonly RedisServer[];
beforeAll(async () => {
  [server, nodes] = await Promise.all([startRedis(), startCluster(3)]);
});
afterAll(() => Promise.all([server, ...(nodes ?? [])].map(one => one?.end())));

let logs = 0;

const open = (place: RedisPlace, name: string, options: { readonly partitions?: number } = {}) => {
  return redisLog(place, { name, durability: 'always', patience: 5000, ...options });
};

conformance({
  name: 'a Redis',
  place: () => `${server.url}#log-${logs++}`,
  open(place, options) {
    const [url, name] = place.split('#');
    return open(url, name, options);
  },
  shared: 'redis',
  keeps: true,
});

conformance({
  name: 'a Redis cluster’s',
  place: () => `log-${logs++}`,
  open: (name, options) => open({ nodes: [{ port: nodes[0].port }] }, name, options),
  keeps: true,
});
