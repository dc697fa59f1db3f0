import { closeSync, constants, createWriteStream, fstatSync, openSync, type Stats } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { holdsAnswers, type OutputEnd, OutputFile } from './output-file.js';
import { targetOf } from './replace-file.js';
import { exitCode, Stop, unusable, unusableFile } from './stop.js';

/** Where answers go. Writes follow each other: the next begins when the one before is done. */
export interface Output {
  /** Done when the system has taken all of the text. Throws a Stop. */
  write(text: string): Promise<void>;
  /** How it begins where there is something already: a file that is appended to. */
  readonly head: string | undefined;
}

/** What the command line and the state say of a file for answers. */
export interface OutputOptions {
  readonly append: boolean;
  /** The state file, if there is one. */
  readonly state?: string | undefined;
  /** Of the run before, if that did not come to the end of its rows. */
  readonly interrupted?: { readonly output: OutputEnd | undefined } | undefined;
}

/** Stdout. */
export function openStdout(): Output {
  return { head: undefined, write: text => writeTo(process.stdout, 'stdout', text) };
}

/** The file at `path`, which stays as it is until the first write. */
export function openOutput(path: string, options: OutputOptions): Output {
  try {
    const { file, stat } = openFile(path);
    if (stat.isFile()) return openRegular(path, file, stat.size, options);
    // A write to a pipe that nobody reads may block, and nothing but a socket can be given up then.
    const stream = stat.isFIFO()
      ? new Socket({ fd: file, readable: false })
      : createWriteStream(path, { fd: file });
    stream.on('error', () => {});
    return { head: undefined, write: text => writeTo(stream, path, text) };
  } catch (error) {
    throw error instanceof Stop ? error : unusableFile(path, error);
  }
}

function openRegular(path: string, file: number, size: number, options: OutputOptions): OutputFile {
  const { append, state, interrupted } = options;
  const shared = state === undefined;
  const end = interrupted?.output;
  if (end && holdsAnswers(file, path, end)) {
    const output = new OutputFile(path, file, end.bytes, shared);
    const more = size - end.bytes;
    if (more > 0)
      output.notes.push(`${path}: ${more} bytes after the place in ${state} are cut off`);
    return output;
  }
  if (end && size > 0 && end.path === targetOf(path)) {
    const expected = `expected the ${end.bytes} bytes of answers that ${state} goes on after`;
    throw unusable(`${path}: ${expected}, got others; go on with another --output`);
  }
  const output = new OutputFile(path, file, append ? size : 0, shared);
  if (interrupted && !end && append && size > 0) {
    output.notes.push(`${path}: ${state} does not tell where its answers end; they all stay`);
  }
  return output;
}

function openFile(path: string): { file: number; stat: Stats } {
  const { O_RDWR, O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK = 0 } = constants;
  const file = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0o666);
  const stat = fstatSync(file);
  if (!stat.isFile()) return { file, stat };
  closeSync(file);
  return { file: openSync(path, O_RDWR | O_APPEND), stat };
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
