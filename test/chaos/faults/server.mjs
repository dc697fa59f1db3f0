import { setTimeout as delay } from 'node:timers/promises';
import { pick } from '../random.mjs';

/** SIGKILL takes a server, which comes back on what it has stored; at times after the leases. */
export const servers = {
  help: 'SIGKILLs of a server, which comes back with its store',
  adapters: ['nats', 'nats-cluster', 'redis'],
  async strike({ crew, next, ttl, servers, cluster }) {
    await crew.somebody();
    await delay(300 * next() ** 2);
    const server = pick(next, servers);
    await server.stop('SIGKILL');
    await delay(1.5 * ttl * next() ** 4);
    await server.start();
    // The next one strikes who works.
    await delay(500 + 1000 * next());
    if (cluster) await whole(cluster);
  },
};

/** Waits until all replicas have all: a cluster of three endures the loss of one at a time. */
export async function whole(cluster) {
  const until = performance.now() + 30_000;
  while (!(await cluster.isWhole()) && performance.now() < until) await delay(100);
}
