import { setTimeout as delay } from 'node:timers/promises';
import { partitions } from '../jobs.mjs';
import { pick } from '../random.mjs';
import { whole } from './server.mjs';

/** Milliseconds from a kill to the next record of the partition whose leader it was. */
const gaps = [];

/** SIGKILL takes the node that leads the records of a partition. */
export const leaders = {
  help: 'SIGKILLs of the node that leads a partition’s records',
  adapters: ['nats-cluster'],
  async strike({ crew, next, jobs, cluster, places, note }) {
    await crew.somebody();
    await delay(300 * next() ** 2);
    const [, log] = places.log.split('#');
    const token = Buffer.from(pick(next, jobs).name).toString('base64url');
    const partition = Math.floor(partitions * next());
    const leader = await cluster.leaderOf(`${log}-rec-${token}-${partition}`);
    if (!leader) return false;
    const exit = leader.stop('SIGKILL');
    const [begin, killed] = [performance.now(), Date.now()];
    await exit;
    const subject = `${log}.rec.${token}.${partition}`;
    for (;;) {
      const last = await cluster.last(`${log}-rec-${token}-${partition}`, subject);
      if (last?.time.getTime() > killed) break;
      if (performance.now() - begin > 60_000) {
        note(`leaders: no record of ${subject} within a minute`);
        break;
      }
      await delay(10);
    }
    gaps.push(performance.now() - begin);
    await leader.start();
    await delay(500 + 1000 * next());
    await whole(cluster);
  },
  told() {
    if (!gaps.length) return [];
    const sorted = gaps.map(Math.round).sort((a, b) => a - b);
    const at = part => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
    const spread = `median ${at(0.5)}, p95 ${at(0.95)}, most ${sorted.at(-1)}`;
    return [[`leaders lost: ms from the kill to the next record: ${spread}`, sorted.length]];
  },
};
