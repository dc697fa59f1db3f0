import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, constants, openSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Gives a lock back. */
export type Release = () => void;

/**
 * Keeps other processes and threads of this machine away from what is named after a file, until it
 * is released; undefined: another one has it. The system takes the lock back when the process ends,
 * however it ends: nothing is left to be cleared away after a kill. The file need not exist.
 */
export async function tryLock(target: string): Promise<Release | undefined> {
  try {
    if (process.platform === 'linux') return await listenAt(`\0rxrecur-${nameOf(target)}`);
    if (process.platform === 'win32') {
      return await listenAt(`\\\\.\\pipe\\rxrecur-${nameOf(target)}`);
    }
    return openLocked(join(dirname(target), `.${basename(target)}.lock`));
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (['EADDRINUSE', 'EAGAIN', 'EWOULDBLOCK'].includes(code)) return undefined;
    throw error;
  }
}

/** Does some work while nobody else has the lock; waits as long as somebody has it. */
export async function locked<T>(target: string, work: () => T | Promise<T>): Promise<T> {
  let release = await tryLock(target);
  for (let pause = 1; !release; pause = Math.min(2 * pause, 20)) {
    await delay(pause);
    release = await tryLock(target);
  }
  try {
    return await work();
  } finally {
    release();
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
