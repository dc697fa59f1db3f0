import { mkdirSync, realpathSync } from 'node:fs';
import { mismatch } from '../errors.js';
import { Rows } from './lmdb-rows.js';

export type Sync = 'fdatasync' | 'none';

/** An environment that is open in this thread, and how many logs have it. */
interface Shared {
  readonly rows: Rows;
  readonly sync: Sync;
  logs: number;
}

/**
 * By the folders' true paths. A thread opens each only once: to open it again would wait for the
 * writer, which waits for this thread.
 */
const environments = new Map<string, Shared>();
/** Those that are being closed. */
const closing = new Map<string, Promise<void>>();

/** The rows of a folder's environment; `close` gives it back. */
export interface Environment {
  readonly rows: Rows;
  close(): Promise<void>;
}

/** Opens the environment of a folder, or shares the one that is open. */
export async function openEnvironment(
  { open }: typeof import('lmdb'),
  folder: string,
  sync: Sync,
): Promise<Environment> {
  mkdirSync(folder, { recursive: true });
  const path = realpathSync(folder);
  while (closing.has(path)) await closing.get(path);
  let shared = environments.get(path);
  if (shared && shared.sync !== sync) {
    const hint = 'this process has it open so; give both the same';
    throw mismatch('lmdbLog.sync', `'${shared.sync}'`, `'${sync}'`, hint);
  }
  if (!shared) {
    const db = open<Uint8Array, (string | number)[]>({
      path,
      // Without it a path with a dot would be that of a file.
      noSubdir: false,
      encoding: 'binary',
      // A commit is stored when it resolves, as LMDB was made: pages first, then the root.
      overlappingSync: false,
      // With it a commit that fails leaves a rejection that nobody can handle: it ends the process.
      eventTurnBatching: false,
      noSync: sync === 'none',
    });
    shared = { rows: new Rows(db), sync, logs: 0 };
    environments.set(path, shared);
  }
  shared.logs++;
  return { rows: shared.rows, close: () => giveBack(path, shared) };
}

/** The last log that has an environment closes it. */
async function giveBack(path: string, shared: Shared): Promise<void> {
  if (--shared.logs) return;
  environments.delete(path);
  const closed = shared.rows.db.close().finally(() => closing.delete(path));
  closing.set(path, closed);
  await closed;
}
