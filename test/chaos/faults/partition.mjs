import { setTimeout as delay } from 'node:timers/promises';
import { pick } from '../random.mjs';
import { whole } from './server.mjs';

/**
 * One node of a cluster is alone: its connections to the others are cut and refused; or nobody is
 * answered on them, in one direction. Workers still reach it.
 */
export const partitions = {
  help: 'times of a node that the others do not reach',
  adapters: ['nats-cluster'],
  async strike({ crew, next, cluster }) {
    await crew.somebody();
    await delay(300 * next() ** 2);
    const { name } = pick(next, cluster.nodes);
    const [from, to] = ['from', 'to'].map(end => cluster.routes.filter(one => one[end] === name));
    const time = 1000 + 7000 * next() ** 2;
    if (next() < 0.7) {
      const all = [...from, ...to];
      for (const { proxy } of all) proxy.cut();
      await delay(time);
      for (const { proxy } of all) proxy.heal();
    } else {
      const some = next() < 0.5 ? from : to;
      await Promise.all(some.map(({ proxy }) => proxy.loseAnswers(time)));
    }
    await delay(1000);
    await whole(cluster);
  },
};
