// Starts servers of NATS that are one cluster, with proxies between them.

import { setTimeout as delay } from 'node:timers/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { freePort, startNats } from '../nats-server.mjs';
import { proxyTo } from './proxy.mjs';

/** Nobody listens there: what servers say of each other must not lead around the proxies. */
const nowhere = '127.0.0.1:1';

/**
 * Resolves to `nodes`, each with its `name` beside what `startNats` gives; to `routes`, a proxy for
 * each ordered pair of them, `{ from, to, proxy }`; to `leaderOf(stream)`, the node that leads it,
 * or undefined; to `isWhole()`, true if all replicas have all; to `last(stream, subject)`, its
 * newest message; and to what ends all of it.
 */
export async function startNatsCluster(count = 3) {
  const names = Array.from({ length: count }, (_, i) => `n${i}`);
  const ports = await Promise.all(names.map(freePort));
  const routes = [];
  for (const from of names) {
    for (const [i, to] of names.entries()) {
      if (from !== to) routes.push({ from, to, proxy: await proxyTo(ports[i]) });
    }
  }
  const configOf = (name, port) => {
    const own = routes.filter(({ from }) => from === name);
    const urls = own.map(({ proxy }) => `"nats-route://127.0.0.1:${proxy.port}"`);
    return `server_name: ${name}
cluster {
  name: chaos, listen: "127.0.0.1:${port}", advertise: "${nowhere}", no_advertise: true
  routes: [${urls.join(', ')}]
}`;
  };
  const nodes = await Promise.all(
    names.map(async (name, i) => ({
      name,
      ...(await startNats({ config: configOf(name, ports[i]) })),
    })),
  );
  const servers = nodes.map(({ url }) => url);
  const client = await connect({
    ...{ servers, ignoreClusterUpdates: true, waitOnFirstConnect: true },
    ...{ maxReconnectAttempts: -1, reconnectTimeWait: 100 },
  });
  const jsm = await jetstreamManager(client, { checkAPI: false, timeout: 2000 });
  const info = stream => jsm.streams.info(stream).catch(() => undefined);
  while (!(await jsm.getAccountInfo().catch(() => undefined))) await delay(50);
  return {
    nodes,
    routes,
    async leaderOf(stream) {
      const leader = (await info(stream))?.cluster?.leader;
      return nodes.find(({ name }) => name === leader);
    },
    async isWhole() {
      try {
        for await (const { cluster } of jsm.streams.list()) {
          const { leader, replicas = [] } = cluster ?? {};
          const others = replicas.filter(({ current, offline }) => current && !offline);
          if (!leader || others.length < count - 1) return false;
        }
        return true;
      } catch {
        return false;
      }
    },
    last: (stream, subject) =>
      jsm.streams.getMessage(stream, { last_by_subj: subject }).catch(() => undefined),
    async end() {
      await client.close();
      for (const node of nodes) await node.end();
      for (const { proxy } of routes) await proxy.end();
    },
  };
}
