import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { mismatch } from '../errors.js';

/** How outputs stand in a file, one a line. */
export interface LineFormat {
  /** The first line, with its end, if the file has one. */
  readonly header: string;
  /** The id in a line; undefined: it is none of these. */
  idIn(line: string): string | undefined;
}

const newline = 10;
const block = 2 ** 20;

/**
 * A file of lines with ids, read from its end. Call it only while nobody else writes to it: a last
 * line without an end is what somebody has left who was killed, and is cut off.
 */
export class LineFile {
  readonly #path: string;
  readonly #format: LineFormat;
  readonly #file: number;
  /** Bytes that have been read or written here. */
  #size = 0;
  /** Lines before this place have not been looked at. */
  #seen = 0;
  /** The last id of each job's partition, `job:partition`, in the lines from `#seen` on. */
  readonly #lasts = new Map<string, string>();

  constructor(path: string, format: LineFormat) {
    this.#path = path;
    this.#format = format;
    this.#file = openSync(path, 'a+');
  }

  /** The last id of a job's partition; undefined: the file has none. */
  last(prefix: string): string | undefined {
    this.#look();
    while (!this.#lasts.has(prefix) && this.#seen > 0) this.#lookBack();
    return this.#lasts.get(prefix);
  }

  /** Adds lines, each with its end, and waits for the disk. */
  append(text: string, last: string): void {
    this.#look();
    const begins = this.#size === 0 ? this.#format.header : '';
    const bytes = Buffer.from(begins + text);
    const before = this.#size;
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at);
      fdatasyncSync(this.#file);
    } catch (error) {
      ftruncateSync(this.#file, before);
      throw error;
    }
    if (!before) {
      this.#seen = Buffer.byteLength(begins);
      syncFolder(dirname(this.#path));
    }
    this.#size += bytes.length;
    this.#lasts.set(prefixOf(last), last);
  }

  close(): void {
    closeSync(this.#file);
  }

  /** Takes in what others have added, and cuts off what nobody has finished. */
  #look(): void {
    const { size } = fstatSync(this.#file);
    if (size === this.#size) return;
    const whole = this.#wholeLines(size);
    if (whole < size) ftruncateSync(this.#file, whole);
    const isFirst = this.#size === 0;
    if (isFirst) this.#checkHead(whole);
    if (isFirst || whole < this.#size) {
      this.#lasts.clear();
      this.#seen = whole;
    } else {
      const lines = this.#text(this.#size, whole).split('\n');
      for (const line of lines) this.#take(line, true);
    }
    this.#size = whole;
  }

  /** Where the last whole line ends. */
  #wholeLines(size: number): number {
    for (let end = size; end > 0; ) {
      const begin = Math.max(0, end - block);
      const bytes = this.#bytes(begin, end);
      const at = bytes.lastIndexOf(newline);
      if (at >= 0) return begin + at + 1;
      end = begin;
    }
    return 0;
  }

  #checkHead(size: number): void {
    if (!size) return;
    const { header, idIn } = this.#format;
    const head = this.#text(0, Math.min(size, block));
    const [first] = head.split('\n', 1);
    if (header ? head.startsWith(header) : idIn(first) !== undefined) return;
    const expected = header ? `a file that begins with ${header.trimEnd()}` : 'lines with an id';
    const hint = 'choose another file: this one is somebody else’s';
    throw mismatch(this.#path, expected, `'${first.slice(0, 40)}'`, hint);
  }

  /** Looks at the lines before those that have been looked at. */
  #lookBack(): void {
    let begin = this.#seen;
    let bytes = Buffer.alloc(0);
    do {
      const before = Math.max(0, begin - block);
      bytes = Buffer.concat([this.#bytes(before, begin), bytes]);
      begin = before;
      // All of it ends with a line's end.
    } while (begin > 0 && bytes.indexOf(newline) === bytes.length - 1);
    // The line that is cut through is looked at next time.
    const cut = begin > 0 ? bytes.indexOf(newline) + 1 : 0;
    const lines = bytes.toString('utf8', cut).split('\n');
    for (const line of lines.reverse()) this.#take(line, false);
    this.#seen = begin + cut;
  }

  #take(line: string, isNewer: boolean): void {
    const id = line && this.#format.idIn(line);
    if (!id) return;
    const prefix = prefixOf(id);
    if (isNewer || !this.#lasts.has(prefix)) this.#lasts.set(prefix, id);
  }

  #text(begin: number, end: number): string {
    return this.#bytes(begin, end).toString('utf8');
  }

  #bytes(begin: number, end: number): Buffer {
    const bytes = Buffer.alloc(end - begin);
    let at = 0;
    while (at < bytes.length) {
      const count = readSync(this.#file, bytes, at, bytes.length - at, begin + at);
      if (!count) break;
      at += count;
    }
    return bytes.subarray(0, at);
  }
}

/** Without it a power cut may leave a new file without its name. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const file = openSync(folder, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** `job:partition` of `job:partition:sequence:k`; a job's name may have colons. */
export function prefixOf(id: string): string {
  return id.split(':').slice(0, -2).join(':');
}
