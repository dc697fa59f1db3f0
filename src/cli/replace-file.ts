import { randomUUID } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { unusableFile } from './stop.js';

/** Writes a new file beside the old one, and then renames it over that. Throws a Stop. */
export function replaceFile(path: string, content: string | Uint8Array): void {
  const target = targetOf(path);
  const folder = dirname(target);
  const fresh = join(folder, `.${basename(target)}.${randomUUID()}.tmp`);
  try {
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

/** The file itself where the path is a symbolic link. */
export function targetOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function modeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mode ?? 0o666;
}

/** Makes a rename in a folder last; not every file system can. */
function syncFolder(folder: string): void {
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
