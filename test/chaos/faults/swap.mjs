import { setTimeout as delay } from 'node:timers/promises';

/** Other parameters for one worker, or for all: the records say from which event on. */
export const swaps = {
  help: 'swaps of parameters, where a job takes them',
  async strike({ crew, next, jobs, asked }) {
    if (!jobs.some(job => job.swaps)) throw new Error('none of the jobs takes other parameters');
    const set = Math.floor(4 * next());
    asked.sets.add(set);
    const worker = await crew.somebody();
    for (const one of next() < 0.5 ? [worker] : crew.workers) {
      if (one.child.connected) one.child.send({ swap: set }, () => {});
    }
    await delay(300 * next() ** 2);
  },
};
