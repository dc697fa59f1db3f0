import { closeSync, openSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { partitions } from '../jobs.mjs';
import { openLogs, sunkName } from '../logs.mjs';
import { pick } from '../random.mjs';
import { frameOf, segmentIn, segmentsOf } from './segments.mjs';

/**
 * The newest segments that a killed writer had end as writes that a power cut has torn: bytes after
 * the last whole frame are cut off, garbled, or begin a frame that is not all there. So does a
 * claim. One time in four the writer is who appends the events.
 */
export const tears = {
  help: 'writers that end in the midst of a write, whose bytes are garbled',
  adapters: ['file'],
  async strike(chaos) {
    const { crew, next, places, logs } = chaos;
    if (next() < 0.25) {
      await chaos.feed.paused(async () => {
        await logs.close();
        for (let p = 0; p < partitions; p++) tear(next, join(places.log, 'events', String(p)));
        chaos.logs = await openLogs(chaos);
      });
      return;
    }
    const worker = await crew.somebody();
    await delay(300 * next() ** 2);
    await crew.kill(worker);
    for (const [job, held] of Object.entries(worker.held)) {
      for (const p of held) {
        // As long as its lease runs nobody else writes there.
        if ((await logs.log.owner(job, p)) !== worker.member) continue;
        tear(next, join(places.log, 'jobs', job, String(p)));
        tear(next, join(places[sunkName(job)], 'events', String(p)));
      }
    }
  },
};

function tear(next, folder) {
  let paths;
  try {
    paths = segmentsOf(folder);
  } catch {
    return;
  }
  const path = paths.at(-1);
  if (!path) return;
  const { salt, end, size } = segmentIn(path);
  if (!salt) return;
  if (next() < 0.2) return tearClaim(next, path);
  if (size > end) truncateSync(path, end);
  const bytes = torn(next, salt, end);
  const file = openSync(path, 'r+');
  writeSync(file, bytes, 0, bytes.length, end);
  closeSync(file);
}

/** Whoever would have written next has created its segment, and its claim broke off. */
function tearClaim(next, path) {
  const epoch = Number(basename(path, '.log')) + 1;
  const bytes = Buffer.from(Array.from({ length: 127 * next() }, () => 256 * next()));
  if (bytes.length > 3) bytes.write('RXRS', 'latin1');
  writeFileSync(join(dirname(path), `${String(epoch).padStart(10, '0')}.log`), bytes);
}

/** A frame of which not all is there: it ends too early, or sectors of it are lost or of others. */
function torn(next, salt, position) {
  const length = Math.ceil(2 ** (3 + 14 * next()));
  const payload = Buffer.from(Array.from({ length }, () => 256 * next()));
  const frame = frameOf(payload, { salt, position });
  if (next() < 0.4) return frame.subarray(0, Math.floor(frame.length * next()));
  const sector = 512;
  const first = Math.floor(position / sector);
  const last = Math.floor((position + frame.length - 1) / sector);
  const lost = first + Math.floor((last - first + 1) * next());
  for (let i = first; i <= last; i++) {
    if (i !== lost && next() < 0.7) continue;
    const from = Math.max(0, i * sector - position);
    const to = Math.min(frame.length, (i + 1) * sector - position);
    const isZero = next() < 0.5;
    for (let at = from; at < to; at++) frame[at] = isZero ? 0 : 256 * next();
    // A byte that was zero before is no loss.
    frame[from] ^= isZero && !frame[from] ? 0 : pick(next, [1, 2, 4]);
  }
  // All of it may be as it was: then its end is not there.
  const again = frameOf(payload, { salt, position });
  const isWhole = frame.subarray(0, 28).equals(again.subarray(0, 28));
  return isWhole && frame.subarray(32).equals(again.subarray(32)) ? frame.subarray(0, 39) : frame;
}
