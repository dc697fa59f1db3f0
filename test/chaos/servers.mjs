// Servers of a campaign, with a proxy before each: what workers, feed and checker say goes
// through it. Beside places each has `servers`, which can be stopped and started again, and
// `proxies`; a cluster has more.
import { startNats } from '../nats-server.mjs';
import { startRedis } from '../redis-server.mjs';
import { startNatsCluster } from '../servers/nats-cluster.mjs';
import { proxyTo } from '../servers/proxy.mjs';
import { startProxy } from '../servers/redis-proxy.mjs';

const placesOf = (names, urls) =>
  Object.fromEntries(names.map(name => [name, `${urls.join(',')}#${name}`]));

export async function natsServer(_, names) {
  const server = await startNats();
  const proxy = await proxyTo(server.port);
  const close = async () => {
    await proxy.end();
    await server.end();
  };
  const places = placesOf(names, [`nats://127.0.0.1:${proxy.port}`]);
  return { places, servers: [server], proxies: [proxy], close };
}

export async function natsServers(_, names) {
  const cluster = await startNatsCluster();
  const servers = cluster.nodes;
  const proxies = await Promise.all(servers.map(({ port }) => proxyTo(port)));
  const places = placesOf(
    names,
    proxies.map(({ port }) => `nats://127.0.0.1:${port}`),
  );
  const close = async () => {
    for (const proxy of proxies) await proxy.end();
    await cluster.end();
  };
  return { places, servers, proxies, cluster, close };
}

export async function redisServer(_, names) {
  const server = await startRedis();
  const proxy = await proxyTo(server.port);
  // It knows one command from another.
  const words = await startProxy(proxy.port);
  const close = async () => {
    await words.end();
    await proxy.end();
    await server.end();
  };
  const places = placesOf(names, [words.url]);
  return { places, servers: [server], proxies: [proxy], words, close };
}
