import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, constants, openSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { targetOf } from './replace-file.js';
import { unusable, unusableFile } from './stop.js';

/** Gives a lock back. */
type Release = () => void;

/**
 * Keeps other runs on this machine away from the state file at `path` until it is released. The
 * system takes the lock back when the process ends, however it ends: nothing is left to be
 * cleared away after a kill. Throws a Stop where another run holds it.
 */
export async function lockState(path: string): Promise<Release> {
  const target = targetOf(path);
  try {
    if (process.platform === 'linux') return await listenAt(`\0rxrecur-${nameOf(target)}`);
    if (process.platform === 'win32') {
      return await listenAt(`\\\\.\\pipe\\rxrecur-${nameOf(target)}`);
    }
    return openLocked(join(dirname(target), `.${basename(target)}.lock`));
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!['EADDRINUSE', 'EAGAIN', 'EWOULDBLOCK'].includes(code)) throw unusableFile(path, error);
    const hint = 'wait for its end, or give this one a file of its own';
    throw unusable(`state file ${path}: another run is using it; ${hint}`);
  }
}

/** The same for all paths to a file, which need not exist. */
function nameOf(target: string): string {
  const { dev, ino } = statSync(dirname(target), { bigint: true });
  return createHash('sha256')
    .update(`${dev} ${ino} ${basename(target)}`)
    .digest('hex');
}

/** A name that the system gives to one process at a time: an abstract socket, a named pipe. */
async function listenAt(name: string): Promise<Release> {
  const server = createServer().unref();
  server.listen(name);
  await once(server, 'listening');
  return () => {
    server.close();
  };
}

/** macOS and the BSDs lock a file as they open it. It stays, empty, but its lock does not. */
function openLocked(path: string): Release {
  const exclusiveLock = 0x20;
  const { O_RDWR, O_CREAT, O_NONBLOCK } = constants;
  const file = openSync(path, O_RDWR | O_CREAT | O_NONBLOCK | exclusiveLock, 0o666);
  return () => closeSync(file);
}
