import { printable } from '../io/json.js';

/** The command's exit codes; a signal's are in signals.ts. */
export const exitCode = {
  /** All rows were answered, or whoever read the answers has read enough. */
  done: 0,
  /** A row was refused. */
  badRow: 1,
  /** The command line, the model or a file can't be used. */
  unusable: 2,
  /** A fault of the program itself. */
  fault: 70,
} as const;

/** Ends the command with `code`, and with one line on stderr unless `message` is empty. */
export class Stop extends Error {
  override readonly name = 'Stop';
  readonly code: number;

  constructor(code: number, message = '') {
    super(message);
    this.code = code;
  }
}

/** What can't be used: a wrong option, column, model or file. */
export function unusable(message: string): Stop {
  return new Stop(exitCode.unusable, message);
}

/** The words of an error of the file system, for the file at `path`. */
export function unusableFile(path: string, error: unknown): Stop {
  const { code, message = String(error) } = error as NodeJS.ErrnoException;
  return unusable(`${path}: ${(code && reasons[code]) ?? message}`);
}

const longestMessage = 2000;

const reasons: Record<string, string> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EISDIR: 'is a directory',
  ENOTDIR: 'not a directory',
  ENOSPC: 'no space left on the device',
  EFBIG: 'the file would be larger than allowed',
  EDQUOT: 'the disk quota is used up',
  EIO: 'the device failed',
  ELOOP: 'too many symbolic links',
  ENXIO: 'nobody is at its other end',
  EROFS: 'the file system is read-only',
};

/** One line on stderr, fit for a terminal; done when it has gone out, or when nobody reads it. */
export function complain(message: string): Promise<void> {
  const line = printable(message.replaceAll('\n', ' '), longestMessage);
  return new Promise(resolve => {
    process.stderr.write(`rxrecur: ${line}\n`, () => resolve());
  });
}
