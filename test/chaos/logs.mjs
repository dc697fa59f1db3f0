// Where a campaign's logs are, by adapter. An adapter on a server would start it in `prepare`.
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

/**
 * By name: `prepare(folder, names)` answers `places`, a place for each log as plain data, and
 * `close`, which ends what it has started; `open(place)` opens one, in any process.
 */
export const adapters = {
  file: inFolders(place => fileLog(place, { partitions, segmentBytes: 2 ** 19 })),
  lmdb: inFolders(place => lmdbLog(place, { partitions })),
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
