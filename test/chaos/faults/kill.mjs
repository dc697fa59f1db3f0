import { setTimeout as delay } from 'node:timers/promises';

/** SIGKILL takes a worker at a random moment. */
export const kills = {
  help: 'SIGKILLs',
  async strike({ crew, next }) {
    const worker = await crew.somebody();
    await delay(300 * next() ** 2);
    crew.kill(worker);
  },
};
