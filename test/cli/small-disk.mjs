import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A tmpfs of 16 MB at `path`; undefined where it may not be mounted. */
export function smallDisk(path) {
  mkdirSync(path);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'rxrecur-kills', path], {
      stdio: 'ignore',
    });
  } catch {
    return undefined;
  }
  return { path, remove: () => execFileSync('umount', [path]) };
}

/** A file in a folder that leaves so many bytes of its disk free. */
export function fill(folder, free) {
  const { bavail, bsize } = statfsSync(folder);
  const path = join(folder, 'ballast');
  writeFileSync(path, Buffer.alloc(Math.max(0, bavail * bsize - free)));
  return { remove: () => rmSync(path) };
}
