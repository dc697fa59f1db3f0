import {
  constants,
  createWriteStream,
  fstatSync,
  ftruncateSync,
  openSync,
  type Stats,
  statSync,
} from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { exitCode, Stop, unusable, unusableFile } from './stop.js';

/** Where answers go. Writes follow each other: the next begins when the one before is done. */
export interface Output {
  /** Done when the system has taken all of the text. Throws a Stop. */
  write(text: string): Promise<void>;
  /** True where there is something already: a file that is appended to. */
  readonly begun: boolean;
}

/** Stdout, or the file at `path`, which stays as it is until the first write. */
export function openOutput(path: string | undefined, append: boolean): Output {
  if (path === undefined) {
    return { begun: false, write: text => writeTo(process.stdout, 'stdout', text) };
  }
  const { file, stat } = openFile(path);
  // A write to a pipe that nobody reads may block, and nothing but a socket can be given up then.
  const stream = stat.isFIFO()
    ? new Socket({ fd: file, readable: false })
    : createWriteStream(path, { fd: file });
  stream.on('error', () => {});
  let old = !append && stat.isFile() && stat.size > 0;
  return {
    begun: append && stat.size > 0,
    async write(text) {
      if (old) ftruncateSync(file);
      old = false;
      await writeTo(stream, path, text);
    },
  };
}

/** Refuses to write answers over a file that is read. */
export function checkOutput(output: string, others: readonly (string | undefined)[]): void {
  const identity = (path: string) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat?.isFile() ? `${stat.dev} ${stat.ino}` : undefined;
  };
  const own = identity(output);
  for (const other of others) {
    if (own === undefined || other === undefined || identity(other) !== own) continue;
    throw unusable(`--output ${output}: the same file as ${other}`);
  }
}

function openFile(path: string): { file: number; stat: Stats } {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK = 0 } = constants;
  try {
    const file = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0o666);
    return { file, stat: fstatSync(file) };
  } catch (error) {
    throw unusableFile(path, error);
  }
}

function writeTo(stream: Writable, name: string, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, error => (error ? reject(asStop(name, error)) : resolve()));
  });
}

/** A reader that closes the pipe has read enough: that is no failure. */
function asStop(name: string, error: NodeJS.ErrnoException): Stop {
  const closed = error.code === 'EPIPE' || error.code === 'ECONNRESET';
  return closed ? new Stop(exitCode.done) : unusableFile(name, error);
}
