import { setTimeout as delay } from 'node:timers/promises';

/** SIGSTOP holds a worker until others have its partitions; it goes on as a zombie. */
export const stops = {
  help: 'SIGSTOPs of 1.5 to 2.5 times the lease',
  async strike({ crew, next, ttl }) {
    const worker = await crew.somebody();
    await delay(300 * next() ** 2);
    worker.child.kill('SIGSTOP');
    crew.zombies.add(worker);
    delay(ttl * (1.5 + next())).then(() => {
      worker.child.kill('SIGCONT');
      crew.zombies.delete(worker);
    });
    await delay(ttl / 2);
  },
  async end({ crew }) {
    while (crew.zombies.size) await delay(100);
  },
};
