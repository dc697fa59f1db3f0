import { isUtf8 } from 'node:buffer';
import { detectFormat, type RowFormat } from './format.js';

/** What one row is written on: a line of NDJSON, or the lines of a CSV record. */
export interface Line {
  /** Of its first line, from 1. */
  readonly line: number;
  /** Without the line end. */
  readonly text: string;
  /** Why it can't be read, if it can't. */
  readonly problem?: string;
}

const newline = 10;
const carriageReturn = 13;
const quote = 34;
const comma = 44;

/** Bytes of a line for which the room is kept. */
const smallLine = 65_536;

/**
 * Cuts bytes into lines, each as soon as its line end is there. In CSV a line end inside a quoted
 * field is part of the field. Lines without text are passed over. Holds at most `longest` bytes.
 * The first line end tells whether lines end with CR alone, as old Macs and some devices write.
 *
 * csv-parse's own stream is no use here: it keeps every record back until the next one begins.
 */
export class LineCutter {
  /** Known at the first byte that is not white space. */
  format: RowFormat | undefined;
  readonly #longest: number;
  /** The line that has no end yet. */
  #held = Buffer.alloc(0);
  #length = 0;
  #tooLong = false;
  #line = 1;
  #innerLines = 0;
  /** The last byte of a line end, once one has been seen. */
  #lineEnd: number | undefined;
  /** A CR at the end of a chunk, which may be half of the first line end. */
  #heldBack: Buffer = Buffer.alloc(0);
  /** Of CSV: inside a quoted field; the byte before; whether that closed a field. */
  #quoted = false;
  #before = newline;
  #closed = false;

  constructor(format: RowFormat | undefined, longest: number) {
    this.format = format;
    this.#longest = longest;
  }

  /** The lines that end in this chunk. */
  cut(bytes: Buffer): Line[] {
    this.format ??= detectFormat(bytes);
    const chunk = this.#holdBack(bytes);
    const lines: Line[] = [];
    let start = 0;
    let from = 0;
    while (from < chunk.length) {
      const end = this.#nextLineEnd(chunk, from);
      const until = end < 0 ? chunk.length : end;
      if (this.format !== 'ndjson' && !this.#tooLong) this.#followQuotes(chunk, from, until);
      if (this.#length + until - start > this.#longest) this.#refuse(lines);
      if (end < 0) break;
      from = end + 1;
      this.#before = newline;
      if (this.#quoted && !this.#tooLong) {
        this.#innerLines++;
        continue;
      }
      this.#lineEnd ??= chunk[end];
      this.#finish(chunk.subarray(start, end), lines);
      start = from;
    }
    this.#keep(chunk.subarray(start));
    return lines;
  }

  /** The last line, which needs no line end. */
  end(): Line[] {
    const lines: Line[] = [];
    this.#finish(this.#heldBack, lines);
    return lines;
  }

  /** Until the first line end is known, a CR at the end of a chunk waits for the next byte. */
  #holdBack(bytes: Buffer): Buffer {
    const chunk = this.#heldBack.length ? Buffer.concat([this.#heldBack, bytes]) : bytes;
    const waits = this.#lineEnd === undefined && chunk.at(-1) === carriageReturn;
    const cut = waits ? chunk.length - 1 : chunk.length;
    this.#heldBack = chunk.subarray(cut);
    return chunk.subarray(0, cut);
  }

  #nextLineEnd(chunk: Buffer, from: number): number {
    if (this.#lineEnd !== undefined) return chunk.indexOf(this.#lineEnd, from);
    for (let i = from; i < chunk.length; i++) {
      if (chunk[i] === newline) return i;
      if (chunk[i] === carriageReturn && chunk[i + 1] !== newline) return i;
    }
    return -1;
  }

  /** Says at once that a line is too long: it may have no end. */
  #refuse(lines: Line[]): void {
    if (!this.#tooLong) {
      lines.push({ line: this.#line, text: '', problem: `longer than ${this.#longest} bytes` });
    }
    this.#tooLong = true;
  }

  /** A quote opens a field only where a field begins; `""` inside one closes and opens it again. */
  #followQuotes(chunk: Buffer, from: number, until: number): void {
    for (let i = from; i < until; i++) {
      const byte = chunk[i];
      if (byte === quote) {
        const opens = this.#before === comma || this.#before === newline || this.#closed;
        this.#closed = this.#quoted;
        this.#quoted = !this.#quoted && opens;
      } else {
        this.#closed = false;
      }
      this.#before = byte;
    }
  }

  #keep(rest: Buffer): void {
    const length = this.#length + rest.length;
    if (!this.#tooLong) {
      if (length > this.#held.length) {
        const larger = Buffer.allocUnsafe(Math.max(2 * this.#held.length, length));
        this.#held.copy(larger, 0, 0, this.#length);
        this.#held = larger;
      }
      rest.copy(this.#held, this.#length);
    }
    this.#length = length;
  }

  #finish(rest: Buffer, lines: Line[]): void {
    if (!this.#tooLong) {
      const held = this.#held.subarray(0, this.#length);
      const line = asLine(this.#line, held.length ? Buffer.concat([held, rest]) : rest);
      if (line.problem || line.text.trim() !== '') lines.push(line);
    }
    this.#line += 1 + this.#innerLines;
    this.#innerLines = 0;
    if (this.#held.length > smallLine) this.#held = Buffer.alloc(0);
    this.#length = 0;
    this.#tooLong = false;
    this.#quoted = false;
    this.#closed = false;
  }
}

function asLine(line: number, bytes: Buffer): Line {
  if (!isUtf8(bytes)) return { line, text: '', problem: 'not UTF-8' };
  if (bytes.includes(0)) return { line, text: '', problem: 'a NUL byte, which is no text' };
  // The other half of a line end, before or after.
  return { line, text: bytes.toString().replace(/^\n|\r$/g, '') };
}
