// Started by flip.mjs: reads what a worker would read to begin, and tells of the error it meets.
import { openLogs, sunkName } from '../logs.mjs';
import { newestHead } from '../records.mjs';

process.once('message', async ({ adapter, places, job, partition, kind }) => {
  const error = await readAll({ adapter, places }, { job, partition, kind });
  process.send({ error: error?.message }, () => process.exit());
});

async function readAll(campaign, { job, partition, kind }) {
  try {
    const logs = await openLogs(campaign);
    if (kind === 'sunk') {
      const log = logs[sunkName(job)];
      const last = await log.lastOffset(partition);
      for await (const _ of log.read(partition, Math.max(0, last - 1)));
      return undefined;
    }
    const head = await newestHead(logs.log, job, partition);
    if (kind !== 'events') return undefined;
    for await (const _ of logs.log.read(partition, head?.to ?? 0));
  } catch (error) {
    return error;
  }
}
