// Where a campaign's logs are, by adapter: in folders, or on servers of its own.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileLog } from '../../dist/durable/file-log.js';
import { lmdbLog } from '../../dist/durable/lmdb-log.js';
import { partitions } from './jobs.mjs';

/** A log in a folder of its own below a campaign's. */
const inFolders = open => ({
  async prepare(folder, names) {
    const places = Object.fromEntries(names.map(name => [name, join(folder, name)]));
    for (const place of Object.values(places)) mkdirSync(place);
    return { places, close: async () => {} };
  },
  open,
});

const isSilence = text => /expected (to be told|an answer)|has come after this record/.test(text);

/** A log on servers, which may be silent for a while: what is not acknowledged is done again. */
const onServers = (prepare, open) => ({
  ttl: 2000,
  refusal: isSilence,
  async prepare(folder, names) {
    const servers = await import('./servers.mjs');
    return servers[prepare](folder, names);
  },
  async open(place) {
    const [urls, name] = place.split('#');
    return open(urls.split(','), name);
  },
});

async function openNats(servers, name, replicas) {
  const { natsLog } = await import('../../dist/durable/nats-log.js');
  // What servers say of each other would lead around the proxies.
  return natsLog({ servers, ignoreClusterUpdates: true }, { name, partitions, replicas });
}

async function openRedis([url], name) {
  const { redisLog } = await import('../../dist/durable/redis-log.js');
  return redisLog(url, { name, partitions, durability: 'always' });
}

/**
 * By name: `prepare(folder, names)` answers `places`, a place for each log as plain data, `close`,
 * which ends what it has started, and perhaps what faults are done to; `open(place)` opens one, in
 * any process. `ttl`: of leases, in milliseconds; `refusal`: which errors an append may be refused
 * with, beside those of faults.
 */
export const adapters = {
  file: inFolders(place => fileLog(place, { partitions, segmentBytes: 2 ** 19 })),
  lmdb: inFolders(place => lmdbLog(place, { partitions })),
  nats: onServers('natsServer', (urls, name) => openNats(urls, name, 1)),
  'nats-cluster': onServers('natsServers', (urls, name) => openNats(urls, name, 3)),
  redis: onServers('redisServer', openRedis),
};

/** The log of the events and jobs, and for each job the one that its sink fills. */
export const logNames = jobs => ['log', ...jobs.map(({ name }) => sunkName(name))];

export const sunkName = job => `sunk-${job}`;

export async function openLogs({ adapter, places }) {
  const { open } = adapters[adapter];
  const pairs = Object.entries(places).map(async ([name, place]) => {
    return [name, await open(place)];
  });
  const logs = Object.fromEntries(await Promise.all(pairs));
  const close = () => Promise.all(Object.values(logs).map(log => log.close()));
  return { ...logs, close };
}
