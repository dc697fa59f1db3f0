import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A disk of its own for a campaign; undefined where none may be mounted. */
export function smallDisk(path, megabytes = 512) {
  mkdirSync(path);
  try {
    const options = `size=${megabytes}m`;
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'rxrecur-chaos', path], {
      stdio: 'ignore',
    });
  } catch {
    return undefined;
  }
  return { remove: () => execFileSync('umount', [path]) };
}

const isRefusal = text =>
  /ENOSPC|no space left|make room on the disk|MDB_MAP_FULL|[Ii]nput\/output error/i.test(text);

/**
 * The disk is full for a while: workers end with that error, or try again; appends are refused.
 */
export const fulls = {
  help: 'times of a disk that is full',
  adapters: ['file', 'lmdb'],
  needsDisk: true,
  async strike(chaos) {
    const { crew, next } = chaos;
    const expected = crew.expect('fulls', isRefusal);
    chaos.refusal = isRefusal;
    const retries = chaos.feed.retries;
    const time = 1000 + 2000 * next();
    await ballast(chaos, async () => {
      const until = performance.now() + time;
      while (performance.now() < until) {
        crew.fill();
        await delay(200);
      }
    });
    // Whoever has begun meanwhile may still meet it; an append that was refused is done again.
    await delay(500);
    expected.over();
    crew.fill();
    return expected.met + chaos.feed.retries > retries ? undefined : false;
  },
};

async function ballast({ disk, next }, work) {
  const path = join(disk, 'ballast');
  const { bavail, bsize } = statfsSync(disk);
  const free = Math.floor(next() * 2 ** 16);
  try {
    try {
      writeFileSync(path, Buffer.alloc(Math.max(0, bavail * bsize - free)));
    } catch (error) {
      // Others have written meanwhile: so it is full.
      if (error.code !== 'ENOSPC') throw error;
    }
    await work();
  } finally {
    rmSync(path, { force: true });
  }
}
