import { setTimeout as delay } from 'node:timers/promises';
import { jobStates } from '../../../dist/durable.js';
import { openLogs } from '../logs.mjs';
import { pick } from '../random.mjs';

/** States are reset and imported from outside, while workers run. */
export const changes = {
  help: 'resets and imports of states from outside, where a job takes them',
  async strike(chaos) {
    // LMDB's second opening in one process, closed while the first one writes, may wait for ever.
    if (chaos.adapter === 'lmdb') return change(chaos, chaos.logs.log);
    // As a command would: with a log of its own, so that no writer is left where tails are torn.
    const logs = await openLogs(chaos);
    try {
      return await change(chaos, logs.log);
    } finally {
      await logs.close();
    }
  },
};

async function change({ crew, next, jobs, asked }, log) {
  const able = jobs.filter(job => job.changes);
  if (!able.length) throw new Error('none of the jobs takes changes from outside');
  await crew.somebody();
  const job = pick(next, able);
  const states = jobStates(log, job.name);
  const known = [];
  for await (const { key } of states.list()) known.push(key);
  if (!known.length) return false;
  const [from, to] = [pick(next, known), pick(next, known)];
  const isReset = next() < 0.4;
  const own = { job: job.name, cause: isReset ? 'reset' : 'import', key: to };
  if (isReset) {
    if (!(await states.reset(to))) return false;
  } else {
    const snapshot = await states.get(from);
    if (!snapshot) return false;
    try {
      await states.import(to, snapshot);
    } catch (error) {
      // Its partition goes on with other parameters than that of the key that it is of.
      if (job.swaps && /^import\.weights: expected/.test(error.message)) return false;
      throw error;
    }
  }
  asked.changes.push(own);
  await delay(200 * next() ** 2);
}
