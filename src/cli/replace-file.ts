import { randomUUID } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  openSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { unusableFile } from './stop.js';

/**
 * Writes a new file beside the old one, and then renames it over that: after a crash there is the
 * old one or the new one. Throws a Stop. `mark` tells the new file's name from that of others; a
 * caller who is alone with the file gives one, so that a kill leaves no more than one of them.
 */
export function replaceFile(
  path: string,
  content: string | Uint8Array,
  mark: string = randomUUID(),
): void {
  const target = targetOf(path);
  const folder = dirname(target);
  const fresh = join(folder, `.${basename(target)}.${mark}.tmp`);
  try {
    rmSync(fresh, { force: true });
    const file = openSync(fresh, 'wx', modeOf(target));
    try {
      writeFileSync(file, content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(fresh, target);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw unusableFile(path, error);
  }
  syncFolder(folder);
}

/** As many as Linux follows. */
const mostLinks = 40;

/** The file that the path leads to, through all links; it need not exist. */
export function targetOf(path: string, links = 0): string {
  try {
    return realpathSync(path);
  } catch {
    // There is no such file, or its link leads nowhere yet.
  }
  let folder: string;
  try {
    folder = realpathSync(dirname(path));
  } catch {
    return path;
  }
  const here = join(folder, basename(path));
  const link = linkAt(here);
  return link === undefined || links >= mostLinks
    ? here
    : targetOf(resolve(folder, link), links + 1);
}

function linkAt(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function modeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mode ?? 0o666;
}

/** Makes a new name in a folder last; not every file system can. */
export function syncFolder(folder: string): void {
  try {
    const file = openSync(folder, 'r');
    try {
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch {
    // The file is whole either way.
  }
}
