import { constants, createReadStream, fstatSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { isatty, ReadStream } from 'node:tty';
import { detectFormat } from './format.js';
import { unlessStopped } from './signals.js';
import { unusable, unusableFile } from './stop.js';

const bom = Buffer.from('\uFEFF');

/**
 * The bytes of a file, or of stdin for '-', without a byte order mark; the first ones tell the
 * format, if those of a piece do. The next chunk is read when the one before has been used. Throws
 * the signal's reason when it aborts.
 */
export async function* readChunks(path: string, stop: AbortSignal): AsyncGenerator<Buffer> {
  const source = path === '-' ? process.stdin : openSource(path);
  const chunks = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let head: Buffer | undefined = Buffer.alloc(0);
  for (;;) {
    const { done, value } = await unlessStopped(stop, next(path, chunks));
    if (done) break;
    if (!head) {
      yield* pieces(value);
      continue;
    }
    head = Buffer.concat([head, value]);
    if (head.length < 3 && bom.subarray(0, head.length).equals(head)) continue;
    const rest = withoutBom(head);
    if (rest.length < pieceBytes && detectFormat(rest) === undefined) continue;
    checkHead(path, head);
    yield* pieces(rest);
    head = undefined;
  }
  if (!head?.length) return;
  checkHead(path, head);
  yield withoutBom(head);
}

function withoutBom(head: Buffer): Buffer {
  return head.subarray(0, 3).equals(bom) ? head.subarray(3) : head;
}

/** Bytes whose rows are in memory at a time. */
const pieceBytes = 16_384;

/**
 * A chunk in pieces: a pipe has up to 64 kB, whose rows at once would not fit into a small heap.
 */
function* pieces(chunk: Buffer): Generator<Buffer> {
  for (let at = 0; at < chunk.length; at += pieceBytes) {
    yield chunk.subarray(at, at + pieceBytes);
  }
}

/** How files begin, in hexadecimal digits, that are no text in UTF-8, and what to do. */
const otherFiles: readonly (readonly [head: RegExp, what: string, todo: string])[] = [
  [/^(ff|fe|00(?!00|$)|(?!00)..00)/, 'UTF-16', 'convert it: iconv -f UTF-16 -t UTF-8'],
  [/^00/, 'NUL bytes', 'was it written to its end?'],
  [/^1f8b/, 'a gzip file', 'unpack it: gunzip -c FILE | rxrecur run …'],
  [/^504b0304/, 'a zip file or a spreadsheet', 'save it as CSV in UTF-8'],
];

/** Refuses files that begin as no text does: their lines would be bad rows, or none. */
function checkHead(path: string, head: Buffer): void {
  const digits = head.toString('hex', 0, 4);
  const other = otherFiles.find(([begin]) => begin.test(digits));
  if (!other) return;
  const [, what, todo] = other;
  throw unusable(`${path === '-' ? 'stdin' : path}: expected text in UTF-8, got ${what}; ${todo}`);
}

/**
 * A file, or what else has a name: a pipe, a terminal. Those are opened without blocking and read
 * as sockets are, for a thread that waits in `read` can't be given up and would keep the process.
 */
function openSource(path: string): Readable {
  const { O_RDONLY, O_NONBLOCK = 0 } = constants;
  try {
    const file = openSync(path, O_RDONLY | O_NONBLOCK);
    if (fstatSync(file).isFIFO()) return new Socket({ fd: file, writable: false });
    return isatty(file) ? new ReadStream(file) : createReadStream(path, { fd: file });
  } catch (error) {
    throw unusableFile(path, error);
  }
}

async function next(path: string, chunks: AsyncIterator<Buffer>) {
  try {
    return await chunks.next();
  } catch (error) {
    throw unusableFile(path === '-' ? 'stdin' : path, error);
  }
}
