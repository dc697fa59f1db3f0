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
const quote = 34;
const comma = 44;

/** Bytes of a line for which the room is kept. */
const smallLine = 65_536;

/**
 * Cuts bytes into lines, each as soon as its line end is there. In CSV a line end inside a quoted
 * field is part of the field. Lines without text are passed over. Holds at most `longest` bytes.
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
  /** Of CSV: inside a quoted field; the byte before; whether that closed a field. */
  #quoted = false;
  #before = newline;
  #closed = false;

  constructor(format: RowFormat | undefined, longest: number) {
    this.format = format;
    this.#longest = longest;
  }

  /** The lines that end in this chunk. */
  cut(chunk: Buffer): Line[] {
    this.format ??= detectFormat(chunk);
    const lines: Line[] = [];
    let start = 0;
    let from = 0;
    while (from < chunk.length) {
      const end = chunk.indexOf(newline, from);
      const until = end < 0 ? chunk.length : end;
      if (this.format !== 'ndjson' && !this.#tooLong) this.#followQuotes(chunk, from, until);
      this.#tooLong ||= this.#length + until - start > this.#longest;
      if (end < 0) break;
      from = end + 1;
      this.#before = newline;
      if (this.#quoted && !this.#tooLong) {
        this.#innerLines++;
        continue;
      }
      this.#finish(chunk.subarray(start, end), lines);
      start = from;
    }
    this.#keep(chunk.subarray(start));
    return lines;
  }

  /** The last line, which needs no line end. */
  end(): Line[] {
    const lines: Line[] = [];
    this.#finish(Buffer.alloc(0), lines);
    return lines;
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
    const line = this.#line;
    if (this.#tooLong) {
      lines.push({ line, text: '', problem: `longer than ${this.#longest} bytes` });
    } else {
      const held = this.#held.subarray(0, this.#length);
      const bytes = held.length ? Buffer.concat([held, rest]) : rest;
      const text = bytes.toString().replace(/\r$/, '');
      if (!isUtf8(bytes)) lines.push({ line, text: '', problem: 'not UTF-8' });
      else if (text.trim() !== '') lines.push({ line, text });
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
