import { setTimeout as delay } from 'node:timers/promises';
import { pick } from '../random.mjs';

/**
 * Answers of a server are lost with their connections, come late, or no connection is to be had:
 * at times for longer than leases last. In Redis also the answer to just one commit or append.
 */
export const answers = {
  help: 'times of answers that are lost or late, or of no connection',
  adapters: ['nats', 'nats-cluster', 'redis'],
  async strike({ crew, next, ttl, proxies, words }) {
    await crew.somebody();
    await delay(200 * next() ** 2);
    const proxy = pick(next, proxies);
    const time = 50 + 1.5 * ttl * next() ** 3;
    const kind = pick(next, ['lost', 'late', 'cut', ...(words ? ['one', 'one'] : [])]);
    if (kind === 'one') words.lose(pick(next, ['RXRC', ':events']));
    else if (kind === 'lost') await proxy.loseAnswers(time);
    else if (kind === 'late') {
      proxy.slow(20 + 480 * next());
      await delay(time);
      proxy.slow(0);
    } else {
      proxy.cut();
      await delay(time);
      proxy.heal();
    }
    await delay(200 + 600 * next());
  },
};
