import { join } from 'node:path';
import { encodeName } from './encoded-name.js';
import { allow, type Disk } from './file-disk.js';
import { readNote, writeNote } from './file-notes.js';
import type { Term, Terms } from './leases.js';

/**
 * Leases and members as notes. Two that change one at a time may both believe that they did: a
 * lease says who should try, and commits say who has it. A note that cannot be read is none.
 */
export function fileTerms(disk: Disk, folderOf: (job: string) => Promise<string>): Terms {
  const pathOf = async (job: string, name: string) => {
    return join(await folderOf(job), `${encodeName(name)}.json`);
  };
  const read = async (path: string): Promise<Term | undefined> => {
    const note = await readNote(disk, path).catch(() => undefined);
    return note && { member: String(note.member), until: Number(note.until) };
  };
  return {
    get: async (job, name) => read(await pathOf(job, name)),
    async change(job, name, next) {
      const path = await pathOf(job, name);
      const last = await read(path);
      const term = next(last);
      if (!term) await disk.remove(path).catch(allow('ENOENT'));
      else if (term !== last) await writeNote(disk, path, { ...term });
      return term && read(path);
    },
    async list(job, prefix) {
      const folder = await folderOf(job);
      const names = await disk.list(folder);
      const own = names.filter(name => name.startsWith(prefix) && name.endsWith('.json'));
      const terms = await Promise.all(own.map(name => read(join(folder, name))));
      return terms.filter(term => term !== undefined);
    },
  };
}
