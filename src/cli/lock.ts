import { type Release, tryLock } from '../durable/file-lock.js';
import { targetOf } from './replace-file.js';
import { unusable, unusableFile } from './stop.js';

/**
 * Keeps other runs on this machine away from the state file at `path` until it is released. Throws
 * a Stop where another run holds it.
 */
export async function lockState(path: string): Promise<Release> {
  let release: Release | undefined;
  try {
    release = await tryLock(targetOf(path));
  } catch (error) {
    throw unusableFile(path, error);
  }
  if (release) return release;
  const hint = 'wait for its end, or give this one a file of its own';
  throw unusable(`state file ${path}: another run is using it; ${hint}`);
}
