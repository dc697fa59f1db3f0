import { realpath } from 'node:fs/promises';
import { basename, dirname, join, normalize, relative } from 'node:path';
import { mismatch } from '../errors.js';
import { bytesOf } from './file-bytes.js';
import { unusable, unusableFile } from './stop.js';

/**
 * The files beside a model file that it names, `where` in it; refuses names and links that lead out
 * of its folder. Throws a RecurError or a Stop.
 */
export async function besides(
  path: string,
  where: string,
  names: readonly string[],
): Promise<Uint8Array[]> {
  if (names.length === 0) return [];
  // A cache may hold links to the model and to its weights: both are then of one folder, elsewhere.
  const links = [realpath(dirname(path)), realpath(path).then(dirname)];
  const folders = await Promise.all(links).catch(error => {
    throw unusableFile(path, error);
  });
  return Promise.all(names.map(name => beside(path, where, name, folders)));
}

async function beside(path: string, where: string, name: string, folders: readonly string[]) {
  const file = join(dirname(path), normalize(name));
  const refused = (got: string) => mismatch(where, 'paths below that of the model', got);
  if (leadsOut(normalize(name))) throw refused(name);
  try {
    const real = await realpath(file);
    if (folders.every(folder => leadsOut(relative(folder, real)))) {
      throw refused(`a link from ${name} to elsewhere`);
    }
    return await bytesOf(real);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw error instanceof Error && 'syscall' in error ? unusableFile(file, error) : error;
    }
    const remedy = `${basename(path)} has weights in it: put it there`;
    throw unusable(`${file}: no such file or directory; ${remedy}`);
  }
}

/** True for absolute paths, those of other drives, and those that begin above. */
const leadsOut = (path: string) => /^([/\\]|[a-z]:|\.\.([/\\]|$))/i.test(path);
