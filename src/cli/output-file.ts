import { createHash } from 'node:crypto';
import { fdatasyncSync, fstatSync, ftruncateSync, readSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { syncFolder, targetOf } from './replace-file.js';
import { unusable, unusableFile } from './stop.js';

/** Where the answers up to a place in the stream end in a file. */
export interface OutputEnd {
  /** Of the file, links resolved. */
  readonly path: string;
  readonly bytes: number;
  /** SHA-256 of the last of them, at most 4096: another file has others. */
  readonly tail: string;
}

const tailBytes = 4096;
const headBytes = 65_536;
const newline = 10;

/** A regular file that answers are added to, after the first `start` of its bytes. */
export class OutputFile {
  readonly head: string | undefined;
  readonly notes: string[] = [];
  readonly #path: string;
  readonly #file: number;
  readonly #shared: boolean;
  /** Bytes after the last write; undefined before the first one, which cuts the file. */
  #length: number | undefined;
  #start: number;
  /** What comes before the first answer. */
  #before = '';
  #folderSynced = false;

  /** The file stays as it is until the first write. With `shared` others may add to it too. */
  constructor(path: string, file: number, start: number, shared: boolean) {
    this.#path = path;
    this.#file = file;
    this.#shared = shared;
    this.#start = start;
    if (start === 0) return;
    this.head = readBytes(file, 0, Math.min(start, headBytes)).toString();
    if (readBytes(file, start - 1, start)[0] === newline) return;
    this.#before = '\n';
    this.notes.push(`${path}: its last line has no line end, and gets one`);
  }

  /** Where the answers that have been written end. */
  get length(): number {
    return this.#length ?? this.#start;
  }

  /**
   * Writes all of the text, or nothing: of what a full disk took the part is cut off again. Does
   * not wait for the disk, so that it costs less here than in another thread.
   */
  async write(text: string): Promise<void> {
    const bytes = Buffer.from(text && this.#before + text);
    if (text) this.#before = '';
    const before = this.#begin();
    let written = 0;
    try {
      while (written < bytes.length) {
        written += writeSync(this.#file, bytes, written);
      }
    } catch (error) {
      this.#takeBack(before, written);
      throw unusableFile(this.#path, error);
    }
    this.#length = before + written;
  }

  /** Makes sure that a power cut leaves the first `bytes`, and tells them from other files'. */
  end(bytes: number): OutputEnd {
    const path = targetOf(this.#path);
    try {
      fdatasyncSync(this.#file);
      if (!this.#folderSynced) syncFolder(dirname(path));
      this.#folderSynced = true;
      return { path, bytes, tail: tailOf(this.#file, bytes) };
    } catch (error) {
      throw unusableFile(this.#path, error);
    }
  }

  #takeBack(before: number, written: number): void {
    try {
      if (fstatSync(this.#file).size === before + written) ftruncateSync(this.#file, before);
    } catch {
      // What made the write fail is told.
    }
  }

  /** Bytes before a write. */
  #begin(): number {
    if (this.#length === undefined) {
      if (fstatSync(this.#file).size > this.#start) ftruncateSync(this.#file, this.#start);
      this.#length = this.#start;
    }
    const { size } = fstatSync(this.#file);
    if (size <= this.#length || this.#shared) return size;
    const hint = 'a run with --state needs an output of its own';
    throw unusable(`${this.#path}: another program writes to it; ${hint}`);
  }
}

/** True where an open file, to which `path` leads, begins with the answers that end there. */
export function holdsAnswers(file: number, path: string, { bytes, tail, ...end }: OutputEnd) {
  if (bytes === 0) return end.path === targetOf(path);
  return bytes <= fstatSync(file).size && tail === tailOf(file, bytes);
}

function tailOf(file: number, bytes: number): string {
  const tail = readBytes(file, Math.max(0, bytes - tailBytes), bytes);
  return createHash('sha256').update(tail).digest('hex');
}

function readBytes(file: number, from: number, to: number): Buffer {
  const bytes = Buffer.alloc(to - from);
  return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, from));
}
