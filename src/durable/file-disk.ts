import { fstatSync, statSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { RecurError } from '../errors.js';

/** Which file it is, and how long. */
export interface FileStat {
  readonly ino: number;
  readonly size: number;
}

/** An open file. `read` and `write` go on until all is done; `read` ends at the file's end. */
export interface DiskFile {
  stat(): FileStat;
  read(into: Uint8Array, position: number): Promise<number>;
  write(bytes: Uint8Array, position: number): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** What a file log needs of a disk. Errors have the codes of Node's: ENOENT, EEXIST, ENOSPC. */
export interface Disk {
  open(path: string, flags: 'r' | 'r+' | 'wx+'): Promise<DiskFile>;
  stat(path: string): FileStat | undefined;
  /** The names in a folder; none if there is no such folder. */
  list(folder: string): Promise<readonly string[]>;
  /** Does nothing if it is there. */
  makeFolder(folder: string): Promise<void>;
  syncFolder(folder: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  link(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
}

/** A disk that refused: full, broken, or not there. */
export class DiskError extends RecurError {
  override readonly name = 'DiskError';
  readonly code: string | undefined;

  constructor(path: string, action: string, cause: unknown) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const hint = code === 'ENOSPC' ? 'make room on the disk' : undefined;
    const got = message ?? String(cause);
    super({ where: path, expected: `to ${action}`, got, hint, cause });
    this.code = code;
  }
}

/** A handler of errors: undefined for one with that code; others it throws again. */
export const allow = (code: string) => (error: unknown) => {
  if ((error as { readonly code?: unknown }).code !== code) throw error;
  return undefined;
};

/** Makes folders below one that is there, and stores their names. */
export async function makeFolders(disk: Disk, root: string, steps: readonly string[]) {
  for (let depth = 1; depth <= steps.length; depth++) {
    await disk.makeFolder(join(root, ...steps.slice(0, depth)));
    await disk.syncFolder(join(root, ...steps.slice(0, depth - 1)));
  }
}

/** The disk of this machine. */
export const nodeDisk: Disk = {
  async open(path, flags) {
    const handle = await fs.open(path, flags);
    return {
      stat: () => fstatSync(handle.fd),
      async read(into, position) {
        for (let done = 0; ; ) {
          const left = into.length - done;
          const { bytesRead } = await handle.read(into, done, left, position + done);
          done += bytesRead;
          if (!bytesRead || done === into.length) return done;
        }
      },
      async write(bytes, position) {
        for (let done = 0; done < bytes.length; ) {
          const left = bytes.length - done;
          done += (await handle.write(bytes, done, left, position + done)).bytesWritten;
        }
      },
      sync: () => handle.datasync(),
      close: () => handle.close(),
    };
  },
  stat: path => statSync(path, { throwIfNoEntry: false }),
  async list(folder) {
    return (await fs.readdir(folder).catch(allow('ENOENT'))) ?? [];
  },
  async makeFolder(folder) {
    await fs.mkdir(folder).catch(allow('EEXIST'));
  },
  async syncFolder(folder) {
    const handle = await fs.open(folder, 'r');
    await handle.sync().finally(() => handle.close());
  },
  rename: fs.rename,
  link: fs.link,
  remove: fs.unlink,
};

/** A disk whose errors name the file and what was tried; `sync`: false: it never waits for it. */
export function namingDisk(disk: Disk, sync: boolean): Disk {
  const attempt = async <T>(path: string, action: string, work: () => Promise<T>) => {
    try {
      return await work();
    } catch (error) {
      throw new DiskError(path, action, error);
    }
  };
  const naming = (path: string, file: DiskFile): DiskFile => ({
    stat: () => file.stat(),
    read: (into, position) => attempt(path, 'read', () => file.read(into, position)),
    write: (bytes, position) => attempt(path, 'write', () => file.write(bytes, position)),
    sync: async () => {
      if (sync) await attempt(path, 'sync', () => file.sync());
    },
    close: () => attempt(path, 'close', () => file.close()),
  });
  return {
    open: async (path, flags) =>
      naming(path, await attempt(path, 'open', () => disk.open(path, flags))),
    stat: path => disk.stat(path),
    list: folder => attempt(folder, 'list', () => disk.list(folder)),
    makeFolder: folder => attempt(folder, 'make the folder', () => disk.makeFolder(folder)),
    syncFolder: async folder => {
      if (sync) await attempt(folder, 'sync', () => disk.syncFolder(folder));
    },
    rename: (from, to) => attempt(to, 'rename', () => disk.rename(from, to)),
    link: (from, to) => attempt(to, 'link', () => disk.link(from, to)),
    remove: path => attempt(path, 'remove', () => disk.remove(path)),
  };
}
